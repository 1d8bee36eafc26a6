"""A load accepts an object of any content or refuses it, and then keeps the rows of before."""

import orjson
from google.api_core.exceptions import BadRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster_tests.local_cloud.bigquery.server import Server, row

GOOD = orjson.dumps(row("2024-01-01T00:00:00Z"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
lines = (
    st.binary(max_size=60)
    | st.text(max_size=30).map(str.encode)
    | st.tuples(st.sampled_from(["serial", "timestamp", "reading", "other"]), values).map(
        lambda changed: orjson.dumps({**row("2024-01-01T00:00:00Z"), changed[0]: changed[1]})
    )
    | st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=3)).map(
        lambda cut: GOOD[: cut[0]] + cut[1] + GOOD[cut[0] + len(cut[1]) :]
    )
)


# A load is slow, so there are fewer examples than usual.
@settings(max_examples=max(25, settings().max_examples // 10))
@given(content=st.lists(lines, max_size=3).map(b"\n".join))
def test_load_accepts_or_refuses_any_content(patched: Server, content: bytes) -> None:
    good, other = patched.put("good.json", GOOD), patched.put("other.json", content)
    table = patched.table()
    patched.load(good, table, "$20240101", "WRITE_TRUNCATE")
    try:
        patched.load(other, table, "$20240101", "WRITE_TRUNCATE")
    except BadRequest:
        assert patched.days(table) == {"2024-01-01": 1}
