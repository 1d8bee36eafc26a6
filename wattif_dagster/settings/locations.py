"""Which locations of Google Cloud lie in which.

Source: https://cloud.google.com/bigquery/docs/locations.
"""

_REGIONS = {"US": "us-", "EU": "europe-"}
"""How the names of the regions of a multi-region begin."""
_OUTSIDE_THE_EU = {"europe-west2", "europe-west6"}
"""London and Zurich."""
_NEAR = {"US": "us-central1", "EU": "europe-west1"}


def contains(location: str, other: str) -> bool:
    """Whether `other` is the location, a multi-region (US or EU) or a region, or lies in it."""
    if location.upper() == other.upper():
        return True
    begin, region = _REGIONS.get(location.upper()), other.lower()
    return begin is not None and region.startswith(begin) and region not in _OUTSIDE_THE_EU


def choose_region(location: str) -> str:
    """Choose a region that lies in the location."""
    return _NEAR.get(location.upper(), location.lower())
