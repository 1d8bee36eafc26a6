"""What the two scan assets share: one Dataplex scan of one day of a table, each rule a check."""
