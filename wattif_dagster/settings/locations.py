"""Which regions of Google Cloud a location of BigQuery contains.

Source: https://cloud.google.com/bigquery/docs/locations.
"""

_OUTSIDE_THE_EU = {"europe-west2", "europe-west6"}
"""London and Zurich."""


def contains(location: str, region: str) -> bool:
    """Whether the region lies in the location: a multi-region (US or EU), or a region."""
    match location.upper():
        case "US":
            return region.startswith("us-")
        case "EU":
            return region.startswith("europe-") and region not in _OUTSIDE_THE_EU
        case other:
            return region.upper() == other
