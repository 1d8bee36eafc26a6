"""The fleet as of a day: a pure function of the simulation and the day."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.bloom import SerialFilter
from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.fleet_size import require_serials, retiring_meters, serial_capacity
from wattif_dagster.metering.issuing import issue_serials
from wattif_dagster.metering.serials import SERIAL_DIGITS, serial_digits
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.metering.state import pack, unpack

SEGMENT_SHARES = {"residential": 0.85, "commercial": 0.12, "industrial": 0.03}
"""Customer segments and the share of the meters each has; a segment's code is its place here."""


@dataclass(frozen=True, eq=False)
class Fleet:
    """The meters of one day by ascending serial, and the filter of all serials ever issued.

    `serials`, `segments` (codes) and `issued_on` (ordinals of days) have the shape (meters,);
    `issued` counts the serials ever issued, those of retired meters included; `issued_bits` are
    the bits of their SerialFilter; `fingerprint` is that of the simulation.
    """

    fingerprint: str
    day: date
    serials: NDArray[np.uint32]
    segments: NDArray[np.uint8]
    issued_on: NDArray[np.int32]
    issued: int
    issued_bits: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.serials)

    def to_bytes(self) -> bytes:
        """The fleet's state. Equal fleets have equal bytes."""
        return pack(
            {"fingerprint": self.fingerprint, "day": self.day.isoformat(), "issued": self.issued},
            {
                "serial_steps": np.diff(self.serials, prepend=np.uint32(0)),  # compress well
                "segments": self.segments,
                "issued_on": self.issued_on,
                "issued_bits": self.issued_bits,
            },
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The fleet of that state. Raises state.StateError if it is damaged or none at all."""
        facts, arrays = unpack(data)
        return cls(
            fingerprint=facts["fingerprint"],
            day=date.fromisoformat(facts["day"]),
            serials=arrays["serial_steps"].cumsum(dtype=np.uint32),
            segments=arrays["segments"],
            issued_on=arrays["issued_on"],
            issued=facts["issued"],
            issued_bits=arrays["issued_bits"],
        )


def fleet_on(simulation: Simulation, day: date, earlier: Fleet | None = None) -> Fleet:
    """The fleet of `day`, from that of an earlier day if there is one, else from the first day.

    Both give the same fleet. Raises ValueError for a day before the start or an earlier fleet of
    another simulation, and SerialsExhaustedError.
    """
    fleet = first_fleet(simulation) if earlier is None else earlier
    if fleet.fingerprint != simulation.fingerprint:
        raise ValueError(f"the fleet of {fleet.day} was made with other simulation settings")
    if day < fleet.day:
        raise ValueError(f"the fleet of {day} cannot be made from the later one of {fleet.day}")
    while fleet.day < day:
        fleet = next_day(simulation, fleet)
    return fleet


def first_fleet(simulation: Simulation) -> Fleet:
    """The fleet of the first day. Raises SerialsExhaustedError."""
    with SerialFilter(serial_capacity(simulation)) as issued:
        nobody = Fleet(
            fingerprint=simulation.fingerprint,
            day=simulation.first_day,
            serials=np.empty(0, np.uint32),
            segments=np.empty(0, np.uint8),
            issued_on=np.empty(0, np.int32),
            issued=0,
            issued_bits=issued.bits,
        )
    return _install(simulation, nobody, simulation.meters)


def next_day(simulation: Simulation, fleet: Fleet) -> Fleet:
    """The fleet a day later: meters retire, but never all of them, and new ones are installed.

    Raises SerialsExhaustedError.
    """
    day = fleet.day + timedelta(days=1)
    retiring = retiring_meters(simulation, len(fleet))
    lots = draw(simulation.seed, Purpose.RETIREMENT, day.toordinal(), fleet.serials)
    stay = np.ones(len(fleet), np.bool_)
    stay[np.argpartition(lots, retiring)[:retiring]] = False
    kept = replace(
        fleet,
        day=day,
        serials=fleet.serials[stay],
        segments=fleet.segments[stay],
        issued_on=fleet.issued_on[stay],
    )
    return _install(simulation, kept, simulation.daily_new_meters)


def registry_rows_ndjson(fleet: Fleet, day: date) -> bytes:
    """The fleet as rows of the table meter_registry under that registry date, one line a meter.

    All lines are equally wide; white space after a segment pads it.
    """
    segments = [f'"{segment}",' for segment in SEGMENT_SHARES]
    width = max(len(segment) for segment in segments)
    parts = (
        ("head", f'{{"registry_date":"{day}","serial":"MAC'),
        ("digits", "0" * SERIAL_DIGITS),
        ("before_segment", '","segment":'),
        ("segment", " " * width),
        ("before_issued_on", '"issued_on":"'),
        ("issued_on", "0000-00-00"),
        ("end", '"}\n'),
    )
    lines = np.empty(len(fleet), [(name, f"S{len(text)}") for name, text in parts])
    lines[:] = tuple(text.encode() for _, text in parts)
    lines["digits"] = serial_digits(fleet.serials).view(f"S{SERIAL_DIGITS}")
    lines["segment"] = np.array([s.ljust(width) for s in segments], "S")[fleet.segments]
    lines["issued_on"] = _dates(fleet.issued_on)
    return lines.tobytes()


def _dates(ordinals: NDArray[np.int32]) -> NDArray[np.bytes_]:
    """YYYY-MM-DD of each day's ordinal; written once for each day of their span."""
    if not ordinals.size:
        return np.empty(0, "S10")
    first = int(ordinals.min())
    days = np.datetime64(date.fromordinal(first)) + np.arange(int(ordinals.max()) - first + 1)
    return np.datetime_as_string(days).astype("S10")[ordinals - first]


def _install(simulation: Simulation, fleet: Fleet, count: int) -> Fleet:
    """The fleet with `count` more meters, installed on its day."""
    require_serials(simulation, fleet.day, fleet.issued + count)
    with SerialFilter(serial_capacity(simulation), fleet.issued_bits) as issued:
        new = np.sort(issue_serials(issued, simulation.seed, fleet.day, count))
        bits = issued.bits
    places = np.searchsorted(fleet.serials, new)
    return replace(
        fleet,
        serials=np.insert(fleet.serials, places, new),
        segments=np.insert(fleet.segments, places, _segments(simulation, new)),
        issued_on=np.insert(fleet.issued_on, places, fleet.day.toordinal()),
        issued=fleet.issued + count,
        issued_bits=bits,
    )


def _segments(simulation: Simulation, serials: NDArray[np.uint32]) -> NDArray[np.uint8]:
    ends = np.cumsum(list(SEGMENT_SHARES.values()))[:-1]
    chance = fractions(draw(simulation.seed, Purpose.SEGMENT, serials))
    return np.searchsorted(ends, chance, side="right").astype(np.uint8)
