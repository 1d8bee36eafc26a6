"""Tests of injected anomalies."""
