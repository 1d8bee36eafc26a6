"""Dataplex: whether its region exists and answers."""

from wattif_dagster.doctor.check import WrongError
from wattif_dagster.doctor.rest import Google, RefusedError
from wattif_dagster.settings.locations import choose_region

SERVICE = "dataplex.googleapis.com"


def check_region(google: Google, region: str, dataset_location: str) -> str:
    """Check that scans can be listed in the region.

    Settings whose region does not lie in the dataset's location are refused before.
    """
    path = f"v1/projects/{google.project}/locations/{region}/dataScans"
    try:
        google.get(SERVICE, path, {"pageSize": "1"})
    except RefusedError as refused:
        raise WrongError(
            f"No scans can be listed in {region}: {refused}. Set WATTIF_LOCATION to a region of "
            "Dataplex.",
            f"export WATTIF_LOCATION={choose_region(dataset_location)}",
        ) from None
    return f"{region} lies in {dataset_location}"
