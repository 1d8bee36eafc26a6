"""The fleet's hours of the day against the fleet's history."""
