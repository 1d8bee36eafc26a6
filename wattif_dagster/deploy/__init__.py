"""Runs and steps on many machines: what Dagster's own launchers and executors lack.

It holds the Celery launcher, executor and app, the choice of a step executor, and the table
definitions that Terraform reads. The configuration of each deployment is in the repository's
`deploy/` folder, and nothing here makes or reads data.
"""
