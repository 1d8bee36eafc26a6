"""What the environment decides, typed, in one place. No other code reads WATTIF_ variables.

Every field is an environment variable with the prefix WATTIF_: WATTIF_TARGET, WATTIF_BUCKET ...;
those of a group have its name and two underscores, e.g. WATTIF_SIMULATION__METERS=1000 or
WATTIF_INGEST__COMPRESSION=gzip.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from wattif_dagster.alerting.options import AlertSettings
from wattif_dagster.detection.detection_options import DetectionOptions
from wattif_dagster.detection.scan_options import ScanOptions
from wattif_dagster.errors import UserError, explain
from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.metering.simulation import Simulation

ALSO_READ = {"WATTIF_TEST_GCP_PROJECT", "WATTIF_TEST_GCP_BUCKET"}
"""Variables of the tests that need a real project."""


def _matching(pattern: str, kind: str) -> AfterValidator:
    """Refuses what is not that kind of name, which ends up in paths and SQL."""

    def check(name: str) -> str:
        if not re.fullmatch(pattern, name):
            raise ValueError(f"{name!r} is not {kind}")
        return name

    return AfterValidator(check)


_Project = Annotated[
    str,
    _matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project id; use 6 to 30 of a-z, 0-9 and '-'"),
]
_Location = Annotated[
    str,
    _matching(r"[A-Za-z][A-Za-z0-9-]{1,39}", "a location; use one like us-central1 or EU"),
]
_Bucket = Annotated[
    str,
    _matching(
        r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]",
        "a bucket name; use 3 to 63 of a-z, 0-9, '-', '_', '.'",
    ),
]
_Dataset = Annotated[
    str,
    _matching(r"[A-Za-z_][A-Za-z0-9_]{0,1023}", "a dataset name; use letters, digits and '_'"),
]
_Account = Annotated[
    str,
    _matching(r"([A-Za-z0-9._-]+@[A-Za-z0-9.-]+)?", "a service account; use its mail address"),
]


class Endpoints(BaseModel, frozen=True):
    """Where the services answer; None is Google Cloud's own address."""

    gcs: str | None = Field(default=None, description="http://host:port of the JSON API")
    bigquery: str | None = Field(default=None, description="http://host:port of the REST API")
    dataplex: str | None = Field(default=None, description="host:port of a plain-text gRPC API")
    dataplex_rest: str | None = Field(default=None, description="http://host:port of the REST API")


class Settings(BaseSettings):
    """Settings of one installation. Raises UserError through `load` when they make no sense."""

    model_config = SettingsConfigDict(
        env_prefix="WATTIF_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # what was refused may be a secret
    )

    target: Literal["local", "gcp"] = Field(
        default="local", description="local: the local cloud; gcp: Google Cloud."
    )
    home: Path = Field(
        default=Path(".wattif"), description="State of the local cloud, spool, reports."
    )
    project: _Project = "wattif-local"
    location: _Location = Field(default="us-central1", description="Dataplex region.")
    bigquery_location: _Location = Field(default="US", description="BigQuery location.")
    bucket: _Bucket = "smart-meter-fake-data-t"
    dataset: _Dataset = "wattif"
    table_type: Literal["native", "external"] = Field(
        default="native", description="native: load jobs; external: a table over the objects."
    )

    backfill_days_per_run: int | None = Field(
        default=None, ge=1, description="Days a run of a landing backfill; else all in one run."
    )
    days_at_once: int = Field(
        default=4, ge=1, le=32, description="Days of a range whose BigQuery jobs a run has at once."
    )
    step_executor: Literal["in_process", "multiprocess", "celery", "k8s"] = Field(
        default="in_process", description="Where the steps of a run go: processes, or machines."
    )

    auth: Literal["application_default", "key_file", "impersonation", "anonymous"] = Field(
        default="application_default", description="On the local cloud always anonymous."
    )
    key_file: Path | None = Field(default=None, description="Service account key, for key_file.")
    impersonate: _Account | None = Field(
        default=None, description="Service account to impersonate."
    )

    simulation: Simulation = Simulation()
    ingest: IngestOptions = IngestOptions()
    detection: DetectionOptions = DetectionOptions()
    scan: ScanOptions = ScanOptions()
    alerts: AlertSettings = AlertSettings()

    @model_validator(mode="after")
    def _auth_is_complete(self) -> Self:
        if self.target == "gcp" and self.auth == "key_file" and self.key_file is None:
            raise ValueError("auth=key_file needs WATTIF_KEY_FILE")
        if self.target == "gcp" and self.auth == "impersonation" and not self.impersonate:
            raise ValueError("auth=impersonation needs WATTIF_IMPERSONATE")
        return self

    @model_validator(mode="after")
    def _detector_is_there(self) -> Self:
        if refusal := self.detection.refusal(self.target):
            raise ValueError(refusal)
        return self

    @classmethod
    def load(cls, **overrides: object) -> "Settings":
        """Settings from the environment and `.env`; overrides win.

        Raises UserError, also for a WATTIF_ variable that there is none of: a misspelt one would
        silently change nothing.
        """
        _refuse_unknown_variables(cls.model_fields)
        try:
            return cls(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
        except ValidationError as error:
            raise UserError(explain(error)) from None
        except SettingsError as error:
            raise UserError(
                f"{error}; it must be JSON, or set one by one, e.g. WATTIF_SIMULATION__METERS=1000"
            ) from None

    @property
    def endpoints_file(self) -> Path:
        """Where a running local cloud says its addresses."""
        return self.home / "endpoints.json"


def _refuse_unknown_variables(fields: Mapping[str, FieldInfo]) -> None:
    """Names within a group are left to its model, which takes no others."""
    names = {f"WATTIF_{name.upper()}" for name in fields}
    groups = {f"WATTIF_{name.upper()}" for name, field in fields.items() if _is_group(field)}
    for variable in os.environ:
        name, within, _ = variable.upper().partition("__")
        known = groups if within else names | ALSO_READ
        if variable.upper().startswith("WATTIF_") and name not in known:
            raise UserError(f"there is no setting {variable}; docs/settings.md lists them")


def _is_group(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def reach_loopback_directly() -> None:
    """Keep clients of this process from asking a proxy for 127.0.0.1."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts and "*" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])


def read_endpoints(file: Path) -> Endpoints:
    """The addresses of the running local cloud. Raises UserError when it does not say any."""
    try:
        return Endpoints.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        raise UserError("the local cloud is not running; start it with `wattif up`") from None
