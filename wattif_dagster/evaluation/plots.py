"""Plots of an evaluation: precision-recall curves, recall by kind, the worst misses."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wattif_dagster.evaluation.curves import pr_curve
from wattif_dagster.evaluation.hours import FULL_DAY, Episode, Hours
from wattif_dagster.evaluation.kinds import select_hours
from wattif_dagster.evaluation.measures import Measures, select_scored
from wattif_dagster.metering.anomalies.titles import title_kind
from wattif_dagster.plotting import DPI, VALUE, default_style, render_png
from wattif_dagster.threshold import THRESHOLD

MISSES = 6
DAYS_DRAWN = 7

Probabilities = Mapping[str, NDArray[np.float64]]


@default_style
def plot_quality(
    file: Path,
    measured: Mapping[str, Measures],
    probabilities: Probabilities,
    episodes: Sequence[Episode],
    first_hour: int,
) -> None:
    """A PNG of each detector's precision-recall curve and its recall by kind."""
    figure = Figure(figsize=(11, 5), dpi=DPI, layout="constrained")
    curve, bars = figure.subplots(1, 2, width_ratios=(2, 3))
    width = 0.8 / len(measured)
    for place, (name, measures) in enumerate(measured.items()):
        truth, score = select_scored(probabilities[name], episodes, first_hour)
        if truth.any():
            recall, precision = pr_curve(truth, score)
            curve.step(recall, precision, where="post", label=f"{name} {measures.pr_auc:.2f}")
        recalls = [kind.recall or 0 for kind in measures.kinds.values()]
        bars.bar(np.arange(len(recalls)) + place * width, recalls, width, label=name)
        titles = [kind.title for kind in measures.kinds.values()]
        bars.set_xticks(np.arange(len(recalls)) + 0.4 - width / 2, titles)
        bars.tick_params(axis="x", rotation=90, labelsize=8)
    curve.set(xlabel="recall", ylabel="precision", title="PR-AUC", xlim=(0, 1), ylim=(0, 1.02))
    bars.set(title=f"recall of touched hours at {THRESHOLD}", ylim=(0, 1.02))
    if curve.get_legend_handles_labels()[0]:
        curve.legend(frameon=False, fontsize=8)
    _save(figure, file)


@default_style
def plot_misses(
    file: Path,
    hours: Hours,
    probability: NDArray[np.float64],
    episodes: Sequence[Episode],
    first_hour: int,
) -> None:
    """A PNG of the episodes with the most touched hours missed, a week of each meter."""
    worst = sorted(
        ((_missed(probability, episode, first_hour), n) for n, episode in enumerate(episodes)),
        key=lambda pair: (-pair[0], pair[1]),
    )[:MISSES]
    drawn = [(missed, episodes[n]) for missed, n in worst if missed]
    figure = Figure(figsize=(11, 1.8 * max(1, len(drawn))), dpi=DPI, layout="constrained")
    if not drawn:
        figure.text(0.5, 0.5, "No touched hour was missed.", ha="center")
    for number, (missed, episode) in enumerate(drawn):
        panel = figure.add_subplot(len(drawn), 1, number + 1)
        begin = max(0, episode.start // FULL_DAY - 2) * FULL_DAY
        span = np.arange(begin, min(begin + DAYS_DRAWN * FULL_DAY, hours.n_readings.shape[1]))
        panel.step(span, hours.avg_kw[episode.meter, span], where="post", lw=1, color=VALUE)
        panel.axvspan(episode.start, min(episode.end, span[-1] + 1), color="#f4b183", alpha=0.4)
        days = span[::FULL_DAY]
        panel.set_xticks(days, [str(hours.start + hour)[:10] for hour in days], fontsize=7)
        kind = title_kind(episode.kind)
        title = f"{hours.serials[episode.meter]} {kind}: {missed} touched hours missed"
        panel.set_title(title, loc="left", fontsize=9)
        panel.set_ylabel("kW", fontsize=8)
    _save(figure, file)


def _missed(probability: NDArray[np.float64], episode: Episode, first_hour: int) -> int:
    at = select_hours(episode, first_hour, probability.shape[1])
    return int((~(probability[episode.meter, at] >= THRESHOLD)).sum())


def _save(figure: Figure, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(render_png(figure))
