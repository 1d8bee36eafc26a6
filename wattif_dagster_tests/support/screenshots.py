"""Writes the pictures of the docs: pages of the Dagster UI, and plots, of the demo's fleet.

`python -m wattif_dagster_tests.support.screenshots FOLDER` takes them of the demo that was made in
the working directory, and writes them to the folder.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from wattif_dagster.local_cloud.ports import free_ports
from wattif_dagster.metering.simulation import parse_day
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.browser import open_page
from wattif_dagster_tests.support.ui_tour import Tour
from wattif_dagster_tests.support.wait import wait_until


def main(folder: Path) -> None:
    """Take a picture of each stop, and copy the demo's pictures of the fleet and of theft."""
    settings = Settings.load()
    last = settings.simulation.incident_date
    if last is None:
        sys.exit("There is no demo here. Run `wattif demo` first.")
    folder.mkdir(parents=True, exist_ok=True)
    with serving() as url, open_page() as page:
        tour = Tour(page, url)
        for name in tour.stops(parse_day(last)):
            page.screenshot(path=folder / f"ui-{name}.png")
        tour.choose_days("Latest")
        page.screenshot(path=folder / "ui-materialize.png")
    if tour.errors:
        sys.exit("\n".join(tour.errors))
    for kind in ("fleet", "T5", "T8"):
        made = settings.home / "demo" / f"{kind}-{last}.png"
        if made.exists():
            shutil.copyfile(made, folder / f"demo-{kind}.png")
    print(*sorted(folder.glob("*.png")), sep="\n")


@contextmanager
def serving() -> Iterator[str]:
    """Run `wattif dev` on a free port inside the with block."""
    port = free_ports({"ui": None})["ui"]
    url = f"http://127.0.0.1:{port}"
    command = [Path(sys.executable).with_name("wattif"), "dev", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as server:
        try:
            wait_until(lambda: _answers(url), "wattif dev does not answer")
            yield url
        finally:
            server.terminate()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/server_info", timeout=5).ok
    except requests.ConnectionError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
