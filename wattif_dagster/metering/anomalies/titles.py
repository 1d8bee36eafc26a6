"""The kinds of labels by name, with their titles: T for theft, F for meter faults, B for benign."""

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
"""The anomalies."""

BENIGN = {
    "B1": "new tenant",
    "B2": "electric vehicle",
    "B3": "heat pump",
    "B4": "holiday",
    "B5": "solar panels",
    "B6": "new appliance",
    "B7": "gap in readings",
}
"""Changes of life, and of the data path, that are neither theft nor fault."""


def is_benign(kind: str) -> bool:
    """Whether a label of that kind tells of no anomaly."""
    return kind in BENIGN


def title_kind(kind: str) -> str:
    """Write the kind for people, e.g. "T2 off at times". A kind of one's own stays as it is."""
    title = (TITLES | BENIGN).get(kind)
    return f"{kind} {title}" if title else kind
