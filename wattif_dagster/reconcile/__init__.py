"""Compares a day in all its places: manifest, bucket, tables and roll-up.

Each table is counted by one query here, which the checks, `wattif verify`, the demo and the torture
tests share. Nothing here changes a day: the callers decide what to do about a difference.
"""
