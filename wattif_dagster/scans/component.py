"""A Dataplex data quality scan of any BigQuery table, as a component for any `dg` project."""

import threading
from datetime import date
from pathlib import Path
from typing import Annotated

from dagster import (
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    Component,
    ComponentLoadContext,
    Definitions,
    MaterializeResult,
    Model,
    Resolvable,
    ResolvedAssetKey,
    multi_asset,
)
from pydantic import Field

from wattif_dagster import keys
from wattif_dagster.errors import UserError
from wattif_dagster.metering.simulation import parse_day
from wattif_dagster.partitions import daily_partitions
from wattif_dagster.resources.dataplex.definition import day_filter, quality_scan, table_resource
from wattif_dagster.resources.dataplex.rules import load_spec
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.scans.results import check_rules, describe_result, name_check


class DataplexScanComponent(Component, Model, Resolvable):
    """An asset that runs a Dataplex data quality scan of a BigQuery table.

    Each rule of the rules file is an asset check. The project has a resource of the type
    `wattif_dagster.resources.dataplex.scans.DataplexScans`.
    """

    table: Annotated[str, Field(description="The table that is scanned: project.dataset.table.")]
    rules: Annotated[
        str,
        Field(description="File of the rules, beside defs.yaml: a DataQualitySpec as YAML."),
    ]
    scan_id: Annotated[str, Field(description="Id of the scan: a-z, 0-9 and '-'.")]
    asset: Annotated[
        ResolvedAssetKey | None,
        Field(description="Key of the asset; the table's name and _scan unless set."),
    ] = None
    deps: Annotated[
        list[ResolvedAssetKey], Field(description="Keys of the assets that fill the table.")
    ] = []
    group: Annotated[str | None, Field(description="Group of the asset.")] = None
    results_table: Annotated[
        str | None, Field(description="Dataplex exports results to it: project.dataset.table.")
    ] = None
    day_column: Annotated[
        str | None,
        Field(description="TIMESTAMP column; with it each partition scans one UTC day."),
    ] = None
    first_day: Annotated[
        str | None, Field(description="First daily partition, YYYY-MM-DD; needed with day_column.")
    ] = None
    fails_run: Annotated[
        bool, Field(description="Whether a failed rule is an error, or else a warning.")
    ] = False
    resource: Annotated[str, Field(description="Key of the DataplexScans resource.")] = "dataplex"

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Build the asset. Raises UserError for rules that Dataplex would refuse."""
        key = self.asset or AssetKey([f"{table_resource(self.table).rpartition('/')[2]}_scan"])
        if (self.day_column is None) != (self.first_day is None):
            raise UserError("Give day_column and first_day together, or neither.")
        spec = load_spec(Path(context.path) / self.rules)
        severity = AssetCheckSeverity.ERROR if self.fails_run else AssetCheckSeverity.WARN

        @multi_asset(
            name=key.to_python_identifier(),
            specs=[
                AssetSpec(
                    key,
                    deps=self.deps,
                    group_name=self.group,
                    kinds={"dataplex", "bigquery"},
                    description=f"Runs the Dataplex data quality scan {self.scan_id} of "
                    f"{self.table}. Each rule is a check.",
                )
            ],
            check_specs=[
                AssetCheckSpec(name_check(rule.name), asset=key, description=rule.description)
                for rule in spec.rules
                if not rule.suspended
            ],
            partitions_def=daily_partitions(parse_day(self.first_day)) if self.first_day else None,
            required_resource_keys={self.resource},
            pool=keys.SCAN_POOL,
        )
        def run_scan(context: AssetExecutionContext) -> MaterializeResult:
            scans: DataplexScans = getattr(context.resources, self.resource)
            rows = ""
            if self.day_column:
                rows = day_filter(self.day_column, date.fromisoformat(context.partition_key))
            scan = quality_scan(self.table, spec, row_filter=rows, export_table=self.results_table)
            scans.ensure(self.scan_id, scan)
            result = scans.wait(scans.run(self.scan_id), threading.Event())
            if result.warning:
                context.log.warning(result.warning)
            return MaterializeResult(
                metadata=describe_result(result), check_results=list(check_rules(result, severity))
            )

        return Definitions(assets=[run_scan])
