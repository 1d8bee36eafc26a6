"""The columns of tables are found by their names, or named."""

import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.importing.columns import LongColumns, WideColumns, choose_columns, find_offsets
from wattif_dagster.importing.options import ImportOptions, Names


@pytest.mark.parametrize(
    "columns",
    [
        ["LCLid", "tstp", "energy(kWh/hh)"],
        ["Serial", "Timestamp", "kWh"],
        ["x", "meter_id", "Date and Time", "consumption"],
    ],
)
def test_usual_names_are_found(columns: list[str]) -> None:
    assert choose_columns(columns, ImportOptions(), "f").used == tuple(columns[-3:])


def test_given_names_win() -> None:
    options = ImportOptions(names=Names("a", "b", "c"))
    assert choose_columns(["serial", "a", "b", "c"], options, "f") == LongColumns("a", "b", "c")


@pytest.mark.parametrize(
    ("columns", "names", "said"),
    [
        (
            ["a", "b"],
            Names(),
            "No column of f is known to be the serial. Name it with --serial. Its c",
        ),
        (["serial", "time"], Names(), "known to be the value. Name it with --value"),
        (
            ["serial", "time", "kwh"],
            Names(value="kw"),
            "f has no column 'kw'. Its columns are 'serial'",
        ),
        (["serial", "serial", "time", "kwh"], Names(), "f has two columns 'serial'"),
        (["serial", "time", "kwh"], Names(value="time"), "must be different columns"),
        (["serial", "time", "kW"], Names(), "'kW' of f seems to be in kW. Say --unit kw"),
    ],
)
def test_columns_that_are_not_clear_are_refused(
    columns: list[str], names: Names, said: str
) -> None:
    with pytest.raises(UserError, match=said.replace("(", r"\(")):
        choose_columns(columns, ImportOptions(names=names), "f")


def test_kilowatts_are_taken_when_they_are_said() -> None:
    assert choose_columns(["serial", "time", "kW"], ImportOptions(unit="kw"), "f").used[-1] == "kW"


@pytest.mark.parametrize(
    ("names", "seconds"),
    [
        ([f"{n // 2:02}:{n % 2 * 30:02}" for n in range(48)], 1800),
        ([f"{n // 2:02}{n % 2 * 30:02}" for n in range(1, 49)], 1800),
        ([f"kwh_{n}:00" for n in range(24)], 3600),
        ([f"v{n:02}" for n in range(1, 97)], 900),
        ([str(n) for n in range(24)], 3600),
    ],
)
def test_columns_of_intervals_are_found(names: list[str], seconds: int) -> None:
    offsets = find_offsets(["note", *names])
    assert list(offsets) == names
    assert [
        b - a for a, b in zip(list(offsets.values()), list(offsets.values())[1:], strict=False)
    ] == [seconds] * (len(names) - 1)


@pytest.mark.parametrize("names", [[], ["a"], ["00:00", "00:30"], [str(n) for n in range(23)]])
def test_other_columns_are_no_intervals(names: list[str]) -> None:
    assert find_offsets(names) == {}


def test_wide_table_is_recognised() -> None:
    columns = ["meter", "date", *(f"{n:02}:00" for n in range(24))]
    chosen = choose_columns(columns, ImportOptions(), "f")
    assert isinstance(chosen, WideColumns)
    assert (chosen.serial, chosen.date, chosen.offsets["23:00"]) == ("meter", "date", 23 * 3600)
