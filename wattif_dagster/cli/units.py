"""Amounts as commands print them."""


def format_bytes(count: int) -> str:
    """Write a number of bytes in decimal units, as the quotas are."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} B"
