"""wattif evaluate: how well anomalies are found whose truth is known."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Column, Table

from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.progress import Tell, telling
from wattif_dagster.errors import UserError
from wattif_dagster.evaluation.days import LEAST_DAYS, onset_days, scored_days
from wattif_dagster.evaluation.files import read_hours, read_labels
from wattif_dagster.evaluation.hours import FULL_DAY, Hours, Scores, Truth
from wattif_dagster.evaluation.injected import inject_into
from wattif_dagster.evaluation.layered import layered_scores
from wattif_dagster.evaluation.measures import Measures, measure
from wattif_dagster.evaluation.plots import plot_misses, plot_quality
from wattif_dagster.evaluation.references import PYOD_MISSING, references
from wattif_dagster.evaluation.simulated import simulate
from wattif_dagster.evaluation.summary import FIGURES, summarize
from wattif_dagster.metering.anomalies.titles import title_kind
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.reasons import describe_reason
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

SHARE = 0.05
GROUPS = {
    "recall_by_kind": ("recall, by kind", title_kind),
    "false_positive_rate_by_reason": ("false-positive rate, by reason", describe_reason),
    "benign_hours_flagged_by_kind": ("benign changes: hours flagged", title_kind),
    "benign_changes_flagged_by_kind": ("benign changes: those with such an hour", title_kind),
}
LINE, HEADING = 120, 36
"""Characters of a line in a file, and of the first column."""


@dataclass(frozen=True)
class Request:
    """What to evaluate: simulated meters, or those of a file, with labels or without."""

    meters: int
    days: int
    seeds: int
    share: float | None
    hourly: Path | None
    labels: Path | None


@dataclass(frozen=True)
class Case:
    """One fleet to score, and the truth about it."""

    name: str
    hours: Hours
    truth: Truth


def run(request: Request, json_file: Path | None) -> None:
    """Score each case and measure what each detector finds."""
    settings = Settings.load()
    make_cases = _prepare(request, settings.simulation)
    console = Console(stderr=True)
    if "IsolationForest" not in references():
        console.print(PYOD_MISSING, highlight=False, soft_wrap=True, markup=False)
    measured: dict[str, list[Measures]] = {}
    with running_cloud(settings), telling(console) as tell:
        bigquery = build_resources(
            settings.model_copy(update={"dataset": f"{settings.dataset}_evaluation"})
        )["wattif_bigquery"]
        for case in make_cases(tell):
            folder = settings.home / "evaluation" / case.name.replace(" ", "-")
            scores = _score(bigquery, case, settings, tell)
            for detector, found in _measure(scores, case, folder).items():
                measured.setdefault(detector, []).append(found)
    summaries = {name: summarize(runs) for name, runs in measured.items()}
    if json_file:
        json_file.write_bytes(orjson.dumps(summaries, option=orjson.OPT_INDENT_2))
    _print(summaries)
    click.echo(f"plots  {settings.home / 'evaluation'}")


def _prepare(request: Request, simulation: Simulation) -> Callable[[Tell], Iterator[Case]]:
    """Read the files, before anything is started. The cases are made one after the other."""
    share = SHARE if request.share is None else request.share
    hourly, labels = request.hourly, request.labels
    if hourly is None:
        if labels:
            raise UserError("--labels are those of a file. Give it with --hourly.")
        return lambda tell: _simulated(simulation, request, share, tell)
    hours = read_hours(hourly)
    if hours.days < LEAST_DAYS:
        raise UserError(f"{hourly} spans {hours.days} days, but {LEAST_DAYS} or more are needed.")
    if labels is None:
        return lambda _: _injected(hours, request.seeds, share)
    if request.share is not None or request.seeds != 1:
        raise UserError("--labels say what is wrong. Leave out --share and --seeds.")
    given = Case("files", hours, read_labels(labels, hours))
    return lambda _: iter([given])


def _simulated(
    simulation: Simulation, request: Request, share: float, tell: Tell
) -> Iterator[Case]:
    """Lifelike homes; anomalies begin on the first of the days that are scored."""
    days = request.days
    for seed in range(request.seeds):
        name = f"seed {seed}"
        changes = {
            "seed": seed,
            "meters": request.meters,
            "load": "household",
            "anomaly_share": share,
            "anomaly_onset_day": days - scored_days(days),
            "anomaly_onset_days": onset_days(days),
        }
        yield Case(
            name,
            *simulate(
                Simulation(**{**simulation.model_dump(), **changes}),
                days,
                lambda done, name=name: tell(f"{name}: days simulated", done, days),
            ),
        )


def _injected(hours: Hours, seeds: int, share: float) -> Iterator[Case]:
    for seed in range(seeds):
        yield Case(f"injected {seed}", *inject_into(hours, share, seed))


def _score(
    bigquery: BigQueryWarehouse, case: Case, settings: Settings, tell: Tell
) -> dict[str, Scores]:
    """Each detector's scores of the same hours."""
    layered = layered_scores(
        bigquery,
        case.hours,
        settings.simulation.local_time,
        lambda done, total: tell(f"{case.name}: days", done, total),
    )
    tested = scored_days(case.hours.days) * FULL_DAY
    others = {name: Scores(score(case.hours, tested)) for name, score in references().items()}
    return {"layered": layered, **others}


def _measure(scores: Mapping[str, Scores], case: Case, folder: Path) -> dict[str, Measures]:
    """Each detector's measures; draws them into `folder`."""
    first = (case.hours.days - scored_days(case.hours.days)) * FULL_DAY
    episodes = case.truth.episodes
    measured = {name: measure(each, case.truth, first) for name, each in scores.items()}
    probabilities = {name: each.probability for name, each in scores.items()}
    plot_quality(folder / "quality.png", measured, probabilities, episodes, first)
    plot_misses(folder / "misses.png", case.hours, probabilities["layered"], episodes, first)
    return measured


def _print(summaries: Mapping[str, Mapping[str, Any]]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = LINE  # no table is folded in a file
    console.print(_table("mean (worst)", FIGURES.__getitem__, FIGURES, summaries))
    for group, (heading, word) in GROUPS.items():
        found = {name: figures[group] for name, figures in summaries.items() if figures[group]}
        rows = {key: None for figures in found.values() for key in figures}
        if rows:
            console.print()
            console.print(_table(heading, word, rows, found))


def _table(
    heading: str,
    word: Callable[[str], str],
    rows: Iterable[str],
    found: Mapping[str, Mapping[str, Any]],
) -> Table:
    """A row for each figure, and a column for each detector that has some."""
    columns = (Column(name, justify="right") for name in found)
    table = Table(Column(heading, min_width=HEADING), *columns, box=None)
    for row in rows:
        table.add_row(word(row), *(_text(figures.get(row)) for figures in found.values()))
    return table


def _text(both: Mapping[str, float | None] | None) -> str:
    if both is None or both["mean"] is None or both["worst"] is None:
        return "-"
    if isinstance(both["worst"], int):
        return f"{both['mean']:.1f} ({both['worst']})"
    return f"{both['mean']:.4f} ({both['worst']:.4f})"
