"""Asks each service the smallest question that shows whether WattIf can use it.

`check` says what a check and its finding are. The other modules hold the checks of one subject
each, and `google_cloud` puts those of Google Cloud in order. Services are asked over plain REST, so
nothing here knows Dagster or a service's client. Nothing here changes anything.
"""
