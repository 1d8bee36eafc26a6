"""BigQuery's limits on load jobs, and the setting that keeps a backfill below each.

The limits are in "Load jobs" in "Quotas and limits" of Google's BigQuery documentation.
"""

from wattif_dagster.ingest.landing import most_meters_per_object
from wattif_dagster.limits import MAX_URIS
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.planning.size import Size
from wattif_dagster.settings.ingest import IngestOptions

MAX_LOAD_BYTES = 15 * 10**12
"""Most bytes that a load job reads."""
MAX_LOADS_OF_TABLE = 1_500
"""Most load jobs of a table in a day, failed ones included."""


def find_warnings(
    size: Size, simulation: Simulation, options: IngestOptions, external: bool
) -> list[str]:
    """Write a sentence for each limit that the backfill would break, with what to do."""
    found = (
        [] if external else [_check_uris(size, simulation, options), _check_bytes(size, options)]
    )
    if size.days > MAX_LOADS_OF_TABLE:
        found.append(
            f"{size.days:,} days need as many load jobs of a table, above the "
            f"{MAX_LOADS_OF_TABLE:,} of a calendar day. "
            f"Backfill {MAX_LOADS_OF_TABLE:,} days at a time."
        )
    return [sentence for sentence in found if sentence]


def _check_uris(size: Size, simulation: Simulation, options: IngestOptions) -> str | None:
    if size.objects_of_largest_day <= MAX_URIS:
        return None
    most_meters = max(size.meters_on_first_day, size.meters_on_last_day)
    enough = -(-most_meters // MAX_URIS)
    fix = f"Set WATTIF_INGEST__METERS_PER_OBJECT={enough}."
    if enough > most_meters_per_object(simulation, options.compression):
        most = most_meters_per_object(simulation, "gzip")
        fix = "Set WATTIF_INGEST__COMPRESSION=gzip and WATTIF_INGEST__METERS_PER_OBJECT="
        fix += f"{enough}." if enough <= most else f"{most}, which makes the fewest objects."
        if (options.compression, options.meters_per_object) == ("gzip", most):
            fix = "Larger objects are not possible. WATTIF_TABLE_TYPE=external needs no load jobs."
    return (
        f"{size.objects_of_largest_day:,} objects a day are above the {MAX_URIS:,} URIs of a load "
        f"job, so the day is loaded by a wildcard after its listing was compared. {fix}"
    )


def _check_bytes(size: Size, options: IngestOptions) -> str | None:
    if size.stored_bytes_of_largest_day <= MAX_LOAD_BYTES:
        return None
    fix = "Raise WATTIF_SIMULATION__INTERVAL_SECONDS."
    if options.compression == "none":
        fix = "Set WATTIF_INGEST__COMPRESSION=gzip."
    return (
        f"{size.stored_bytes_of_largest_day / 1e12:,.1f} TB a day are above the "
        f"{MAX_LOAD_BYTES / 1e12:.0f} TB of a load job. {fix}"
    )
