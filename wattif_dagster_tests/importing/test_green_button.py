"""Green Button XML is read by the links of its entries."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster_tests.importing.reading import read_bad, read_or_refuse, read_rows

START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
METER = "/espi/1_1/resource/RetailCustomer/9/UsagePoint/home-1/MeterReading/1"


def entry(link: str, content: str, related: str = "") -> str:
    links = f'<link rel="self" href="{link}"/>'
    links += f'<link rel="related" href="{related}"/>' if related else ""
    return f"<entry>{links}<content>{content}</content></entry>"


def reading_type(uom: int = 72, power: int = 0, flow: int = 1, link: str = "/ReadingType/1") -> str:
    return entry(
        link,
        f"<ReadingType xmlns='http://naesb.org/espi'><flowDirection>{flow}</flowDirection>"
        f"<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom></ReadingType>",
    )


def block(*values: object, link: str = f"{METER}/IntervalBlock/1", seconds: int = 1800) -> str:
    readings = "".join(
        f"<IntervalReading><timePeriod><duration>{seconds}</duration>"
        f"<start>{START + place * seconds}</start></timePeriod><value>{value}</value>"
        "</IntervalReading>"
        for place, value in enumerate(values)
    )
    return entry(link, f"<IntervalBlock xmlns='http://naesb.org/espi'>{readings}</IntervalBlock>")


def feed(*entries: str) -> str:
    meter = entry(METER, "<MeterReading xmlns='http://naesb.org/espi'/>", "/ReadingType/1")
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{meter}{"".join(entries)}</feed>'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage.xml"


def test_interval_readings_are_read_in_kwh(path: Path) -> None:
    path.write_text(feed(reading_type(), block(250, 500)))
    assert read_rows(path) == [
        ("home-1", datetime(2024, 1, 1, tzinfo=UTC), 0.25, 1),
        ("home-1", datetime(2024, 1, 1, 0, 30, tzinfo=UTC), 0.5, 2),
    ]


def test_reading_type_may_come_after_its_readings(path: Path) -> None:
    path.write_text(feed(block(2), reading_type(power=3)))
    assert read_rows(path)[0][2] == 2.0


def test_mean_power_becomes_energy(path: Path) -> None:
    path.write_text(feed(reading_type(uom=38), block(1000)))
    assert read_rows(path)[0][2] == 0.5


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (reading_type(uom=42), 1, "channel"),
        (reading_type(flow=19), 1, "channel"),
        (reading_type(power=10**9), 1, "channel"),
        (reading_type(), "x", "no_value"),
        (reading_type(), "9" * 400, "no_value"),
    ],
)
def test_reading_of_something_else_is_rejected(path: Path, kind: str, value: object, reason: str):
    path.write_text(feed(kind, block(value)))
    assert (read_rows(path), read_bad(path)) == ([], [(1, reason)])


def test_file_names_the_meter_where_links_do_not(path: Path) -> None:
    path.write_text(feed(reading_type(), block(1000, link="urn:uuid:1")))
    assert read_rows(path)[0][0] == "usage"


@pytest.mark.parametrize(
    "text",
    [
        "<feed><entry></feed>",
        "<feed/>",
        '<!DOCTYPE a [<!ENTITY e "x">]><feed><entry>&e;</entry></feed>',
    ],
)
def test_other_xml_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(UserError, match="cannot be read as Green Button XML"):
        read_rows(path)


@given(
    data=st.lists(
        st.sampled_from(
            [
                *("<entry>", "</entry>", "<link rel='self' href='a'/>", "<IntervalReading>"),
                *("</IntervalReading>", "<start>", "</start>", "<value>", "</value>", "5", "-1"),
                *("<uom>", "</uom>", "<ReadingType>", "</ReadingType>", "\x00", "&"),
            ]
        )
    ).map(lambda parts: f"<feed>{''.join(parts)}</feed>".encode())
    | st.binary(min_size=1)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_garbage_gives_batches_or_a_sentence(path: Path, data: bytes) -> None:
    if data.strip():
        read_or_refuse(path, data, "green-button")
