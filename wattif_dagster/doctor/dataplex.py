"""Dataplex: whether its region exists, answers, and lies in the dataset's location."""

from wattif_dagster.doctor.check import WrongError
from wattif_dagster.doctor.locations import choose_region, lies_in
from wattif_dagster.doctor.rest import Google, RefusedError

SERVICE = "dataplex.googleapis.com"


def check_region(google: Google, region: str, dataset_location: str) -> str:
    """Check that scans can be listed in the region, and that it lies in the dataset's location."""
    change = f"export WATTIF_LOCATION={choose_region(dataset_location)}"
    if not lies_in(region, dataset_location):
        raise WrongError(
            f"Region {region} is not in {dataset_location}, where the dataset is. "
            "Set WATTIF_LOCATION to a region there.",
            change,
        )
    path = f"v1/projects/{google.project}/locations/{region}/dataScans"
    try:
        google.get(SERVICE, path, {"pageSize": "1"})
    except RefusedError as refused:
        raise WrongError(
            f"No scans can be listed in {region}: {refused}. Set WATTIF_LOCATION to a region of "
            "Dataplex.",
            change,
        ) from None
    return f"{region} lies in {dataset_location}"
