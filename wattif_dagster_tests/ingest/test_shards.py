"""A day landed in shards is the day landed whole."""

from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix, shards_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.ingest.shards import complete_day, land_shard
from wattif_dagster.ingest.workers import Shard
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings.ingest import Compression, IngestOptions
from wattif_dagster_tests.ingest.conftest import DAY, contents, serials

SIMULATION = Simulation(
    meters=5, interval_seconds=900, anomaly_share=0.5, anomaly_onset_day=0, anomaly_onset_days=1
)
SERIALS = serials(25)
OBJECTS = 7


@dataclass(frozen=True)
class Landing:
    """Lands DAY, four meters an object."""

    gcs: GcsTransferManager
    options: IngestOptions

    def whole(self) -> DayReport:
        return land_day(self.gcs, SIMULATION, DAY, SERIALS, self.options)

    def shard(self, number: int, of: int) -> None:
        land_shard(self.gcs, SIMULATION, DAY, SERIALS, self.options, Shard(number, of))

    def complete(self, shards: int) -> DayReport:
        return complete_day(self.gcs, SIMULATION, DAY, SERIALS, self.options, shards)


@pytest.fixture(params=["none"])
def landing(gcs: GcsTransferManager, spool_dir: Path, request: pytest.FixtureRequest) -> Landing:
    compression: Compression = request.param
    options = IngestOptions(spool_dir=str(spool_dir), meters_per_object=4, compression=compression)
    return Landing(gcs, options)


@pytest.mark.parametrize("landing", ["none", "gzip"], indirect=True)
@pytest.mark.parametrize("shards", [1, 2, 3, OBJECTS + 1])
def test_data_labels_and_manifest_are_those_of_one_landing(landing: Landing, shards: int) -> None:
    gcs = landing.gcs
    landing.whole()
    whole = contents(gcs)
    gcs.delete(list(whole))
    for number in reversed(range(shards)):
        landing.shard(number, shards)
        assert read_manifest(gcs, DAY) is None
    report = landing.complete(shards)
    assert contents(gcs) == whole
    assert report.manifest == read_manifest(gcs, DAY)
    assert len(report.manifest.objects) == OBJECTS
    assert (report.objects_kept, report.objects_removed) == (0, 0)


def test_a_shard_that_landed_whole_is_not_rendered_again(landing: Landing) -> None:
    """Its list is not written again; of one that lacks an object, the others are kept."""
    gcs = landing.gcs
    landing.shard(0, 2)
    (before,) = gcs.list(shards_prefix(DAY))
    landing.shard(0, 2)
    assert list(gcs.list(shards_prefix(DAY))) == [before]
    first, *others = gcs.list(day_prefix(DAY))
    gcs.delete([first.name])
    landing.shard(0, 2)
    landing.shard(1, 2)
    report = landing.complete(2)
    assert report.objects_kept == len(others) == 3
    assert report.manifest.differences(gcs.list(day_prefix(DAY))) == []


@pytest.mark.parametrize("spoiled", ["never landed", "lacks an object", "has a damaged list"])
def test_a_shard_that_is_not_whole_is_landed_when_the_day_is_completed(
    landing: Landing, spoiled: str
) -> None:
    """And nothing of the others; what stood before is gone."""
    gcs = landing.gcs
    landing.whole()
    whole = contents(gcs)
    gcs.delete(list(whole))
    other = Landing(gcs, landing.options.model_copy(update={"meters_per_object": 5}))
    old = other.whole().manifest
    landing.shard(0, 2)
    first = [item for item in gcs.list(day_prefix(DAY)) if item.name in whole]
    if spoiled != "never landed":
        landing.shard(1, 2)
    if spoiled == "lacks an object":
        last = [item.name for item in gcs.list(day_prefix(DAY)) if "part-00005" in item.name]
        gcs.delete(last)
    if spoiled == "has a damaged list":
        _, second = gcs.list(shards_prefix(DAY))
        gcs.write(second.name, b"{")
    assert landing.complete(2).objects_removed == len(old.objects) + 1
    assert contents(gcs) == whole
    assert set(first) <= set(gcs.list(day_prefix(DAY)))


@pytest.mark.parametrize("of", ["another landing", "another shard"])
def test_a_list_of_objects_that_are_not_the_shards_is_as_none(landing: Landing, of: str) -> None:
    """Though they are there, and as many: with them there would be no sound manifest."""
    gcs = landing.gcs
    other = Landing(gcs, landing.options.model_copy(update={"meters_per_object": 5}))
    old = other.whole().manifest.model_dump(mode="json")
    landing.shard(0, 2)
    landing.shard(1, 2)
    (_, first), (name, second) = (
        (name, orjson.loads(data)) for name, data in contents(gcs, shards_prefix(DAY)).items()
    )
    second["objects"][0] = (old if of == "another landing" else first)["objects"][0]
    gcs.write(name, orjson.dumps(second))
    report = landing.complete(2)
    assert report.objects_kept == len(second["objects"])
    assert report.manifest == landing.whole().manifest


def test_a_shard_that_cannot_be_landed_leaves_the_day_as_it_was(landing: Landing) -> None:
    gcs = landing.gcs
    old = landing.whole().manifest
    other = Landing(gcs, landing.options.model_copy(update={"meters_per_object": 5}))
    other.shard(0, 2)
    nowhere = other.options.model_copy(update={"spool_dir": "/dev/null/spool"})
    with pytest.raises(UserError, match="the spool directory /dev/null/spool cannot be used"):
        Landing(gcs, nowhere).complete(2)
    assert read_manifest(gcs, DAY) == old
    assert old.differences(gcs.list(day_prefix(DAY))) == []
