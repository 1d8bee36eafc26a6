"""The local BigQuery: bqemulator, a REST server over DuckDB, with patches of its faults.

The launcher, the patches and the code that they put in place belong here. SQL of the pipeline and
BigQuery clients do not. The server never calls Cloud Storage: it reads `gs://bucket/object` as the
file ROOT/bucket/object, where ROOT is the data folder of the local Cloud Storage.
"""
