"""The local cloud: GCS, BigQuery and Dataplex on this machine, started and stopped here."""
