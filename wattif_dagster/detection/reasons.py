"""The reasons of the layered detector, told apart and in words."""

_WORDS = {
    "rule:missing": "readings are missing",
    "rule:duplicated": "readings arrive more than once",
    "rule:negative": "a reading is below zero",
    "rule:overload": "a reading is larger than the meter's ever was",
    "rule:stuck": "a reading is repeated for hours",
    "day:level1+": "the day's use is high",
    "day:level1-": "the day's use is low",
    "day:level7-": "the week's use is low",
    "day:floor1-": "the day's least use is low",
    "day:floor7-": "the week's least use is low",
    "day:peak1-": "the day's largest reading is low",
    "day:shape1-": "the day's hours are unlike the usual ones",
    "hour:avg+": "the hour's use is high",
    "hour:avg-": "the hour's use is low",
}


def is_rule(reason: str) -> bool:
    """Whether a rule about the data is broken. Other reasons are about behaviour."""
    return reason.startswith("rule:")


def word_reason(reason: str) -> str:
    """Write the reason for people. One that is not known stays as it is."""
    return _WORDS.get(reason, reason)
