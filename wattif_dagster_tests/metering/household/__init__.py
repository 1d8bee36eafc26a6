"""Tests of the household load."""
