"""The settings of one installation, read from the environment and from `.env`.

Every field is an environment variable with the prefix WATTIF_, such as WATTIF_TARGET. The options
of a group carry its name and two underscores, such as WATTIF_SIMULATION__METERS=1000. No other
code reads WATTIF_ variables.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from wattif_dagster.errors import UserError
from wattif_dagster.metering.simulation import HolidaysOf, Simulation, TimezoneName
from wattif_dagster.settings.alerts import AlertSettings
from wattif_dagster.settings.detection import DetectionOptions
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster.settings.locations import contains
from wattif_dagster.settings.paths import UserPath
from wattif_dagster.settings.scan import ScanOptions
from wattif_dagster.settings.source import SourceSettings
from wattif_dagster.settings.variables import (
    DELIMITER,
    PREFIX,
    check_variables,
    find_variables,
    name_variable,
)


def _matching(pattern: str, kind: str) -> AfterValidator:
    """Make a validator of names of that kind, which become part of paths and SQL."""

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
_Region = Annotated[
    str,
    _matching(
        r"[a-z]+(-[a-z]+)+[0-9]{1,2}",
        "a region; use one like us-central1, because Dataplex has no multi-regions",
    ),
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


LOCAL_TIME = ("timezone", "holidays")
"""Settings that the simulation follows."""


class Settings(BaseSettings):
    """Settings of one installation. Raises UserError through `load` when they make no sense."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",  # of `.env`, which other tools read too; see check_variables
        frozen=True,
        hide_input_in_errors=True,  # what was refused may be a secret
    )

    target: Literal["local", "gcp"] = Field(
        default="local", description="local: the local cloud; gcp: Google Cloud."
    )
    home: UserPath = Field(
        default=Path(".wattif"), description="State of the local cloud, spool, reports."
    )
    project: _Project = "wattif-local"
    location: _Region = Field(
        default="us-central1", description="Dataplex region, within WATTIF_BIGQUERY_LOCATION."
    )
    bigquery_location: _Location = Field(
        default="US", description="Location of the dataset and the bucket: US, EU or a region."
    )
    bucket: _Bucket = "smart-meter-fake-data-t"
    dataset: _Dataset = "wattif"
    table_type: Literal["native", "external"] = Field(
        default="native", description="native: load jobs; external: a table over the objects."
    )

    timezone: TimezoneName = Field(
        default="UTC", description="IANA name of the meters' time zone, such as Europe/Berlin."
    )
    holidays: HolidaysOf = Field(
        default="none",
        description="none, or whose holidays count as Sundays: DE, or a part of it, DE-BY.",
    )

    step_executor: Literal["in_process", "multiprocess", "celery", "k8s"] = Field(
        default="in_process", description="Where the steps of a run go: processes, or machines."
    )

    auth: Literal["application_default", "key_file", "impersonation", "anonymous"] = Field(
        default="application_default", description="On the local cloud always anonymous."
    )
    key_file: UserPath | None = Field(
        default=None, description="Service account key, for key_file."
    )
    impersonate: _Account | None = Field(
        default=None, description="Service account to impersonate."
    )

    source: SourceSettings = SourceSettings()
    simulation: Simulation = Field(default=Simulation(), validate_default=True)
    ingest: IngestOptions = IngestOptions()
    detection: DetectionOptions = DetectionOptions()
    scan: ScanOptions = ScanOptions()
    alerts: AlertSettings = AlertSettings()

    @field_validator("simulation")
    @classmethod
    def _homes_live_in_local_time(cls, simulation: Simulation, info: ValidationInfo) -> Simulation:
        """Pass on the time zone and the holidays, which are settings of the installation."""
        shared = {name: info.data[name] for name in LOCAL_TIME if name in info.data}
        for name in simulation.model_fields_set & shared.keys():
            if getattr(simulation, name) != shared[name]:
                raise ValueError(
                    f"{name} is no option of the simulation; set {name_variable(name)}"
                )
        return simulation.model_copy(update=shared)

    @model_validator(mode="after")
    def _auth_is_complete(self) -> Self:
        if self.target == "gcp" and self.auth == "key_file" and self.key_file is None:
            raise ValueError("WATTIF_AUTH=key_file needs WATTIF_KEY_FILE")
        if self.target == "gcp" and self.auth == "impersonation" and not self.impersonate:
            raise ValueError("WATTIF_AUTH=impersonation needs WATTIF_IMPERSONATE")
        return self

    @model_validator(mode="after")
    def _scans_are_near_the_dataset(self) -> Self:
        if not contains(self.bigquery_location, self.location):
            raise ValueError(
                f"WATTIF_LOCATION={self.location} does not lie in "
                f"WATTIF_BIGQUERY_LOCATION={self.bigquery_location}, so Dataplex there could not "
                "scan the dataset; set one of the two"
            )
        return self

    @model_validator(mode="after")
    def _detector_can_run(self) -> Self:
        if refusal := self.detection.refusal(self.target):
            raise ValueError(refusal)
        return self

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read the environment and `.env`; overrides win.

        Raises UserError for a value that makes no sense and for a variable that names no setting.
        """
        env_file = cls.model_config.get("env_file")
        check_variables(cls, Path(str(env_file)) if env_file else None)
        try:
            return cls(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
        except ValidationError as error:
            raise UserError(_explain(error)) from None

    @property
    def first_day(self) -> date:
        """First day of every partition: of the imported readings, or of the simulated fleet."""
        imported = self.source.first_day if self.source.is_imported else None
        return imported or self.simulation.first_day

    @property
    def endpoints_file(self) -> Path:
        """The file that holds the addresses of a running local cloud."""
        return self.home / "endpoints.json"


def _explain(error: ValidationError) -> str:
    """Say what is wrong in a sentence for each setting, by the variable that sets it."""
    variables = find_variables(Settings)
    sentences = []
    for item in error.errors():
        what = item["msg"].removeprefix("Value error, ").removesuffix(".")
        path = [str(part) for part in item["loc"]]
        if item["type"] == "extra_forbidden":
            sentences.append(f"There is no setting {name_variable(*path)}.")
            continue
        while path and name_variable(*path) not in variables:
            path.pop()  # the place in a list
        sentences.append(f"{name_variable(*path)}: {what}." if path else f"{what}.")
    return " ".join(sentences)
