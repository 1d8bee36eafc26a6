"""Readings of files: read, checked, ordered and landed."""
