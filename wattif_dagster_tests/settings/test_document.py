"""docs/settings.md has the default and the description of each setting as the code has them."""

import re

import pytest
from pydantic_core import PydanticUndefined

from wattif_dagster.settings import Settings
from wattif_dagster.settings.variables import find_variables
from wattif_dagster_tests.support.project import ROOT
from wattif_dagster_tests.support.settings import list_variables

DOCUMENT = (ROOT / "docs/settings.md").read_text()
ROWS = {
    variable: (default, description)
    for variable, default, description in re.findall(
        r"^\| `(WATTIF_\w+)` \| (.*?) ?\| (.*?) ?\|$", DOCUMENT, re.MULTILINE
    )
}


@pytest.mark.parametrize("variable", list_variables())
def test_document_has_default_and_description(variable: str):
    field = find_variables(Settings)[variable]
    default, description = ROWS[variable]
    assert description == (field.description or "")
    # The rest of the code fills in a default that is None, or that depends on the machine.
    if field.default not in (None, PydanticUndefined):
        assert default == str(field.default)
