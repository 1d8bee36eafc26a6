"""Lands days in a bucket: renders readings, spools and uploads them, and writes the manifest.

What the bucket holds of a day, and what each object is called, belongs here. How readings are made
is in `metering`, and a bucket is reached through the protocol in `store`, which `resources.gcs`
implements. Nothing here knows Dagster or a Google client.
"""
