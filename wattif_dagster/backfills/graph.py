"""The assets that are made by the day: what each needs, and which checks it must pass."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Self

from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetsDefinition,
    AssetSelection,
    DagsterError,
    Definitions,
)
from dagster._check import CheckError

from wattif_dagster.errors import UserError
from wattif_dagster.partitions import DAYS

NO_SELECTION = (DagsterError, CheckError, NotImplementedError)
"""What Dagster raises: the latter two for `code_location:`, `column:` and others of its UI."""


@dataclass(frozen=True)
class DailyGraph:
    """The daily assets of a code location."""

    definitions: Sequence[AssetsDefinition]
    parents: Mapping[AssetKey, frozenset[AssetKey]]
    """What each is made from, in an order that has it after those."""
    blocking_checks: Mapping[AssetKey, tuple[AssetCheckKey, ...]]

    @classmethod
    def of(cls, defs: Definitions) -> Self:
        """The daily assets among all definitions."""
        assets = [asset for asset in defs.assets or () if isinstance(asset, AssetsDefinition)]
        specs = {
            spec.key: frozenset(dep.asset_key for dep in spec.deps)
            for asset in assets
            for spec in asset.specs
            if spec.partitions_def == DAYS
        }
        parents = {
            key: specs[key] & specs.keys()
            for key in TopologicalSorter(specs).static_order()
            if key in specs
        }
        blocking = [
            spec.key
            for each in (*assets, *(defs.asset_checks or ()))
            for spec in each.check_specs
            if spec.blocking
        ]
        return cls(
            assets,
            parents,
            {key: tuple(sorted(c for c in blocking if c.asset_key == key)) for key in parents},
        )

    def select(self, text: str) -> list[AssetKey]:
        """The daily assets that the text means, each after those it needs.

        The text is Dagster's asset selection syntax, where a comma is an "or" and an asset's name
        will do for its key: `raw_readings+`. Raises UserError when it is none, or means no asset.
        """
        try:
            selections = [AssetSelection.from_string(part) for part in self._parts(text)]
            selected = {key for each in selections for key in each.resolve(self.definitions)}
        except NO_SELECTION:
            raise UserError(
                f"--select {text!r} is no selection of assets; "
                "try raw_readings, 'raw_readings+' or 'group:landing'"
            ) from None
        if chosen := self.in_order(selected):
            return chosen
        names = ", ".join(map(name_of, self.parents))
        raise UserError(f"--select {text!r} means none of the daily assets; they are {names}")

    def in_order(self, keys: Iterable[AssetKey]) -> list[AssetKey]:
        """Those of the keys that are daily assets, each after those it needs."""
        wanted = set(keys)
        return [key for key in self.parents if key in wanted]

    def _parts(self, text: str) -> list[str]:
        keys = {name_of(key): key.to_user_string() for key in self.parents}
        bare = re.compile(rf'(?<![\w/:"*])({"|".join(keys)})(?![\w/])')
        return [bare.sub(lambda m: f'key:"{keys[m[1]]}"', part.strip()) for part in text.split(",")]


def name_of(key: AssetKey) -> str:
    """The asset's name without its prefix."""
    return key.path[-1]
