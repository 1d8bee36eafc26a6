"""What each meter is expected to do on the day."""
