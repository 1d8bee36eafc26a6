"""Compares a day wherever it is: manifest, bucket, tables and roll-up.

There is one count of each table here, and the checks, `wattif verify`, the demo and the torture
loop all use it. What to do about a difference is decided by the callers.
"""
