"""Reads the partitioning keys of an external table in the folders `key=value/` of its objects.

A key of a path is a folder that follows the prefix or another key. Each path must have exactly the
keys of the table, in their order.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bqemulator.domain.errors import UnsupportedFeatureError, ValidationError
from bqemulator.storage.type_map import bq_to_duckdb

from wattif_dagster.local_cloud.bigquery.sql import (
    quote_identifier,
    quote_literal,
    render_string_list,
)

_DECLARED_KEY = re.compile(r"\{([A-Za-z_]\w*):(STRING|INTEGER|DATE|TIMESTAMP)\}")
_KEYS = "^([^/=]+=[^/]*/)*"
_KEY = "([^/=]+)=([^/]*)/"
_AUTO_TYPES = {"DATE": r"\d{4}-\d\d-\d\d", "INTEGER": r"\d+", "STRING": r".*"}
_NAMES_OF_TYPES = {"INTEGER": "TYPE_INT64"}


@dataclass(frozen=True)
class HivePartitioning:
    """The keys with their BigQuery types, in order, and the folder below which the paths have them.

    `folder` ends with a slash.
    """

    keys: dict[str, str]
    folder: str

    @classmethod
    def parse(cls, options: dict[str, Any], file: Path, root: Path) -> "HivePartitioning":
        """Parse hivePartitioningOptions. AUTO and STRINGS find the keys in the path of `file`.

        `root` is the folder of the buckets. Raises ValidationError and UnsupportedFeatureError.
        """
        if options.get("requirePartitionFilter"):
            raise UnsupportedFeatureError(
                "the local BigQuery does not support requirePartitionFilter of an external table"
            )
        prefix, mode = options.get("sourceUriPrefix", ""), options.get("mode", "AUTO")
        common = prefix.partition("{")[0].rstrip("/").removeprefix("gs://")
        folder = f"{root / common}/"
        if mode == "CUSTOM":
            keys = dict(_DECLARED_KEY.findall(prefix))
        elif mode in ("AUTO", "STRINGS"):
            below = re.match(_KEYS, str(file).removeprefix(folder))
            keys = {
                key: "STRING" if mode == "STRINGS" else _detect_type(value)
                for key, value in re.findall(_KEY, below[0] if below else "")
            }
        else:
            raise ValidationError(f"Unknown hive partitioning mode {mode!r}")
        if not keys:
            raise ValidationError(f"No hive partitioning key found below {prefix!r}")
        return cls(keys, folder)

    def render_columns(self, file_column: str) -> str:
        """More columns of a SELECT: the values of the keys. `file_column` holds paths."""
        return "".join(
            f", CAST(regexp_extract({file_column}, {quote_literal(f'/{key}=([^/]*)/')}, 1)"
            f" AS {bq_to_duckdb(kind)}) AS {quote_identifier(key)}"
            for key, kind in self.keys.items()
        )

    def render_check(self, file_column: str, table: str) -> str:
        """A SQL condition that fails, in BigQuery's words, at a path with other keys."""
        path = f"substr({file_column}, {len(self.folder) + 1})"
        found = f"regexp_extract_all(regexp_extract({path}, '{_KEYS}'), '{_KEY}', 1)"
        types = ", ".join(
            f"{key}:{_NAMES_OF_TYPES.get(kind, f'TYPE_{kind}')}" for key, kind in self.keys.items()
        )
        expected = quote_literal(
            f"Error while reading table: {table}, error message: Incompatible partition schemas. "
            f"Expected schema ([{types}]) has {len(self.keys)} columns. Observed schema (["
        )
        return (
            f"CASE WHEN {found} = {render_string_list(self.keys)} THEN TRUE ELSE error({expected}"
            f" || array_to_string({found}, ', ') || ']) has ' || len({found}) || ' columns. File: '"
            f" || {path}) END"
        )


def _detect_type(value: str) -> str:
    return next(kind for kind, form in _AUTO_TYPES.items() if re.fullmatch(form, value))
