"""wattif evaluate: how well anomalies are found whose truth is known."""

from pathlib import Path
from typing import Any

import click
import numpy as np
import orjson
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.progress import Tell, telling
from wattif_dagster.errors import UserError
from wattif_dagster.evaluation.files import read_hours, read_labels
from wattif_dagster.evaluation.hours import FULL_DAY, Episode, Hours
from wattif_dagster.evaluation.layered import layered_probabilities, scored_days
from wattif_dagster.evaluation.measures import Measures, measure
from wattif_dagster.evaluation.plots import plot_misses, plot_quality
from wattif_dagster.evaluation.references import PYOD_MISSING, references
from wattif_dagster.evaluation.simulated import simulate
from wattif_dagster.evaluation.summary import OVERALL, summarize
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

LEAST_DAYS = 8  # a week before the first day that is scored
ANOMALY_SHARE = 0.4
ONSET_DAYS = 4


def run(
    meters: int,
    days: int,
    seeds: int,
    *,
    json_file: Path | None,
    hourly: Path | None,
    labels: Path | None,
) -> None:
    """Score simulated hours, or those of a file, and measure what each detector finds."""
    if (hourly is None) != (labels is None):
        raise UserError("--hourly and --labels belong together. Give both or none.")
    settings = Settings.load()
    given = _given(hourly, labels) if hourly and labels else None
    console = Console(stderr=True)
    if "IsolationForest" not in references():
        console.print(PYOD_MISSING, highlight=False, soft_wrap=True, markup=False)
    measured: dict[str, list[Measures]] = {}
    with running_cloud(settings), telling(console) as tell:
        bigquery = build_resources(
            settings.model_copy(update={"dataset": f"{settings.dataset}_evaluation"})
        )["wattif_bigquery"]
        for seed in range(1 if given else seeds):
            name = f"seed {seed}" if given is None else "files"
            hours, episodes = given or simulate(
                _simulation(settings.simulation, meters, days, seed),
                days,
                lambda done, name=name: tell(f"{name}: days simulated", done, days),
            )
            folder = settings.home / "evaluation" / name.replace(" ", "-")
            for detector, found in _measure(bigquery, hours, episodes, name, tell, folder).items():
                measured.setdefault(detector, []).append(found)
    summaries = {name: summarize(runs) for name, runs in measured.items()}
    if json_file:
        json_file.write_bytes(orjson.dumps(summaries, option=orjson.OPT_INDENT_2))
    _print(summaries)
    click.echo(f"plots  {settings.home / 'evaluation'}")


def _given(hourly: Path, labels: Path) -> tuple[Hours, list[Episode]]:
    hours = read_hours(hourly)
    if hours.days < LEAST_DAYS:
        raise UserError(f"{hourly} spans {hours.days} days, but {LEAST_DAYS} or more are needed.")
    return hours, read_labels(labels, hours)


def _simulation(simulation: Simulation, meters: int, days: int, seed: int) -> Simulation:
    """Lifelike homes; anomalies begin in the first ONSET_DAYS of the days that are scored."""
    tested = scored_days(days)
    changes = {
        "seed": seed,
        "meters": meters,
        "load": "household",
        "anomaly_share": simulation.anomaly_share or ANOMALY_SHARE,
        "anomaly_onset_day": days - tested,
        "anomaly_onset_days": min(ONSET_DAYS, tested),
    }
    return Simulation(**{**simulation.model_dump(), **changes})


def _measure(
    bigquery: BigQueryWarehouse,
    hours: Hours,
    episodes: list[Episode],
    run: str,
    tell: Tell,
    folder: Path,
) -> dict[str, Measures]:
    """Each detector's measures on the same hours; draws them into `folder`."""
    tested = scored_days(hours.days) * FULL_DAY
    first = hours.n_readings.shape[1] - tested
    layered = layered_probabilities(
        bigquery, hours, lambda done, total: tell(f"{run}: days", done, total)
    )
    probabilities: dict[str, NDArray[np.float64]] = {"layered": layered}
    for name, reference in references().items():
        probabilities[name] = reference(hours, tested)
    measured = {name: measure(p, episodes, first) for name, p in probabilities.items()}
    plot_quality(folder / "quality.png", measured, probabilities, episodes, first)
    plot_misses(folder / "misses.png", hours, layered, episodes, first)
    return measured


def _print(summaries: dict[str, Any]) -> None:
    table = Table("mean (worst)", *summaries, box=None)
    for name in OVERALL:
        table.add_row(name, *(_text(found[name]) for found in summaries.values()))
    for kind in summaries["layered"]["recall_by_kind"]:
        recalls = (found["recall_by_kind"][kind] for found in summaries.values())
        table.add_row(f"recall {kind}", *map(_text, recalls))
    Console().print(table)


def _text(both: dict[str, float | None]) -> str:
    mean, worst = both["mean"], both["worst"]
    return "-" if mean is None or worst is None else f"{mean:.3f} ({worst:.3f})"
