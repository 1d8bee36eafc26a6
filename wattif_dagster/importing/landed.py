"""What the bucket holds of the days of an import: it is merged with the new readings."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from isal import igzip
from pyarrow import json as pa_json

from wattif_dagster.errors import UserError
from wattif_dagster.importing.spill import Spill, make_rows
from wattif_dagster.importing.staging import LANDED, Staging
from wattif_dagster.ingest.layout import MANIFESTS_FOLDER, manifest_name
from wattif_dagster.ingest.manifest import Manifest, ManifestObject, read_manifest
from wattif_dagster.ingest.store import ObjectStore, crc32c, encode_crc32c

EPOCH = date(1970, 1, 1)
_LINE = pa.schema([("serial", pa.string()), ("timestamp", pa.string()), ("reading", pa.float64())])


def to_date(day: int) -> date:
    """The date of a day since 1970."""
    return EPOCH + timedelta(days=day)


def find_landed(store: ObjectStore, days: Iterable[int]) -> dict[int, Manifest]:
    """Read the manifests of those of the days that were landed before."""
    stored = {item.name for item in store.list(f"{MANIFESTS_FOLDER}dt=")}
    landed = (day for day in sorted(days) if manifest_name(to_date(day)) in stored)
    read = ((day, read_manifest(store, to_date(day))) for day in landed)
    return {day: manifest for day, manifest in read if manifest is not None}


def require_interval(manifests: Iterable[Manifest], interval: int) -> None:
    """Raise UserError when a landed day has readings of another interval."""
    for manifest in manifests:
        if manifest.interval_seconds != interval:
            raise UserError(
                f"{manifest.day} was landed with readings of {manifest.interval_seconds} seconds, "
                f"and these files have {interval}. Say --interval {manifest.interval_seconds} if "
                "they are of that interval. Otherwise set WATTIF_BUCKET and WATTIF_DATASET to "
                "others."
            )


def spill_landed(
    store: ObjectStore,
    manifests: Mapping[int, Manifest],
    staging: Staging,
    spill: Spill,
    unit_kw: float,
) -> None:
    """Write the landed readings, which every row of a file wins over, in units of so many kW.

    Raises UserError when the bucket does not hold what the manifests list.
    """
    for manifest in manifests.values():
        for item in manifest.objects:
            lines = _parse(_read(store, item, manifest))
            serials = lines["serial"].combine_chunks().dictionary_encode()
            numbers = np.array(
                [staging.number_meter(serial) for serial in serials.dictionary.to_pylist()],
                np.int32,
            )
            times = pc.cast(lines["timestamp"], pa.timestamp("s", "UTC")).cast(pa.int64())
            values = lines["reading"].to_numpy() / unit_kw
            meters = numbers[serials.indices.to_numpy()]
            spill.write(make_rows(meters, times.to_numpy(), values, LANDED))


def _parse(body: bytes) -> pa.Table:
    return pa_json.read_json(
        pa.BufferReader(body),
        read_options=pa_json.ReadOptions(use_threads=False, block_size=max(1, len(body))),
        parse_options=pa_json.ParseOptions(explicit_schema=_LINE),
    )


def _read(store: ObjectStore, item: ManifestObject, manifest: Manifest) -> bytes:
    found = store.read(item.name)
    if found is None or encode_crc32c(crc32c(found[0])) != item.crc32c:
        raise UserError(
            f"{item.name} is not what the manifest of {manifest.day} lists, so nothing can be "
            f"merged with that day. Remove {manifest_name(manifest.day)} from {store.uri}, and "
            "import all readings of the day again."
        )
    return igzip.decompress(found[0]) if manifest.compression == "gzip" else found[0]
