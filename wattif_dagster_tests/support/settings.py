"""Settings of a project of its own on a local cloud."""

from pathlib import Path
from uuid import uuid4

from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster.settings.scan import ScanOptions


def settings_on(local_cloud: Endpoints, home: Path, simulation: Simulation) -> Settings:
    """With a bucket, a dataset and a scan that no other test uses; makes the home."""
    home.mkdir()
    (home / "endpoints.json").write_text(local_cloud.model_dump_json())
    unique = uuid4().hex[:12]
    return Settings(
        target="local",
        home=home,
        bucket=f"test-{unique}",
        dataset=f"test_{unique}",
        simulation=simulation,
        scan=ScanOptions(scan_id=f"test-{unique}", meter_scan_id=f"test-meters-{unique}"),
    )
