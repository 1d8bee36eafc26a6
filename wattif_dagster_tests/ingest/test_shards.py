"""A day that is landed in shards has the same bytes as a day that is landed at once."""

from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import day_prefix, shards_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.ingest.shards import complete_day, land_shard
from wattif_dagster.ingest.workers import Shard
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings.ingest import Compression, IngestOptions
from wattif_dagster_tests.support.landing import DAY, contents, serials

SIMULATION = Simulation(
    meters=5, interval_seconds=900, anomaly_share=0.5, anomaly_onset_day=0, anomaly_onset_days=1
)
SERIALS = serials(25)
OBJECTS = 7


@dataclass(frozen=True)
class Lander:
    """Lands DAY, four meters an object."""

    gcs: GcsTransferManager
    options: IngestOptions

    @property
    def landing(self) -> Landing:
        return Landing(SIMULATION, DAY, SERIALS, self.options)

    def with_options(self, **options: object) -> "Lander":
        return Lander(self.gcs, self.options.model_copy(update=options))

    def land_whole(self) -> DayReport:
        return land_day(self.gcs, self.landing)

    def land_shard(self, number: int, of: int) -> None:
        land_shard(self.gcs, self.landing, Shard(number, of), Monitor())

    def complete(self, shards: int) -> DayReport:
        return complete_day(self.gcs, self.landing, shards, Monitor())


@pytest.fixture(params=["none"])
def lander(gcs: GcsTransferManager, spool_dir: Path, request: pytest.FixtureRequest) -> Lander:
    compression: Compression = request.param
    options = IngestOptions(spool_dir=str(spool_dir), meters_per_object=4, compression=compression)
    return Lander(gcs, options)


@pytest.mark.parametrize("lander", ["none", "gzip"], indirect=True)
@pytest.mark.parametrize("shards", [1, 2, 3, OBJECTS + 1])
def test_shards_make_the_same_day_as_one_landing(lander: Lander, shards: int) -> None:
    gcs = lander.gcs
    lander.land_whole()
    whole = contents(gcs)
    gcs.delete(list(whole))
    for number in reversed(range(shards)):
        lander.land_shard(number, shards)
        assert read_manifest(gcs, DAY) is None
    report = lander.complete(shards)
    assert contents(gcs) == whole
    assert report.manifest == read_manifest(gcs, DAY)
    assert len(report.manifest.objects) == OBJECTS
    assert (report.objects_kept, report.objects_removed) == (0, 0)


def test_complete_shard_is_not_landed_again(lander: Lander) -> None:
    """Its list is not written again. If one of its objects is missing, the others are kept."""
    gcs = lander.gcs
    lander.land_shard(0, 2)
    (before,) = gcs.list(shards_prefix(DAY))
    lander.land_shard(0, 2)
    assert list(gcs.list(shards_prefix(DAY))) == [before]
    first, *others = gcs.list(day_prefix(DAY))
    gcs.delete([first.name])
    lander.land_shard(0, 2)
    lander.land_shard(1, 2)
    report = lander.complete(2)
    assert report.objects_kept == len(others) == 3
    assert report.manifest.differences(gcs.list(day_prefix(DAY))) == []


@pytest.mark.parametrize("spoiled", ["never landed", "lacks an object", "has a damaged list"])
def test_completing_a_day_lands_incomplete_shards(lander: Lander, spoiled: str) -> None:
    """The other shards are not landed again, and the objects of the old day are removed."""
    gcs = lander.gcs
    lander.land_whole()
    whole = contents(gcs)
    gcs.delete(list(whole))
    other = lander.with_options(meters_per_object=5)
    old = other.land_whole().manifest
    lander.land_shard(0, 2)
    first = [item for item in gcs.list(day_prefix(DAY)) if item.name in whole]
    if spoiled != "never landed":
        lander.land_shard(1, 2)
    if spoiled == "lacks an object":
        last = [item.name for item in gcs.list(day_prefix(DAY)) if "part-00005" in item.name]
        gcs.delete(last)
    if spoiled == "has a damaged list":
        _, second = gcs.list(shards_prefix(DAY))
        gcs.write(second.name, b"{")
    assert lander.complete(2).objects_removed == len(old.objects) + 1
    assert contents(gcs) == whole
    assert set(first) <= set(gcs.list(day_prefix(DAY)))


@pytest.mark.parametrize("of", ["another landing", "another shard"])
def test_list_of_foreign_objects_counts_as_missing(lander: Lander, of: str) -> None:
    """The listed objects exist, and their number is right, but the manifest would be wrong."""
    gcs = lander.gcs
    other = lander.with_options(meters_per_object=5)
    old = other.land_whole().manifest.model_dump(mode="json")
    lander.land_shard(0, 2)
    lander.land_shard(1, 2)
    (_, first), (name, second) = (
        (name, orjson.loads(data)) for name, data in contents(gcs, shards_prefix(DAY)).items()
    )
    second["objects"][0] = (old if of == "another landing" else first)["objects"][0]
    gcs.write(name, orjson.dumps(second))
    report = lander.complete(2)
    assert report.objects_kept == len(second["objects"])
    assert report.manifest == lander.land_whole().manifest


def test_shard_that_fails_leaves_the_old_day(lander: Lander) -> None:
    gcs = lander.gcs
    old = lander.land_whole().manifest
    other = lander.with_options(meters_per_object=5)
    other.land_shard(0, 2)
    with pytest.raises(UserError, match="The spool directory /dev/null/spool cannot be used"):
        other.with_options(spool_dir="/dev/null/spool").complete(2)
    assert read_manifest(gcs, DAY) == old
    assert old.differences(gcs.list(day_prefix(DAY))) == []
