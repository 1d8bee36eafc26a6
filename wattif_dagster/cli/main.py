"""The command group, and what all commands do with errors."""

import signal
import sys
from importlib import import_module

import click

from wattif_dagster.errors import CloudError, UserError

COMMANDS = {
    "up": "cloud",
    "down": "cloud",
    "status": "cloud",
    "generate": "generate",
    "backfill": "backfill",
    "runs": "runs",
    "retry": "retry",
    "verify": "verify",
    "plan": "plan",
    "demo": "demo",
    "dev": "dev",
    "evaluate": "evaluate",
    "realism": "realism",
}
"""Each command and the module of this package that has it."""

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C or SIGTERM ended, by convention 128 + SIGINT."""


class _LoadedWhenUsed(click.Group):
    """Dagster and the Google clients take seconds to import: only the command asked for does."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"wattif_dagster.cli.{COMMANDS[cmd_name]}")
        return getattr(module, cmd_name)


@click.group(cls=_LoadedWhenUsed, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wattif-dagster")
def wattif() -> None:
    """Synthetic smart-meter data at scale, and the anomalies in it."""


def main() -> None:
    """Run `wattif`; an error is printed as its sentence, without a traceback."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(wattif.main(standalone_mode=False))  # None, or what a command exits with
    except (UserError, CloudError) as error:
        sys.exit(f"wattif: {error}")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("wattif: stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _interrupt(*_: object) -> None:
    """SIGTERM ends a command as Ctrl-C does: what it has started ends too."""
    raise KeyboardInterrupt
