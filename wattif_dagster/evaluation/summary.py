"""Several seeds' measures as one: mean and worst."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from wattif_dagster.evaluation.measures import Measures

LOWER_IS_BETTER = ("false_positive_rate", "alerts_per_clean_meter_month")
OVERALL = ("pr_auc", "precision", "recall", *LOWER_IS_BETTER, "kwh_recovered")


def summarize(runs: Sequence[Measures]) -> dict[str, Any]:
    """`mean` and `worst` of each of OVERALL and of each kind's recall; `seeds` has every figure."""
    figures = {name: [getattr(run, name) for run in runs] for name in OVERALL}
    kinds = sorted({kind for run in runs for kind in run.kinds}, key=lambda k: (len(k), k))
    recalls = {
        kind: [run.kinds[kind].recall for run in runs if kind in run.kinds] for kind in kinds
    }
    return {
        **{name: _both(values, name in LOWER_IS_BETTER) for name, values in figures.items()},
        "recall_by_kind": {kind: _both(values, False) for kind, values in recalls.items()},
        "seeds": [asdict(run) for run in runs],
    }


def _both(values: Sequence[float | None], lower_is_better: bool) -> Mapping[str, float | None]:
    known = [value for value in values if value is not None]
    if not known:
        return {"mean": None, "worst": None}
    return {
        "mean": sum(known) / len(known),
        "worst": max(known) if lower_is_better else min(known),
    }
