"""Tests on a real Google Cloud project, which skip without one.

Set WATTIF_TEST_GCP_PROJECT to the id of a project with billing, and log in with
`gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS. The reasons of the
skipped tests name the APIs and roles. Every test makes a bucket, a dataset and scans of its own in
the default locations (US and us-central1), which Google bills, and removes them.
"""
