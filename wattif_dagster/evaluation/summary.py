"""Several seeds' measures as one: mean and worst."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from wattif_dagster.evaluation.kinds import sort_kinds
from wattif_dagster.evaluation.measures import Measures

FIGURES = {
    "pr_auc": "PR-AUC",
    "vus_pr": "VUS-PR",
    "precision": "precision",
    "recall": "recall",
    "precision_at_k": "precision at k, by meter",
    "false_positive_rate": "false-positive rate",
    "false_positive_rate_by_rules": "  of it by rules",
    "false_positive_rate_by_behaviour": "  of it by behaviour",
    "meters_with_half_of_false_flags": "meters with half of the false flags",
    "alerts_per_clean_meter_month": "alerts a clean meter and month",
    "kwh_recovered": "kWh recovered",
}
"""The figures of `Measures` that are summarized, as people call them."""
LOWER_IS_BETTER = {
    "false_positive_rate",
    "false_positive_rate_by_rules",
    "false_positive_rate_by_behaviour",
    "alerts_per_clean_meter_month",
    "meters_with_half_of_false_flags",
}


def summarize(runs: Sequence[Measures]) -> dict[str, Any]:
    """`mean` and `worst` of each of FIGURES, each kind's recall, each reason's rate of false flags,
    and how much of each kind of benign changes is flagged; `seeds` has every figure."""
    benign = [run.benign for run in runs]
    return {
        **{
            name: _both([getattr(run, name) for run in runs], name in LOWER_IS_BETTER)
            for name in FIGURES
        },
        "recall_by_kind": _by_kind([run.kinds for run in runs], "recall", lower_is_better=False),
        "false_positive_rate_by_reason": _by_reason(runs),
        "benign_hours_flagged_by_kind": _by_kind(benign, "hours_flagged", lower_is_better=True),
        "benign_changes_flagged_by_kind": _by_kind(benign, "changes_flagged", lower_is_better=True),
        "seeds": [asdict(run) for run in runs],
    }


def _by_kind(
    found: Sequence[Mapping[str, Any]], figure: str, *, lower_is_better: bool
) -> dict[str, Mapping[str, float | None]]:
    kinds = sort_kinds({kind for measures in found for kind in measures})
    return {
        kind: _both(
            [getattr(each[kind], figure) for each in found if kind in each], lower_is_better
        )
        for kind in kinds
    }


def _by_reason(runs: Sequence[Measures]) -> dict[str, Mapping[str, float | None]]:
    """The largest first. A run without false flags of a reason has a rate of 0."""
    rates = [run.false_positive_rate_by_reason for run in runs]
    reasons = {reason for rate in rates for reason in rate}
    sums = {reason: sum(rate.get(reason, 0) for rate in rates) for reason in reasons}
    return {
        reason: _both([rate.get(reason, 0.0) for rate in rates], True)
        for reason in sorted(reasons, key=lambda reason: (-sums[reason], reason))
    }


def _both(values: Sequence[float | None], lower_is_better: bool) -> Mapping[str, float | None]:
    known = [value for value in values if value is not None]
    if not known:
        return {"mean": None, "worst": None}
    return {
        "mean": sum(known) / len(known),
        "worst": max(known) if lower_is_better else min(known),
    }
