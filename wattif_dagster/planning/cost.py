"""The cost of a backfill by a price table: once, and for each month that its data are kept."""

from dataclasses import dataclass

from wattif_dagster.planning.bigquery import Warehouse
from wattif_dagster.planning.prices import Prices
from wattif_dagster.planning.size import Size

GIB, TIB = 2**30, 2**40


@dataclass(frozen=True)
class Cost:
    """Amounts in the price table's currency, not rounded."""

    class_a: float
    class_b: float
    load_jobs: float
    queries: float
    cloud_storage_month: float
    bigquery_storage_month: float

    @property
    def once(self) -> float:
        """The cost of the backfill itself."""
        return self.class_a + self.class_b + self.load_jobs + self.queries

    @property
    def month(self) -> float:
        """The cost of keeping its data for a month."""
        return self.cloud_storage_month + self.bigquery_storage_month


def compute_cost(size: Size, warehouse: Warehouse, prices: Prices, external: bool) -> Cost:
    """Compute the cost of the backfill. Free tiers are not deducted."""
    gcs, bigquery = prices.cloud_storage, prices.bigquery
    return Cost(
        class_a=size.class_a / 1000 * gcs.class_a_per_1000,
        class_b=size.class_b / 1000 * gcs.class_b_per_1000,
        load_jobs=0 if external else size.stored_bytes / GIB * bigquery.load_gib,
        queries=warehouse.query_bytes / TIB * bigquery.query_tib,
        cloud_storage_month=size.stored_bytes / GIB * gcs.storage_gib_month,
        bigquery_storage_month=warehouse.stored_bytes / GIB * bigquery.storage_gib_month,
    )
