"""Realistic household load: homes, their days, their appliances, and the readings these make.

Everything is a pure function of (simulation settings, serial, date). From the draws to the watts
there are only integers and IEEE 754 doubles under + - * / and comparison, element by element, in a
fixed order; whatever needs exp, cos or a quantile is a table rounded far above the last bit. So
the bytes are the same on every machine, Python and numpy; tests hold their digests.
"""
