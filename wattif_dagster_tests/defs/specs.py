"""Describes the assets as readable YAML.

`python -m wattif_dagster_tests.defs.specs` writes `specs.yaml` again after an intended change.
"""

from pathlib import Path
from typing import Any

import yaml
from dagster import AssetsDefinition, AssetSpec, Definitions, TableSchema

from wattif_dagster.definitions import build_defs

FILE = Path(__file__).with_name("specs.yaml")


def describe(defs: Definitions) -> str:
    """Describe every asset with its checks, in the order of their keys."""
    graph = defs.resolve_asset_graph()
    assets = sorted(graph.assets_defs, key=lambda assets: str(assets.keys))
    described = {}
    for assets_def in assets:
        for spec in assets_def.specs:
            checks = {
                check.name: {
                    "blocking": check.blocking,
                    "partitions": str(check.partitions_def),
                    "description": check.description,
                }
                for check in (
                    graph.get_check_spec(key)
                    for key in sorted(graph.get_check_keys_for_assets({spec.key}))
                )
            }
            described[spec.key.to_user_string()] = {
                **_describe_asset(assets_def, spec),
                "checks": checks,
            }
    return yaml.safe_dump(described, sort_keys=False, width=100)


def _describe_asset(assets_def: AssetsDefinition, spec: AssetSpec) -> dict[str, Any]:
    schema = spec.metadata.get("dagster/column_schema")
    return {
        "description": spec.description,
        "group": spec.group_name,
        "kinds": sorted(spec.kinds),
        "tags": {k: v for k, v in sorted(spec.tags.items()) if not k.startswith("dagster/kind/")},
        "owners": list(spec.owners),
        "code_version": spec.code_version,
        "partitions": str(spec.partitions_def),
        "backfill_policy": str(assets_def.backfill_policy),
        "pools": sorted(assets_def.op.pools),
        "deps": {
            dep.asset_key.to_user_string(): str(dep.partition_mapping or "the same day")
            for dep in spec.deps
        },
        "columns": _describe_columns(schema) if isinstance(schema, TableSchema) else {},
    }


def _describe_columns(schema: TableSchema) -> dict[str, str]:
    return {
        column.name: " ".join([column.type, *([] if column.constraints.nullable else ["REQUIRED"])])
        for column in schema.columns
    }


if __name__ == "__main__":
    FILE.write_text(describe(build_defs()), "utf-8")
