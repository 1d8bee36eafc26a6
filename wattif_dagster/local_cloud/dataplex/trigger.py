"""Reads the trigger of a scan."""

from datetime import timedelta

from google.cloud.dataplex_v1.types import DataScan, Trigger

DEFAULT_TIME_TO_LIVE = timedelta(hours=24)


def get_trigger_mode(scan: DataScan) -> str:
    """on_demand, one_time or schedule, or "" when none is set."""
    return Trigger.pb(scan.execution_spec.trigger).WhichOneof("mode") or ""


def get_time_to_live(scan: DataScan) -> timedelta:
    """The time that a one-time scan is kept after its job."""
    one_time = Trigger.OneTime.pb(scan.execution_spec.trigger.one_time)
    if not one_time.HasField("ttl_after_scan_completion"):
        return DEFAULT_TIME_TO_LIVE
    return one_time.ttl_after_scan_completion.ToTimedelta()
