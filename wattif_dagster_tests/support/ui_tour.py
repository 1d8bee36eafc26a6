"""A newcomer's way through the Dagster UI over a demo, by clicking, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from playwright.sync_api import Page

from wattif_dagster import keys

GROUPS = ("fleet", "landing", "warehouse", "detection")
GRAPH = "/asset-groups?expanded=" + ",".join(f"global@global:{group}" for group in GROUPS)
SETTLE_MS = 1500
"""For what moves: the graph is laid out, and panels slide open."""


@dataclass
class Tour:
    """Each stop is a page with what makes it worth a look. `errors` has what any page reported."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda line: self.errors.append(line.text) if line.type == "error" else None,
        )
        self.page.on(
            "response",
            lambda answer: (
                self.errors.append(f"{answer.status} {answer.url}")
                if answer.status >= 400
                else None
            ),
        )

    def stops(self, day: date) -> Iterator[str]:
        """Go from page to page; yields the name of each when it is there."""
        page = self.page
        self._open("/overview", "daily")
        yield "overview"
        self._open("/jobs", "daily")
        yield "jobs"
        self._open(GRAPH, keys.METER_READINGS.path[-1])
        yield "graph"
        self._open("/assets/wattif/meter_readings?view=checks", "rows_match_manifest")
        page.get_by_text("rows_match_manifest").first.click()
        page.get_by_text("Latest execution").wait_for()
        yield "checks"
        self._open(f"/assets/wattif/fleet_anomalies?view=partitions&partition={day}", "threshold")
        page.get_by_text("[Show Markdown]").last.click()
        page.locator("img[src^='data:image/png']").first.wait_for()
        page.wait_for_timeout(SETTLE_MS)
        yield "plot"

    def choose_days(self, choice: str) -> str:
        """Ask for all assets on the days of a button of the dialog; returns what launching says."""
        self._open("/asset-groups", "warehouse")
        self.page.get_by_role("button", name="Materialize").first.click()
        self.page.get_by_role("button", name=choice, exact=True).click()
        launch = self.page.get_by_role("button", name="Launch")
        launch.wait_for()
        return launch.inner_text()

    def launch(self) -> None:
        """Launch what was chosen."""
        self.page.get_by_role("button", name="Launch").click()
        self.page.get_by_role("button", name="Launch").wait_for(state="hidden")

    def _open(self, path: str, text: str) -> None:
        """Open the page, and wait until the text is on it."""
        self.page.goto(f"{self.url}{path}")
        self.page.get_by_text(text, exact=True).first.wait_for()
        self.page.wait_for_timeout(SETTLE_MS)
