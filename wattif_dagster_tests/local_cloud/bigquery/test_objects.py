"""Patterns of gs:// URIs, and the quoting of their names in SQL."""

import tempfile
from pathlib import Path

import duckdb
import pytest
from bqemulator.domain.errors import NotFoundError, ValidationError
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.local_cloud.bigquery.objects import ObjectPattern
from wattif_dagster.local_cloud.bigquery.sql import quote_identifier, quote_literal

DATABASE = duckdb.connect()

part = st.text("ab=.'[", min_size=1, max_size=3).filter(lambda text: text not in (".", ".."))
name = st.lists(part, min_size=1, max_size=3).map("/".join)
prefix = st.text("ab=/", max_size=4).filter(lambda text: "//" not in f"/{text}")


@given(names=st.sets(name, max_size=6), prefix=prefix, suffix=part)
def test_pattern_matches_like_its_definition(names: set[str], prefix: str, suffix: str) -> None:
    """The files on disk and the SQL condition agree with Python's string methods."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        stored = {each for each in names if not any(o.startswith(f"{each}/") for o in names)}
        for each in stored:
            file = root / "bucket" / each
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        pattern = ObjectPattern.parse(f"gs://bucket/{prefix}*{suffix}", root)
        expected = {
            each
            for each in stored
            if each.startswith(prefix) and each[len(prefix) :].endswith(suffix)
        }
        try:
            found = {file.relative_to(root / "bucket").as_posix() for file in pattern.list_files()}
        except NotFoundError:
            found = set()
        assert found == expected
        selected = {
            each
            for each in stored
            if _holds(pattern.render_condition("path"), str(root / "bucket" / each))
        }
        assert selected == expected


def _holds(condition: str, path: str) -> bool:
    query = f"SELECT {condition} FROM (SELECT {quote_literal(path)} AS path)"
    return DATABASE.execute(query).fetchall() == [(True,)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_quoted_text_keeps_its_value(text: str) -> None:
    result = DATABASE.execute(f"SELECT {quote_literal(text)} AS {quote_identifier(text)}")
    assert [column[0] for column in result.description] == [text]
    assert result.fetchall() == [(text,)]


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/a",
        "gs://bucket",
        "gs://bucket/",
        "gs://Bucket/a",
        "gs://bucket/../a",
        "gs://bucket//etc/a",
    ],
)
def test_parse_refuses_an_invalid_uri(uri: str) -> None:
    with pytest.raises(ValidationError, match="Invalid source URI"):
        ObjectPattern.parse(uri, Path("/"))
