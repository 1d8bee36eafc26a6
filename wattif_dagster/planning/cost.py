"""The cost of a backfill by a price table: once, and for each month that its data are kept."""

from dataclasses import dataclass

from wattif_dagster.planning.prices import Prices

GIB, TIB = 2**30, 2**40


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """What is priced: operations of the bucket, and bytes."""

    class_a: int = 0
    class_b: int = 0
    loaded_bytes: int = 0
    query_bytes: int = 0
    bucket_bytes: int = 0
    """Stored in the bucket."""
    warehouse_bytes: int = 0
    """Stored in BigQuery."""


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


def compute_cost(amounts: Amounts, prices: Prices) -> Cost:
    """Compute the cost of the amounts. Free tiers are not deducted."""
    gcs, bigquery = prices.cloud_storage, prices.bigquery
    return Cost(
        class_a=amounts.class_a / 1000 * gcs.class_a_per_1000,
        class_b=amounts.class_b / 1000 * gcs.class_b_per_1000,
        load_jobs=amounts.loaded_bytes / GIB * bigquery.load_gib,
        queries=amounts.query_bytes / TIB * bigquery.query_tib,
        cloud_storage_month=amounts.bucket_bytes / GIB * gcs.storage_gib_month,
        bigquery_storage_month=amounts.warehouse_bytes / GIB * bigquery.storage_gib_month,
    )
