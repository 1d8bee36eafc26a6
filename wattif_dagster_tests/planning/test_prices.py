"""The price table is read whole, or refused in a sentence that names it."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.planning.prices import DEFAULT_PRICES, load_prices, parse_prices

OURS = yaml.load(DEFAULT_PRICES.read_text(), yaml.BaseLoader)


def refusal(text: str) -> str:
    """The sentence that refuses the text; empty when it is a table."""
    try:
        prices = parse_prices(text, "f.yaml")
    except UserError as error:
        said = str(error)
        assert said.startswith("f.yaml")
        assert "\n" not in said
        assert said.encode()
        return said
    assert prices.bigquery.query_tib >= 0
    return ""


def test_own_table_has_a_date_sources_and_prices() -> None:
    prices = load_prices()
    assert prices.date >= date(2025, 1, 1)
    assert "cloud.google.com" in prices.cloud_storage.source
    assert "cloud.google.com" in prices.bigquery.source
    assert prices.bigquery.query_tib == 6.25


@pytest.mark.parametrize(
    ("section", "field", "value", "said"),
    [
        (
            "bigquery",
            "query_tib",
            "-1",
            "bigquery.query_tib: Input should be greater than or equal",
        ),
        ("bigquery", "query_tib", ".nan", "bigquery.query_tib: Input should be a valid number"),
        ("bigquery", "query_tib", "nan", "bigquery.query_tib: Input should be a finite number"),
        ("bigquery", "query_tib", "1e999", "bigquery.query_tib: Input should be a finite number"),
        ("bigquery", "load_gib", ["1"], "bigquery.load_gib: Input should be a valid number"),
        ("bigquery", "query_tb", "5", "bigquery.query_tb: Extra inputs are not permitted"),
        ("cloud_storage", "source", "", "cloud_storage.source: String should have at least 1"),
        (None, "date", "yesterday", "date: 'yesterday' is not a date; write it as YYYY-MM-DD"),
        (None, "date", "1754870400", "date: '1754870400' is not a date"),
        (None, "date", ["2025-08-11"], "date: it must be a date, written as YYYY-MM-DD"),
        (None, "currency", "$", "currency: String should match pattern"),
        (None, "bigquery", "6.25", "bigquery: Input should be a valid dictionary"),
    ],
)
def test_wrong_value_is_named(section: str | None, field: str, value: object, said: str) -> None:
    table = {**OURS, section: {**OURS[section], field: value}} if section else OURS
    assert said in refusal(yaml.safe_dump(table if section else {**OURS, field: value}))


@pytest.mark.parametrize("section", [None, "cloud_storage", "bigquery"])
def test_missing_value_is_named(section: str | None) -> None:
    fields = OURS[section] if section else OURS
    for field in fields:
        less = {name: value for name, value in fields.items() if name != field}
        said = refusal(yaml.safe_dump({**OURS, section: less} if section else less))
        assert f"{section}.{field}" if section else field in said
        assert "Field required" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.yaml: Input should be"),
        ("- a", "f.yaml: Input should be"),
        ("date: [", "f.yaml is not YAML on line 1"),
        ("[" * 600, "f.yaml is nested too deeply"),
    ],
)
def test_wrong_document_is_one_sentence(text: str, said: str) -> None:
    assert said in refusal(text)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The price table .*none\.yaml cannot be read: No such"):
        load_prices(tmp_path / "none.yaml")


WORDS = st.sampled_from([*OURS, *OURS["bigquery"], *OURS["cloud_storage"], "2025-08-11", "\ud800"])
DOCUMENTS = st.recursive(
    WORDS | st.text() | st.floats() | st.integers() | st.booleans() | st.none() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(), inner),
    max_leaves=8,
)


@given(document=DOCUMENTS, field=st.sampled_from([*OURS, "other"]))
def test_any_document_is_a_table_or_refused(document: object, field: str) -> None:
    refusal(yaml.safe_dump(document))
    refusal(yaml.safe_dump({**OURS, field: document}))


@given(st.data())
def test_own_table_with_a_gap_is_read_or_refused(data: st.DataObject) -> None:
    text = DEFAULT_PRICES.read_text("utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 60)))
    refusal(text[:start] + data.draw(st.text(max_size=3)) + text[end:])
