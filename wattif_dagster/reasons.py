"""The reasons of `anomaly_scores` in words."""

_RULES = {
    "rule:missing": "readings are missing",
    "rule:duplicated": "readings are there twice",
    "rule:negative": "the power is negative",
    "rule:overload": "the power is more than the meter's connection carries",
    "rule:stuck": "one and the same reading is repeated",
}
_DAYS = {
    "level1+": "uses more than expected",
    "level1-": "uses less than expected",
    "level7-": "uses less than expected, all week",
    "floor1-": "its least power is lower than expected",
    "floor7-": "its least power is lower than expected, all week",
    "peak1-": "its largest power is lower than expected",
    "shape1-": "uses power at other hours than usual",
}
_HOURS = {"avg+": "an hour is higher than expected", "avg-": "an hour is lower than expected"}


def is_rule(reason: str) -> bool:
    """Whether a rule about the data is broken. Other reasons are about behaviour."""
    return reason.startswith("rule:")


def describe_reason(reason: str) -> str:
    """Describe a reason such as `day:level7-`; one that is not known is returned as it is."""
    return (
        _RULES.get(reason)
        or (_DAYS | _HOURS).get(reason.partition(":")[2])  # of whichever layer or detector
        or reason
    )
