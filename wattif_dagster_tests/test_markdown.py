"""Metadata as Markdown."""

from wattif_dagster.markdown import ROWS_LISTED, image, table


def test_table_has_a_line_for_each_of_the_first_rows():
    rows = [{"serial": f"M{n}", "p": n / 3} for n in range(1, ROWS_LISTED + 5)]
    lines = table({"meter": "{serial}", "probability": "{p:.2f}"}, rows).value.split("\n")
    assert lines[:3] == ["| meter | probability |", "|---|---|", "| M1 | 0.33 |"]
    assert len(lines) == 2 + ROWS_LISTED


def test_table_without_rows_has_only_headings():
    assert table({"meter": "{serial}"}, []).value == "| meter |\n|---|"


def test_image_contains_its_bytes():
    assert image("A plot", b"\x89PNG").value == "![A plot](data:image/png;base64,iVBORw==)"


def test_cell_with_a_bar_stays_one_cell():
    assert table({"meter": "{serial}"}, [{"serial": "a|b"}]).value.split("\n")[2] == "| a\\|b |"
