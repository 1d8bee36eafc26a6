"""Runs `wattif`, and prints an error as its sentence, without a traceback."""

import signal
import sys

import click

from wattif_dagster.cli.commands import wattif
from wattif_dagster.errors import CloudError, UserError

INTERRUPTED = 130
"""Exit code of a command that a signal ended: 128 + SIGINT, by convention."""
FAILED = 1


def main() -> None:
    """Run the command line and exit."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = wattif.main(standalone_mode=False)  # None, or what a command exits with
        sys.stdout.flush()
        sys.exit(code)
    except (UserError, CloudError) as error:
        _print_error(str(error))
        sys.exit(FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _print_error("Stopped.")
        sys.exit(INTERRUPTED)
    except OSError as error:
        _give_up_output()
        _print_error(f"{error.filename or 'The output'} cannot be used: {error.strerror}.")
        sys.exit(FAILED)
    except Exception as error:
        if not type(error).__module__.startswith("sqlalchemy."):
            raise
        _print_error(f"Dagster's databases in DAGSTER_HOME failed: {str(error).splitlines()[0]}.")
        sys.exit(FAILED)


def _interrupt(*_: object) -> None:
    """End the command as Ctrl-C does, with whatever it has started."""
    raise KeyboardInterrupt


def _print_error(sentence: str) -> None:
    try:
        print(f"wattif: {sentence}", file=sys.stderr)
    except (OSError, AttributeError, ValueError):  # standard error is closed
        return


def _give_up_output() -> None:
    """Keep Python from writing what is left of the output as it exits."""
    sys.stdout = None  # type: ignore[assignment]
