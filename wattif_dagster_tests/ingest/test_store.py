"""The checksum, against the test vectors of RFC 3720, B.4."""

import pytest

from wattif_dagster.ingest.store import crc32c, decode_crc32c, encode_crc32c

VECTORS = {
    b"\x00" * 32: 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(reversed(range(32))): 0x113FDB5C,
}


@pytest.mark.parametrize("data", VECTORS)
def test_known_values(data: bytes) -> None:
    assert crc32c(data) == VECTORS[data]
    assert crc32c(memoryview(data)) == VECTORS[data]
    assert crc32c(memoryview(bytearray(data))) == VECTORS[data]


def test_nothing() -> None:
    assert crc32c(b"") == crc32c(memoryview(b"")) == 0


def test_as_cloud_storage_writes_it() -> None:
    """The checksum of `hello world` in Cloud Storage's documentation style: base64, big-endian."""
    assert encode_crc32c(0xC99465AA) == "yZRlqg=="
    assert crc32c(b"hello world") == decode_crc32c("yZRlqg==")
