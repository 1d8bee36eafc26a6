"""A fleet's state as bytes: a line naming the format, a JSON header, compressed arrays, a digest.

Equal states give equal bytes (with the same zlib); a state with a single wrong bit is refused.
"""

import hashlib
import zlib
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

_FORMAT = b"wattif fleet 1\n"
_DIGEST_BYTES = hashlib.sha256().digest_size


class StateError(ValueError):
    """The bytes are not the state of a fleet, or are damaged."""


def pack(facts: dict[str, str | int], arrays: dict[str, NDArray[Any]]) -> bytes:
    """The facts and the one-dimensional arrays as bytes."""
    layout = [[name, array.dtype.str, array.size] for name, array in arrays.items()]
    header = orjson.dumps({"facts": facts, "arrays": layout}, option=orjson.OPT_SORT_KEYS)
    body = zlib.compress(b"".join(array.tobytes() for array in arrays.values()), level=1)
    content = b"".join((_FORMAT, header, b"\n", body))
    return content + hashlib.sha256(content).digest()


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The facts and the arrays (read-only) that were packed. Raises StateError."""
    content, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if not content.startswith(_FORMAT):
        raise StateError("The bytes are not the state of a fleet of this version.")
    if hashlib.sha256(content).digest() != digest:
        raise StateError("The state of the fleet is damaged: its digest does not match.")
    header, compressed = content.removeprefix(_FORMAT).split(b"\n", 1)
    said = orjson.loads(header)
    body = zlib.decompress(compressed)
    arrays: dict[str, NDArray[Any]] = {}
    at = 0
    for name, dtype, size in said["arrays"]:
        arrays[name] = np.frombuffer(body, dtype, size, at)
        at += arrays[name].nbytes
    return said["facts"], arrays
