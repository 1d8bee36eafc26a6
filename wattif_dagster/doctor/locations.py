"""Which locations lie in which, by "BigQuery locations" in Google's documentation."""

MULTI_REGIONS = {"US": "us-", "EU": "europe-"}
"""How the names of their regions begin."""
OUTSIDE_EU = ("europe-west2", "europe-west6")
"""London and Zurich are not in the multi-region EU."""
NEAR = {"US": "us-central1", "EU": "europe-west1"}


def lies_in(location: str, dataset: str) -> bool:
    """Whether a location is that of the dataset, or a region of its multi-region."""
    if location.upper() == dataset.upper():
        return True
    begin = MULTI_REGIONS.get(dataset.upper())
    region = location.lower()
    return begin is not None and region.startswith(begin) and region not in OUTSIDE_EU


def choose_region(dataset: str) -> str:
    """Choose a region that lies in the dataset's location."""
    return NEAR.get(dataset.upper(), dataset.lower())
