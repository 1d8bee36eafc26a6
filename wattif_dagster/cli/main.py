"""The command group, and what all commands do with errors."""

import sys

import click

from wattif_dagster.cli.cloud import down, status, up
from wattif_dagster.cli.demo import demo
from wattif_dagster.cli.dev import dev
from wattif_dagster.cli.generate import generate
from wattif_dagster.errors import UserError

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended, by convention 128 + SIGINT."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wattif-dagster")
def wattif() -> None:
    """Synthetic smart-meter data at scale, and the anomalies in it."""


for command in (up, down, status, generate, demo, dev):
    wattif.add_command(command)


def main() -> None:
    """Run `wattif`; a UserError is printed as its sentence, without a traceback."""
    try:
        wattif.main(standalone_mode=False)
    except UserError as error:
        sys.exit(f"wattif: {error}")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("wattif: stopped", file=sys.stderr)
        sys.exit(INTERRUPTED)
