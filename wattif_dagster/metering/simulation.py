"""The settings of a simulation: what fully determines every byte of every day."""

import hashlib
from datetime import date
from typing import Annotated, Literal, Self

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from wattif_dagster.local_time import LocalTime, check_region, check_timezone
from wattif_dagster.metering.anomalies.titles import TITLES
from wattif_dagster.metering.household.presets import PRESETS, Preset, PresetName

SECONDS_PER_HOUR = 3600
SERIAL_SPACE = 31_000_000
"""Serials are drawn from MAC00000000 to MAC30999999, as the predecessor's were."""
MOST_DAYS = 36500
"""Of each span of anomalies: a century."""
ADDED_LATER = ("homes", "timezone", "holidays")
"""Fields that fingerprints leave out where they have their defaults, so that older ones stay."""

TimezoneName = Annotated[str, AfterValidator(check_timezone)]
HolidaysOf = Annotated[str, AfterValidator(check_region)]
EARLIEST_START, LATEST_START = date(1000, 1, 1), date(9000, 1, 1)
"""Weeks of weather before a fleet, its growth and three spans after it stay within the calendar."""


def parse_day(text: str) -> date:
    """The date written as YYYY-MM-DD. Raises ValueError with a sentence for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{text!r} is not a date; write it as YYYY-MM-DD, e.g. 2024-01-31")
    return day


class Simulation(BaseModel):
    """A fleet and the load it draws. Two equal simulations render equal bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=7, ge=0, lt=2**63, description="Seed of every random draw.")
    start_date: str = Field(
        default="2024-01-01", description="First day of the fleet and of every partition."
    )
    meters: int = Field(
        default=100, ge=1, le=SERIAL_SPACE, description="Meters on the fleet's first day."
    )
    daily_new_meters: int = Field(
        default=2, ge=0, le=SERIAL_SPACE, description="Meters installed each later day."
    )
    daily_retired_meters: int = Field(
        default=1, ge=0, le=SERIAL_SPACE, description="Meters retired each later day."
    )
    interval_seconds: int = Field(
        default=10, ge=1, le=SECONDS_PER_HOUR, description="Length of a reading; divides an hour."
    )
    load: Literal["uniform", "household"] = Field(
        default="uniform",
        description="uniform: 0.000 to 0.900 kW, as the predecessor's; household: lifelike homes.",
    )
    homes: PresetName = Field(
        default="calm",
        description="Which household homes: calm, restless, electric or solar; see docs/homes.md.",
    )
    weather_shift_date: str | None = Field(
        default=None, description="From this day on household weather is colder or warmer."
    )
    weather_shift_kelvin: float = Field(
        default=0.0, ge=-20, le=20, description="By how much; negative is colder."
    )
    incident: Literal["none", "outage", "surge"] = Field(
        default="none", description="A fleet incident: readings drop to 0 or triple."
    )
    incident_date: str | None = Field(default=None, description="Day of the incident.")
    incident_start_hour: int = Field(default=12, ge=0, le=23, description="Its first hour (UTC).")
    incident_hours: int = Field(default=3, ge=1, le=24, description="Its length in hours.")
    incident_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of the meters it touches."
    )

    anomaly_share: float = Field(
        default=0.0, ge=0, le=1, description="Share of the meters that have an anomaly; 0 is off."
    )
    anomaly_kinds: str = Field(
        default="all", description="all, or some of T1 .. T8 and F1 .. F11, with commas between."
    )
    anomaly_onset_day: int = Field(
        default=42,
        ge=0,
        le=MOST_DAYS,
        description="Days after start_date when the first may begin.",
    )
    anomaly_onset_days: int = Field(
        default=14, ge=1, le=MOST_DAYS, description="Days within which all of them begin."
    )
    anomaly_days: int = Field(
        default=28,
        ge=1,
        le=MOST_DAYS,
        description="Length of those that stay: theft, clock, unit and gain.",
    )
    timezone: TimezoneName = Field(
        default="UTC", description="The homes' time zone, as WATTIF_TIMEZONE says."
    )
    holidays: HolidaysOf = Field(
        default="none", description="The homes' holidays, as WATTIF_HOLIDAYS says."
    )

    @field_validator("start_date", "incident_date", "weather_shift_date")
    @classmethod
    def _iso_date(cls, text: str | None) -> str | None:
        if text is not None:
            parse_day(text)
        return text

    @field_validator("start_date")
    @classmethod
    def _within_the_calendar(cls, text: str) -> str:
        if not EARLIEST_START <= parse_day(text) <= LATEST_START:
            raise ValueError(
                f"{text} leaves no room in the calendar; "
                f"begin between {EARLIEST_START} and {LATEST_START}"
            )
        return text

    @field_validator("anomaly_kinds")
    @classmethod
    def _known_kinds(cls, text: str) -> str:
        unknown = [] if text == "all" else [k for k in text.split(",") if k not in TITLES]
        if unknown:
            raise ValueError(
                f"{unknown[0]!r} is no kind of anomaly; write all, "
                "or some of T1 .. T8 and F1 .. F11 with commas between, e.g. T1,F6"
            )
        return text

    @field_validator("interval_seconds")
    @classmethod
    def _divides_an_hour(cls, seconds: int) -> int:
        if SECONDS_PER_HOUR % seconds:
            raise ValueError(
                f"{seconds} seconds do not divide an hour; "
                "use one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 300, 600, 900, 1800, 3600"
            )
        return seconds

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.incident != "none":
            if self.incident_date is None:
                raise ValueError(f"incident={self.incident!r} needs an incident_date")
            if self.incident_start_hour + self.incident_hours > 24:
                raise ValueError("the incident must end on the day it starts")
        return self

    @property
    def first_day(self) -> date:
        """First day of the fleet."""
        return parse_day(self.start_date)

    @property
    def kinds_of_anomalies(self) -> tuple[str, ...]:
        """The kinds that occur, in the order of `anomalies.titles`; none when anomalies are off."""
        if not self.anomaly_share:
            return ()
        chosen = TITLES if self.anomaly_kinds == "all" else self.anomaly_kinds.split(",")
        return tuple(kind for kind in TITLES if kind in chosen)

    @property
    def readings_per_hour(self) -> int:
        """Readings a meter sends in an hour."""
        return SECONDS_PER_HOUR // self.interval_seconds

    @property
    def readings_per_day(self) -> int:
        """Readings a meter sends in a day."""
        return 24 * self.readings_per_hour

    @property
    def preset(self) -> Preset:
        """What the homes are like. Where loads are uniform nobody lives in them: as in `calm`."""
        return PRESETS[self.homes if self.load == "household" else "calm"]

    @property
    def local_time(self) -> LocalTime:
        """The time that the homes live in."""
        return LocalTime(self.timezone, self.holidays)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that name these settings; stored with each day's data."""
        decisive = self.model_dump(mode="json")
        for name in ADDED_LATER:
            if decisive[name] == Simulation.model_fields[name].default:
                del decisive[name]
        canonical = orjson.dumps(decisive, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(canonical).hexdigest()[:16]
