"""The kinds of anomalies by name, with their titles: T for theft, F for meter faults."""

TITLES = {
    "T1": "scaled",
    "T2": "off at times",
    "T3": "scaled at random",
    "T4": "mean at random",
    "T5": "constant mean",
    "T6": "reversed day",
    "T7": "clipped",
    "T8": "bypassed",
    "F1": "stuck",
    "F2": "zero",
    "F3": "spike",
    "F4": "clock shift",
    "F5": "reverse flow",
    "F6": "missing",
    "F7": "duplicated",
    "F8": "tenfold",
    "F9": "thousandth",
    "F10": "drift",
    "F11": "noise",
}


def title_kind(kind: str) -> str:
    """Write the kind for people, e.g. "T2 off at times"."""
    return f"{kind} {TITLES[kind]}"
