"""The code location: everything in `defs/`, built from settings."""

import threading
from collections.abc import Mapping
from pathlib import Path

from dagster import ComponentTree, Definitions, definitions

import wattif_dagster.defs
from wattif_dagster.daily_asset import BuildContext, building, find_daily_assets
from wattif_dagster.defs.automation.gaps import build_gaps
from wattif_dagster.deploy.executors import step_executor
from wattif_dagster.resources.build import STOP, build_resources, override_resources
from wattif_dagster.settings import Settings


def build_defs(
    settings: Settings | None = None, resource_overrides: Mapping[str, object] | None = None
) -> Definitions:
    """Build fresh definitions from these settings, or else from the environment.

    `resource_overrides` replaces resources by key. Raises UserError for a key that is none, and for
    a value of the wrong type.
    """
    settings = settings or Settings.load()
    resources = override_resources(build_resources(settings), resource_overrides or {})
    stop = resources[STOP]
    assert isinstance(stop, threading.Event)
    with building(BuildContext(settings, stop)):
        root = Path(__file__).parent.parent
        defs = ComponentTree.from_module(wattif_dagster.defs, project_root=root).build_defs()
    gaps = build_gaps(find_daily_assets(defs))
    return Definitions.merge(defs, gaps, Definitions(resources=resources))


@definitions
def defs() -> Definitions:
    """This code location, from the environment, with the executor that the settings name."""
    settings = Settings.load()
    executor = Definitions(executor=step_executor(settings.step_executor))
    return Definitions.merge(build_defs(settings), executor)
