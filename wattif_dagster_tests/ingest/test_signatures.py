"""No function of the ingest has more than five parameters."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest

from wattif_dagster import ingest

MOST_PARAMETERS = 5
MODULES = [f"{ingest.__name__}.{module.name}" for module in iter_modules(ingest.__path__)]


def find_functions(module: str) -> Iterator[tuple[str, Callable[..., object]]]:
    """The functions and methods that the module defines, with their names."""
    for name, value in vars(import_module(module)).items():
        if getattr(value, "__module__", None) != module:
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            for method, function in vars(value).items():
                # What dataclasses and pydantic generate is compiled from no file of ours.
                if inspect.isfunction(function) and _is_written_in(function, module):
                    yield f"{name}.{method}", function


def _is_written_in(function: Callable[..., object], module: str) -> bool:
    return inspect.getsourcefile(function) == import_module(module).__file__


def test_functions_are_found() -> None:
    found = {name for module in MODULES for name, _ in find_functions(module)}
    assert {"land_day", "land_shard", "_Workers.__init__", "Spool.reserve"} <= found


@pytest.mark.parametrize("module", MODULES)
def test_functions_have_at_most_five_parameters(module: str) -> None:
    counts = {
        name: len([p for p in inspect.signature(function).parameters if p != "self"])
        for name, function in find_functions(module)
    }
    assert {name: count for name, count in counts.items() if count > MOST_PARAMETERS} == {}
