"""The connections of a landing."""

from wattif_dagster.settings import Settings
from wattif_dagster_tests.ingest.conftest import Land
from wattif_dagster_tests.support.faults import Proxy


def test_uploads_share_the_connections_of_the_threads(
    gcs_proxy: Proxy, land: Land, settings: Settings
) -> None:
    land(100, meters_per_object=1)
    assert gcs_proxy.count("POST", "/upload/") > 100
    assert gcs_proxy.connections <= settings.ingest.connections
