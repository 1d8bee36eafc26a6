"""The day's readings rolled up by meter and hour."""
