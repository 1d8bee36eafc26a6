"""BigQuery's limits on load jobs, and the setting that keeps a backfill below each.

They are those of "Load jobs" in "Quotas and limits" of Google's BigQuery documentation.
"""

from wattif_dagster.ingest.landing import most_meters_per_object
from wattif_dagster.limits import MAX_URIS
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.planning.size import Size
from wattif_dagster.settings.ingest import IngestOptions

MAX_LOAD_BYTES = 15 * 10**12
"""Input of a load job."""
MAX_LOADS_OF_TABLE = 1_500
"""Load jobs of a table and day, failed ones included."""


def warnings(
    size: Size, simulation: Simulation, options: IngestOptions, external: bool
) -> list[str]:
    """A sentence for each limit that the backfill would break, with what to do."""
    found = [] if external else [_uris(size, simulation, options), _bytes(size, options)]
    if size.days > MAX_LOADS_OF_TABLE:
        found.append(
            f"{size.days:,} days are as many load jobs of a table, above "
            f"{MAX_LOADS_OF_TABLE:,} a calendar day; backfill {MAX_LOADS_OF_TABLE:,} days at a time"
        )
    return [sentence for sentence in found if sentence]


def _uris(size: Size, simulation: Simulation, options: IngestOptions) -> str | None:
    if size.objects_of_largest_day <= MAX_URIS:
        return None
    most_meters = max(size.meters_on_first_day, size.meters_on_last_day)
    enough = -(-most_meters // MAX_URIS)
    mend = f"set WATTIF_INGEST__METERS_PER_OBJECT={enough}"
    if enough > most_meters_per_object(simulation, options.compression):
        most = most_meters_per_object(simulation, "gzip")
        mend = "set WATTIF_INGEST__COMPRESSION=gzip and WATTIF_INGEST__METERS_PER_OBJECT="
        mend += f"{enough}" if enough <= most else f"{most}, the fewest objects there can be"
        if (options.compression, options.meters_per_object) == ("gzip", most):
            mend = "fewer there cannot be, but WATTIF_TABLE_TYPE=external loads none"
    return (
        f"{size.objects_of_largest_day:,} objects a day are above the {MAX_URIS:,} URIs of a load "
        f"job, which takes the day by one wildcard instead once the listing was compared; {mend}"
    )


def _bytes(size: Size, options: IngestOptions) -> str | None:
    if size.stored_bytes_of_largest_day <= MAX_LOAD_BYTES:
        return None
    mend = "set WATTIF_SIMULATION__INTERVAL_SECONDS higher"
    if options.compression == "none":
        mend = "set WATTIF_INGEST__COMPRESSION=gzip"
    return (
        f"{size.stored_bytes_of_largest_day / 1e12:,.1f} TB a day are above the "
        f"{MAX_LOAD_BYTES / 1e12:.0f} TB of a load job; {mend}"
    )
