"""The local BigQuery: bqemulator, with its known faults mended.

bqemulator is a REST server over DuckDB. It never calls Cloud Storage: `gs://bucket/object` is the
file ROOT/bucket/object, where ROOT is the folder the local Cloud Storage keeps its objects in.
"""
