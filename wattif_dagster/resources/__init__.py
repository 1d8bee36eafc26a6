"""The Dagster resources: who calls which Google service, and the options of the domain.

Each module wraps one stock client: it retries what is transient and turns errors into sentences.
`build` makes all resources from settings. What is asked of a service belongs in `defs/`, `ingest/`,
`reconcile/` or `detection/`, not here.
"""
