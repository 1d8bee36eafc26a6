"""The `wattif` command. One module a command; errors a user can act on are one sentence."""

from wattif_dagster.cli.main import main

__all__ = ["main"]
