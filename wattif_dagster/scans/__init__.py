"""What the two scan assets share: a Dataplex scan of one day of a table, a check for each rule.

The scans themselves, their tables and their rules are in `defs/`. How Dataplex is called is in
`resources/dataplex/`.
"""
