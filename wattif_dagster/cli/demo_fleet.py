"""The demo's fleet. Its settings are kept in `.env`, which all commands and Dagster read."""

import os
from datetime import date, timedelta
from pathlib import Path

from wattif_dagster.cli.days import find_yesterday, require_first_days
from wattif_dagster.errors import UserError
from wattif_dagster.metering.anomalies.titles import TITLES
from wattif_dagster.settings import Settings
from wattif_dagster.settings.variables import name_variable

DAYS = 14
INCIDENT_HOUR, INCIDENT_HOURS = 17, 3
TENFOLD = "F8"
"""Among 100 homes one such meter is the fleet's largest for days, and nothing else is seen."""

_HEADING = """\
# The fleet of `wattif demo`. All commands here, and Dagster, go on with it. For a fleet of your own
# work in another folder, or change these lines and set another WATTIF_BUCKET and WATTIF_DATASET.
"""


def choose_fleet(days: int | None) -> tuple[Settings, list[date]]:
    """Choose the fleet of the settings, or a new one without any; returns its settings and days.

    A fleet has a WATTIF_SIMULATION__START_DATE. The last day of a new one is yesterday, so that the
    Dagster UI shows all of its days, and `.env` keeps it. Of any other fleet the days are the first
    so many, or all up to yesterday. Raises UserError for imported readings, and for days that are
    not over.
    """
    settings = Settings.load(target="local")
    if settings.source.is_imported:
        raise UserError("The demo simulates a fleet. Unset WATTIF_SOURCE__KIND for it.")
    if "start_date" not in settings.simulation.model_fields_set:
        _keep(settings, _describe_fleet(find_yesterday(), days or DAYS))
        settings = Settings.load(target="local")
    return settings, require_first_days(days, settings.simulation)


def _describe_fleet(last_day: date, days: int) -> dict[tuple[str, str], object]:
    """Describe 100 homes: theft and faults begin after two thirds of the days, and on the last day
    the fleet has an incident."""
    return {
        ("simulation", "start_date"): last_day - timedelta(days=days - 1),
        ("simulation", "meters"): 100,
        ("simulation", "load"): "household",
        ("simulation", "anomaly_share"): 0.3,
        ("simulation", "anomaly_kinds"): ",".join(kind for kind in TITLES if kind != TENFOLD),
        ("simulation", "anomaly_onset_day"): days * 9 // 14,
        ("simulation", "anomaly_onset_days"): 3,
        ("simulation", "incident"): "surge",
        ("simulation", "incident_date"): last_day,
        ("simulation", "incident_start_hour"): INCIDENT_HOUR,
        ("simulation", "incident_hours"): INCIDENT_HOURS,
        ("simulation", "incident_share"): 0.6,
        ("ingest", "compression"): "gzip",
    }


def _keep(settings: Settings, fleet: dict[tuple[str, str], object]) -> None:
    """Add the variables to `.env` that are set nowhere yet."""
    lines = [
        f"{name_variable(group, name)}={value}\n"
        for (group, name), value in fleet.items()
        if name not in getattr(settings, group).model_fields_set
    ]
    file = Path(str(Settings.model_config.get("env_file")))
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        before = file.read_bytes() if file.exists() else b""
        if before and not before.endswith(b"\n"):
            before += b"\n"
        partial.write_bytes(before + "".join([_HEADING, *lines]).encode())
        os.replace(partial, file)
    except OSError as error:
        raise UserError(
            f"{file.absolute()} cannot be written ({error.strerror}). The demo keeps the settings "
            "of its fleet there. Work in a folder that is writable."
        ) from None
