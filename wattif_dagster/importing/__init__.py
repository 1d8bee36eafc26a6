"""Readings of your own: files are read, checked, brought into order and landed as days.

`files` finds out what a file is, and a module for each format reads it in batches. `staging` turns
the texts of a batch into meters, times and values, and puts aside the rows that are none. `order`
brings the staged rows into the order of meters and times, a day after the other, and `days` lands
them. Nothing here knows Dagster.
"""
