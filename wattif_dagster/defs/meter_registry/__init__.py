"""The fleet as of each day."""
