"""Injected anomalies: theft and faults that change what meters report, and their labels.

A meter has at most one episode, a pure function of (settings, serial). Injected theft does not
predict what a detector finds in the field: thieves do not follow formulas.
"""
