"""A page about the day: the meters to look at, and why."""
