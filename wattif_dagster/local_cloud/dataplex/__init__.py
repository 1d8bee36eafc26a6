"""The local Dataplex: google.cloud.dataplex.v1.DataScanService for data quality scans.

The service and its command line belong here. Clients of Dataplex and the rules of the pipeline do
not. Stock clients use the service over gRPC (plain text) or REST. It runs rules as SQL on any
BigQuery REST endpoint without credentials, and it keeps its state in a directory. It imports
nothing else of this project except the t distribution:

    python -m wattif_dagster.local_cloud.dataplex --help

service.py has one method per RPC, rules.py renders rules as SQL, evaluate.py runs them, runner.py
runs jobs, and store.py keeps the state.

The service refuses these features by name, with UNIMPLEMENTED:

- data_profile_spec, data_discovery_spec, data_documentation_spec; GenerateDataQualityRules;
- data.entity;
- execution_spec.trigger.schedule;
- rules[].template_reference;
- data_quality_spec.filter, .enable_catalog_based_rules;
- `filter` in lists (order_by works as documented);
- locations and IAM methods (over REST they answer 404).

The service differs from the real one in these points:

- Operations are done when they are returned. The creation of a scan looks up the table, and a
  missing table or incremental column is the error of the operation.
- Jobs run one at a time. A job with a failed export ends as SUCCEEDED_WITH_ERRORS. A job that is
  cancelled after its export began leaves its rows in the export table.
- A job that runs when the service ends becomes FAILED.
- The service keeps 300 jobs of a scan and 1,000 operations of a location.
- It writes notification reports to the log and sends no mail.
- There is no catalog: with catalog_publishing_enabled, the result says that publishing was SKIPPED.
- It stores an execution identity and does not use it.
- A threshold on an aggregate rule, and ignore_null on a rule kind without it, are INVALID_ARGUMENT.
- Unknown fields are INVALID_ARGUMENT. Over REST, the fields of the anomaly detection preview are
  known (preview.py). The model is not Google's, and freshness and volume are refused
  (anomalies.py).
"""
