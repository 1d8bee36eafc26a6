"""Serials of real meters: any text of up to 64 characters without control characters."""

import unicodedata

MOST_CHARACTERS = 64
REPLACED = "\ufffd"
"""Stands for bytes that are not UTF-8."""


def parse_serial(text: str | bytes | None) -> str | None:
    """Parse a serial, without the white space around it; None when it is none."""
    try:
        serial = text.decode() if isinstance(text, bytes) else text or ""
    except UnicodeDecodeError:
        return None
    serial = serial.strip()
    if not 0 < len(serial) <= MOST_CHARACTERS:
        return None
    if REPLACED in serial:
        return None
    # Cs: half of a surrogate pair, which UTF-8 does not have. Zl, Zp: ends of lines.
    return (
        None if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in serial) else serial
    )
