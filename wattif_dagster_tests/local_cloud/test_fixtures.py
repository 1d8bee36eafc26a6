"""The shared fixtures isolate tests from each other and from the developer's environment."""

import os
import subprocess
import sys
from pathlib import Path

from wattif_dagster.settings import Endpoints, Settings, read_endpoints


def test_settings_point_at_the_running_cloud(local_cloud: Endpoints, settings: Settings) -> None:
    assert read_endpoints(settings.endpoints_file) == local_cloud
    assert settings.target == "local"
    assert settings.bucket.removeprefix("test-") == settings.dataset.removeprefix("test_")


def test_settings_are_the_defaults() -> None:
    assert Settings().project == Settings.model_fields["project"].default
    assert Settings().location == Settings.model_fields["location"].default


def test_settings_ignore_the_developers_environment(tmp_path: Path) -> None:
    """The test above also passes with variables set and in a folder with a .env."""
    (tmp_path / ".env").write_text("WATTIF_LOCATION=developers-own\n")
    test = f"{__file__}::{test_settings_are_the_defaults.__name__}"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test],
        cwd=tmp_path,
        env=os.environ | {"WATTIF_PROJECT": "developers-own"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in run.stdout
