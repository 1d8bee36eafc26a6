"""The checks of Google Cloud, each after those that it needs."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from google.auth.credentials import Credentials

from wattif_dagster.doctor.bigquery import EDITOR, Dataset
from wattif_dagster.doctor.billing import check_billing
from wattif_dagster.doctor.check import Check
from wattif_dagster.doctor.cloud_storage import BUCKET_ROLES, Bucket
from wattif_dagster.doctor.credentials import Account
from wattif_dagster.doctor.dataplex import check_region
from wattif_dagster.doctor.resource_manager import PROJECT_ROLES, Project
from wattif_dagster.doctor.rest import Google
from wattif_dagster.doctor.service_usage import check_apis, list_needed_apis
from wattif_dagster.settings import Settings


def google_cloud_checks(settings: Settings, find: Callable[[], Credentials]) -> list[Check]:
    """Make the checks of these settings. `find` finds credentials, or raises UserError."""
    account = Account(settings, find)
    google = Google(account, settings.project)
    location = settings.bigquery_location
    project = Project(google)
    bucket = Bucket(google, settings.bucket, location, settings.table_type == "external")
    dataset = Dataset(google, settings.dataset, location)
    first_day, today = settings.first_day, datetime.now(UTC).date()
    return [
        Check("credentials", account.check_credentials),
        Check("quota project", account.check_quota_project, ("credentials",)),
        Check("project", project.check, ("credentials",)),
        Check("billing", lambda: check_billing(google), ("project",)),
        Check("APIs", lambda: check_apis(google, list_needed_apis(settings.auth)), ("project",)),
        *(Check(role, partial(project.check_role, role), ("project",)) for role in PROJECT_ROLES),
        Check("bucket", bucket.check, ("project",)),
        Check("bucket location", bucket.check_location, ("bucket",)),
        *(Check(role, partial(bucket.check_role, role), ("bucket",)) for role in BUCKET_ROLES),
        Check("dataset", dataset.check, ("project",)),
        Check("expiration", lambda: dataset.check_expiration(first_day, today), ("dataset",)),
        Check(EDITOR, lambda: dataset.check_editor(project), ("dataset",)),
        Check(
            "Dataplex region",
            lambda: check_region(google, settings.location, location),
            ("project",),
        ),
        Check("Dataplex service agent", lambda: dataset.check_service_agent(project), ("dataset",)),
    ]
