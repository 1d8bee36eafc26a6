"""Converts times to protobuf messages."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def make_timestamp(moment: datetime | None = None) -> Timestamp:
    """A time with a time zone as a Timestamp, or the current time."""
    stamp = Timestamp()
    stamp.FromDatetime(moment or datetime.now(UTC))
    return stamp
