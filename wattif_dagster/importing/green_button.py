"""Reads Green Button, the XML of North American utilities (ESPI).

Source of the format: NAESB REQ.21 ESPI, http://naesb.org/espi. A serial is the id of the usage
point in the links of its entries. A first pass reads what the reading types say, since a feed may
hold them anywhere. The elements are dropped as they are read, so that a large file fits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import pyarrow as pa
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from wattif_dagster.errors import UserError
from wattif_dagster.importing.files import InputFile
from wattif_dagster.importing.rows import BadRow, Batch, Reason, encode

BATCH_READINGS = 200_000
WATT_HOURS, WATTS = 72, 38
"""Codes of `uom`."""
FORWARD = 1
"""The code of `flowDirection` for what the customer draws."""

MOST_POWER = 12
"""ESPI's multipliers go from pico to tera."""

_USAGE_POINT = re.compile(r"UsagePoint/([^/]+)")
_METER_READING = re.compile(r".*MeterReading/[^/]+")


@dataclass(frozen=True)
class _ReadingType:
    uom: int = WATT_HOURS
    power_of_ten: int = 0
    flow: int = FORWARD

    def to_kwh(self, seconds: int) -> float | None:
        """kWh of one unit over so many seconds; None when it is not consumed energy."""
        if self.flow != FORWARD or abs(self.power_of_ten) > MOST_POWER:
            return None
        scale = 10.0**self.power_of_ten / 1000
        return {WATT_HOURS: scale, WATTS: scale * seconds / 3600}.get(self.uom)


def read_green_button(file: InputFile) -> Iterator[Batch]:
    """Read the interval readings, in kWh. Raises UserError when it is not the XML of a feed."""
    try:
        types = _read_types(file)
        yield from _read_blocks(file, types)
    except (ParseError, DefusedXmlException, LookupError) as error:
        raise UserError(
            f"{file.path} cannot be read as Green Button XML ({error}). Nothing is imported."
        ) from None


def _walk(file: InputFile) -> Iterator[tuple[str, Element, list[str]]]:
    """Yield each entry's self link, its content and its related links."""
    with file.open() as content:
        for _, element in iterparse(content, events=("end",)):
            if _name(element) == "entry":
                links = [
                    (link.get("rel", ""), link.get("href", ""))
                    for link in element
                    if _name(link) == "link"
                ]
                own = next((href for rel, href in links if rel == "self"), "")
                own = own or next((href for rel, href in links if rel == "up"), "")
                yield own, element, [href for rel, href in links if rel == "related"]
                element.clear()


def _read_types(file: InputFile) -> dict[str, _ReadingType]:
    """Read the reading type of each meter reading, by the meter reading's link."""
    by_link: dict[str, _ReadingType] = {}
    related: dict[str, list[str]] = {}
    entries = 0
    for link, entry, others in _walk(file):
        entries += 1
        kind = _find(entry, "ReadingType")
        if kind is not None:
            by_link[link] = _ReadingType(
                uom=_integer(kind, "uom", WATT_HOURS) or 0,
                power_of_ten=_integer(kind, "powerOfTenMultiplier", 0) or 0,
                flow=_integer(kind, "flowDirection", FORWARD) or 0,
            )
        if _find(entry, "MeterReading") is not None:
            related[link] = others
    if not entries:
        raise LookupError("it has no entries")
    found = {
        meter: next((by_link[other] for other in others if other in by_link), _ReadingType())
        for meter, others in related.items()
    }
    # A feed with one type may leave its links out.
    only = next(iter(by_link.values())) if len(by_link) == 1 else _ReadingType()
    return {"": only, **found}


def _read_blocks(file: InputFile, types: dict[str, _ReadingType]) -> Iterator[Batch]:
    serials: list[str] = []
    times: list[datetime | None] = []
    values: list[float | None] = []
    rows: list[int] = []
    bad: list[BadRow] = []

    def take() -> Batch:
        batch = Batch(
            encode(pa.array(serials, pa.string())),
            encode(pa.array(times, pa.timestamp("us", "UTC"))),
            pa.array(values, pa.float64()),
            np.array(rows, np.int64),
            bad.copy(),
        )
        for collected in (serials, times, values, rows, bad):
            collected.clear()
        return batch

    row = 0
    for link, entry, _ in _walk(file):
        point = _USAGE_POINT.search(link)
        serial = point[1] if point else file.path.name.partition(".")[0]
        meter = _METER_READING.match(link)
        reading_type = types.get(meter[0] if meter else "", types[""])
        for reading in (each for each in entry.iter() if _name(each) == "IntervalReading"):
            row += 1
            seconds = _integer(reading, "duration", 0) or 0
            start, value = _integer(reading, "start", None), _integer(reading, "value", None)
            kwh = reading_type.to_kwh(seconds)
            if start is None or kwh is None or value is None or not 0 < start < 2**33:
                reason = Reason.CHANNEL if kwh is None else Reason.NO_VALUE
                bad.append(
                    BadRow(row, Reason.TIME if start is None else reason, f"{serial} {start}")
                )
            else:
                serials.append(serial)
                times.append(datetime.fromtimestamp(start, UTC))
                values.append(value * kwh)
                rows.append(row)
            if len(rows) + len(bad) >= BATCH_READINGS:
                yield take()
    yield take()


def _name(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _find(element: Element, name: str) -> Element | None:
    return next((each for each in element.iter() if _name(each) == name), None)


def _integer(element: Element, name: str, default: int | None) -> int | None:
    found = _find(element, name)
    try:
        number = int((found.text or "").strip()) if found is not None else default
    except ValueError:
        return None
    return number if number is None or abs(number) < 2**63 else None
