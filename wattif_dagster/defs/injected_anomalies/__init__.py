"""The truth about the day's injected theft and faults."""
