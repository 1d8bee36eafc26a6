"""Moments as protobuf has them."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def make_timestamp(moment: datetime | None = None) -> Timestamp:
    """A moment with a time zone as a Timestamp; without one, now."""
    stamp = Timestamp()
    stamp.FromDatetime(moment or datetime.now(UTC))
    return stamp
