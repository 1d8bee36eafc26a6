"""How anomalous each meter's hours of the day are."""
