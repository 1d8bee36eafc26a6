"""A local google.cloud.dataplex.v1.DataScanService for data quality scans of BigQuery tables.

Stock clients talk to it over gRPC (plain text) or REST; it runs rules as SQL against any BigQuery
REST endpoint that needs no credentials, and keeps its state in a directory. It is usable without
the rest of this project, but for its t distribution:

    python -m wattif_dagster.local_cloud.dataplex --help

Start reading at service.py (one method per RPC); rules.py turns rules into SQL, evaluate.py runs
them, runner.py drives jobs, store.py keeps everything.

It refuses, by name, with UNIMPLEMENTED:

- data_profile_spec, data_discovery_spec, data_documentation_spec; GenerateDataQualityRules;
- data.entity;
- execution_spec.trigger.schedule: nothing here runs by the clock;
- rules[].template_reference;
- data_quality_spec.filter, .catalog_publishing_enabled, .enable_catalog_based_rules;
- `filter` in lists (order_by works as documented);
- locations and IAM methods (over REST they are 404).

It differs from the real service, knowingly:

- Operations are done when they are returned. Creating a scan looks the table up; a missing table
  or incremental column is the operation's error.
- Jobs run one at a time. A failed export ends its job as SUCCEEDED_WITH_ERRORS; a cancelled job
  whose export had begun leaves its rows in the export table.
- A job that runs when the service ends is FAILED.
- Kept are 300 jobs of a scan and 1,000 operations of a location.
- Notification reports are written to the log; no mail is sent.
- An execution identity is stored, and not used.
- A threshold on an aggregate rule and ignore_null where it has no meaning are INVALID_ARGUMENT.
- Fields that it does not know are INVALID_ARGUMENT. Over REST it knows those of the anomaly
  detection preview (preview.py); its model is its own, and freshness and volume are refused
  (anomalies.py).
"""
