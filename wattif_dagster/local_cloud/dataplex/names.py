"""Checks the formats of resource names, and parses them."""

import re
from dataclasses import dataclass

from .errors import invalid_argument

_LOCATION = r"projects/[a-z0-9][a-z0-9.:-]*/locations/[a-z][a-z0-9-]*"
_SCAN_ID = r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SCAN = rf"{_LOCATION}/dataScans/{_SCAN_ID}"
_JOB = rf"{_SCAN}/jobs/[A-Za-z0-9-]+"
_OPERATION = rf"{_LOCATION}/operations/[A-Za-z0-9-]+"
# Letters, digits, marks, '_', '-' and space: BigQuery allows only these, and none ends a quote.
_DATASET = r"projects/([a-z0-9][a-z0-9.:-]*)/datasets/(\w+)"
_TABLE = rf"{_DATASET}/tables/([\w -]+)"
_TABLE_HOST = "//bigquery.googleapis.com/"


def check_location(name: str, field: str) -> str:
    """Return a name `projects/*/locations/*`. Raises ApiError INVALID_ARGUMENT for others."""
    return _check(_LOCATION, name, field, "projects/{project}/locations/{location}")


def check_scan(name: str, field: str) -> str:
    """Return the name of a scan. Raises ApiError INVALID_ARGUMENT for others."""
    return _check(_SCAN, name, field, "projects/{project}/locations/{location}/dataScans/{id}")


def check_scan_id(scan_id: str) -> str:
    """Return the id of a scan. Raises ApiError INVALID_ARGUMENT for others."""
    form = "1 to 63 of a-z, 0-9 and '-', starting with a letter, not ending with '-'"
    return _check(_SCAN_ID, scan_id, "data_scan_id", form)


def check_job(name: str) -> str:
    """Return the name of a job. Raises ApiError INVALID_ARGUMENT for others."""
    form = "projects/{project}/locations/{location}/dataScans/{id}/jobs/{job}"
    return _check(_JOB, name, "name", form)


def check_operation(name: str) -> str:
    """Return the name of an operation. Raises ApiError INVALID_ARGUMENT for others."""
    form = "projects/{project}/locations/{location}/operations/{operation}"
    return _check(_OPERATION, name, "name", form)


def _check(pattern: str, value: str, field: str, form: str) -> str:
    if not re.fullmatch(pattern, value):
        raise invalid_argument(f"{field}: {value!r} is not of the form {form}")
    return value


def extract_location(name: str) -> str:
    """The location `projects/*/locations/*` of a resource name."""
    return "/".join(name.split("/")[:4])


def extract_scan(job: str) -> str:
    """The name of the scan of a job."""
    return job.rpartition("/jobs/")[0]


def parse_dataset(resource: str, field: str) -> tuple[str, str]:
    """The project and dataset of `[//bigquery.googleapis.com/]projects/*/datasets/*`.

    Raises ApiError INVALID_ARGUMENT.
    """
    match = re.fullmatch(_DATASET, resource.removeprefix(_TABLE_HOST))
    if match is None:
        raise invalid_argument(
            f"{field}: {resource!r} is not of the form "
            f"{_TABLE_HOST}projects/{{project}}/datasets/{{dataset}}"
        )
    return match[1], match[2]


@dataclass(frozen=True)
class TableName:
    """A BigQuery table."""

    project: str
    dataset: str
    table: str

    @classmethod
    def parse(cls, resource: str, field: str) -> "TableName":
        """Parse `[//bigquery.googleapis.com/]projects/*/datasets/*/tables/*`.

        Raises ApiError INVALID_ARGUMENT.
        """
        match = re.fullmatch(_TABLE, resource.removeprefix(_TABLE_HOST))
        if match is None:
            raise invalid_argument(
                f"{field}: {resource!r} is not of the form "
                f"{_TABLE_HOST}projects/{{project}}/datasets/{{dataset}}/tables/{{table}}"
            )
        return cls(*match.groups())

    def __str__(self) -> str:
        return f"{self.project}.{self.dataset}.{self.table}"
