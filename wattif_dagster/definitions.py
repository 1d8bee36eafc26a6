"""The code location: all definitions of `defs/`, built from settings."""

import threading
from collections.abc import Mapping
from pathlib import Path

from dagster import ComponentTree, Definitions, definitions

import wattif_dagster.defs
from wattif_dagster.daily_asset import BuildContext, building, find_daily_assets
from wattif_dagster.defs.automation.daily import build_daily
from wattif_dagster.defs.automation.gaps import build_gaps
from wattif_dagster.deploy.executors import step_executor
from wattif_dagster.errors import UserError
from wattif_dagster.resources.build import STOP, build_resources, override_resources
from wattif_dagster.settings import Settings


def build_defs(
    settings: Settings | None = None, resource_overrides: Mapping[str, object] | None = None
) -> Definitions:
    """Build new definitions from these settings, or from the environment without any.

    `resource_overrides` replaces resources by key. Raises UserError for an unknown key, for a value
    of the wrong type, and for a rules file that Dataplex would refuse.
    """
    settings = settings or Settings.load()
    resources = override_resources(build_resources(settings), resource_overrides or {})
    stop = resources[STOP]
    assert isinstance(stop, threading.Event)
    found = _load_folder(BuildContext(settings, stop))
    assets = find_daily_assets(found)
    return Definitions.merge(
        found, build_daily(assets), build_gaps(assets), Definitions(resources=resources)
    )


def _load_folder(context: BuildContext) -> Definitions:
    """Load the definitions of `defs/`, which Dagster finds by their place."""
    root = Path(__file__).parent.parent
    try:
        with building(context):
            return ComponentTree.from_module(wattif_dagster.defs, project_root=root).build_defs()
    except Exception as error:
        # Dagster draws the whole folder around an error; a user's mistake is one sentence.
        cause: BaseException | None = error
        while cause and not isinstance(cause, UserError):
            cause = cause.__cause__
        if cause is None:
            raise
        raise cause from None


@definitions
def defs() -> Definitions:
    """Build the code location from the environment, with the executor of the settings."""
    settings = Settings.load()
    executor = Definitions(executor=step_executor(settings.step_executor))
    return Definitions.merge(build_defs(settings), executor)
