"""Measures WattIf beside the predecessor's way and other tools; `python -m benchmarks`."""
