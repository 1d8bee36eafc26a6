"""Labels are read as they were written, and anything else is refused."""

import gzip

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.labels import Label, land_labels, parse_labels, read_labels
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.ingest.conftest import Land
from wattif_dagster_tests.support.landing import DAY, serials

NAME = "labels/some.json.gz"
ROW = {"serial": "MAC00000001", "kind": "T1", "touched_hours": "[0,23]"}

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def labels_or_refusal(body: bytes) -> list[Label] | None:
    try:
        return parse_labels(body, NAME)
    except UserError as error:
        said = str(error)
    assert said == f"{NAME} is damaged. Materialize raw_readings of that day again."
    return None


def test_labels_are_read_as_written(gcs: GcsTransferManager, land: Land) -> None:
    manifest = land().manifest
    anomalies = {"anomaly_share": 1.0, "anomaly_onset_day": 0, "anomaly_onset_days": 1}
    simulation = Simulation(meters=5, interval_seconds=900, **anomalies)
    labels = land_labels(gcs, Landing(simulation, DAY, serials(5), IngestOptions()))
    found = read_labels(gcs, manifest.model_copy(update={"labels": labels}))
    assert [label.serial for label in found] == [f"MAC0000000{n}" for n in range(1, 6)]
    assert all(set(label.touched_hours) <= set(range(24)) for label in found)


def test_labels_unlike_the_manifest_are_refused(gcs: GcsTransferManager, land: Land) -> None:
    manifest = land().manifest
    gcs.write(manifest.beside.name, gzip.compress(b"{}"))
    with pytest.raises(UserError, match="is not what the manifest of 2024-01-01 lists"):
        read_labels(gcs, manifest)


@given(st.binary() | st.binary().map(gzip.compress))
def test_any_bytes_are_labels_or_refused(body: bytes) -> None:
    labels_or_refusal(body)


@given(cut=st.integers(0, 100), flipped=st.integers(0, 8 * 100 - 1))
def test_damaged_labels_are_labels_or_refused(cut: int, flipped: int) -> None:
    body = bytearray(gzip.compress(orjson.dumps(ROW) * 3)[: 20 + cut])
    body[flipped // 8 % len(body)] ^= 1 << flipped % 8
    labels_or_refusal(bytes(body))


@given(field=st.sampled_from([*ROW, "other"]), value=json)
def test_any_value_of_a_field_is_read_or_refused(field: str, value: object) -> None:
    options = orjson.OPT_APPEND_NEWLINE
    try:
        line = orjson.dumps({**ROW, field: value}, option=options)
    except TypeError:  # an integer beyond 64 bits
        return
    found = labels_or_refusal(gzip.compress(line))
    if field == "other":
        assert found == [Label("MAC00000001", "T1", (0, 23))]
