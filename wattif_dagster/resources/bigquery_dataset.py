"""Makes the dataset and its tables where they do not exist, and refuses those that do not fit."""

from datetime import date

from google.api_core import exceptions as gexc
from google.cloud import bigquery
from pydantic import PrivateAttr

from wattif_dagster.errors import UserError
from wattif_dagster.resources import bigquery_tables as tables
from wattif_dagster.resources.bigquery_queries import BigQueryQueries
from wattif_dagster.schemas import Table


class BigQueryDataset(BigQueryQueries):
    """A table is asked for once in the life of the resource."""

    _ensured: dict[str, bigquery.Table] = PrivateAttr(default_factory=dict)

    def list_tables(self) -> list[bigquery.Table]:
        """List the dataset's tables by name, with their columns; none where there is no dataset."""
        with self._explained():
            try:
                found = list(self.client.list_tables(self.dataset_ref, retry=self._retry))
            except gexc.NotFound:
                return []
            tables = [self.client.get_table(each.reference, retry=self._retry) for each in found]
        return sorted(tables, key=lambda table: table.table_id)

    def has_table(self, table: Table) -> bool:
        """Whether the table exists."""
        return self._find_table(table) is not None

    def ensure_table(self, table: Table) -> bigquery.Table:
        """Create the dataset and the table where they do not exist; returns the table."""
        if table.name in self._ensured:
            return self._ensured[table.name]
        made = self._find_table(table)
        if made is None:
            with self._explained():
                self._ensure_dataset()
                wanted = tables.make_table(self.dataset_ref, table)
                made = self.client.create_table(wanted, exists_ok=True, retry=self._retry)
        if made.external_data_configuration is not None:
            raise UserError(
                f"{self.table_name(table)} is an external table. Drop it, "
                "or set WATTIF_TABLE_TYPE=external."
            )
        if table.temporary:
            made.expires = tables.renew_expiry()
            self.client.update_table(made, ["expires"], retry=self._retry)
        self._ensured[table.name] = made
        return made

    def ensure_external(self, table: Table, bucket: str, suffix: str) -> None:
        """Create an external table over the bucket's objects that end in `suffix`.

        Raises UserError where another table has the name: replacing it would make the days of its
        objects disappear.
        """
        wanted = tables.make_external_table(self.dataset_ref, table, bucket, suffix)
        with self._explained():
            self._ensure_dataset()
            made = self.client.create_table(wanted, exists_ok=True, retry=self._retry)
        config = made.external_data_configuration
        if config is None:
            raise UserError(
                f"{self.table_name(table)} is a native table. Drop it, "
                "or set WATTIF_TABLE_TYPE=native."
            )
        uris = tables.list_external_uris(bucket, suffix)
        if list(config.source_uris) != uris:
            raise UserError(
                f"{self.table_name(table)} reads {', '.join(config.source_uris)}, not {uris[0]}. "
                "Drop it, or go back to that bucket and compression."
            )

    def remake_table(self, table: Table) -> None:
        """Drop the table with its rows and create it again."""
        with self._explained():
            self.client.delete_table(self.table_name(table), not_found_ok=True, retry=self._retry)
        self._ensured.pop(table.name, None)
        self.ensure_table(table)

    def _ensure_kept(self, table: Table, day: date) -> None:
        tables.refuse_expired(self.table_name(table), self.ensure_table(table), day)

    def _find_table(self, table: Table) -> bigquery.Table | None:
        with self._explained():
            try:
                found = self.client.get_table(self.table_name(table), retry=self._retry)
            except gexc.NotFound:
                return None
        self._require_location(found.location)
        return found

    def _ensure_dataset(self) -> None:
        # Asked for first: an account may write into a dataset and not be allowed to create one.
        try:
            found = self.client.get_dataset(self.dataset_ref, retry=self._retry)
        except gexc.NotFound:
            dataset = bigquery.Dataset(self.dataset_ref)
            dataset.location = self.location
            self.client.create_dataset(dataset, exists_ok=True, retry=self._retry)
        else:
            self._require_location(found.location)

    def _require_location(self, found: str | None) -> None:
        """Raise UserError for a dataset elsewhere: jobs do not find it from another location."""
        if found and self.location and found.upper() != self.location.upper():
            raise UserError(
                f"Dataset {self.cloud.project}.{self.dataset} is in {found}, not in "
                f"{self.location}. Set WATTIF_BIGQUERY_LOCATION={found}, or WATTIF_DATASET to "
                "another dataset."
            )
