"""Meters to look at, and who is told of them."""
