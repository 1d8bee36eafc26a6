"""The graph of the daily assets: what each is made from, and which checks it must pass."""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    BetaWarning,
    Definitions,
)

from wattif_dagster.daily_asset import HISTORY_TAG, find_daily_assets
from wattif_dagster.errors import UserError


@dataclass(frozen=True)
class DailyGraph:
    """The daily assets of a code location."""

    definitions: Sequence[AssetsDefinition]
    parents: Mapping[AssetKey, frozenset[AssetKey]]
    """The daily assets each is made from. Every asset comes after its parents."""
    checks: Mapping[AssetKey, tuple[AssetCheckKey, ...]]
    """The checks that belong to the step of each asset."""
    blocking_checks: Mapping[AssetKey, tuple[AssetCheckKey, ...]]
    in_order: frozenset[AssetKey]
    """Assets whose days must be made in order: they read earlier days, or what such assets made."""

    def select(self, text: str) -> list[AssetKey]:
        """Find the daily assets that the text selects, each after its parents.

        The text is Dagster's asset selection syntax, with a comma for "or" and an asset's name for
        its key: `raw_readings+`. Raises UserError when it is none, or selects no daily asset.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", BetaWarning)
                selections = [AssetSelection.from_string(part) for part in self._split(text)]
                selected = {key for each in selections for key in each.resolve(self.definitions)}
        except Exception as error:  # Dagster raises errors of many kinds here, none of them ours
            raise UserError(
                f"--select {text!r} is not a selection of assets. "
                "Try raw_readings, 'raw_readings+' or 'group:landing'."
            ) from error
        if chosen := self.sort(selected):
            return chosen
        names = ", ".join(map(name_asset, self.parents))
        raise UserError(f"--select {text!r} selects no daily asset. They are {names}.")

    def sort(self, keys: Iterable[AssetKey]) -> list[AssetKey]:
        """Sort the daily assets among the keys, each after its parents."""
        wanted = set(keys)
        return [key for key in self.parents if key in wanted]

    def _split(self, text: str) -> list[str]:
        """Split at commas, and write names as keys."""
        keys = {name_asset(key): key.to_user_string() for key in self.parents}
        bare = re.compile(rf'(?<![\w/:"*])({"|".join(keys)})(?![\w/])')
        return [bare.sub(lambda m: f'key:"{keys[m[1]]}"', part.strip()) for part in text.split(",")]


def read_graph(defs: Definitions) -> DailyGraph:
    """Read the graph of the daily assets from definitions."""
    daily = set(find_daily_assets(defs))
    assets = [asset for asset in defs.assets or () if isinstance(asset, AssetsDefinition)]
    specs = {spec.key: spec for asset in assets for spec in asset.specs if spec.key in daily}
    upstream = {key: {dep.asset_key for dep in spec.deps} & daily for key, spec in specs.items()}
    parents = {key: frozenset(upstream[key]) for key in TopologicalSorter(upstream).static_order()}
    checks = [check for asset in assets for check in asset.check_specs]
    in_order: set[AssetKey] = set()
    for key in parents:
        if HISTORY_TAG in specs[key].tags or parents[key] & in_order:
            in_order.add(key)
    return DailyGraph(
        definitions=assets,
        parents=parents,
        checks={k: tuple(c.key for c in checks if c.asset_key == k) for k in parents},
        blocking_checks={
            k: tuple(c.key for c in checks if c.asset_key == k and c.blocking) for k in parents
        },
        in_order=frozenset(in_order),
    )


def name_asset(key: AssetKey) -> str:
    """The asset's name without its prefix."""
    return key.path[-1]
