"""The `wattif` command as its script runs it, but in this process: no imports to wait for."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

import pytest

from wattif_dagster.cli.main import main

ENDS = (signal.SIGINT, signal.SIGTERM)


def run_in_process(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    capfd: pytest.CaptureFixture[str],
) -> CompletedProcess[str]:
    """Run the command to its end; environment, folder and signal handlers are then as before."""
    capfd.readouterr()
    handlers = {end: signal.getsignal(end) for end in ENDS}
    with (
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", list(command)),
        chdir(folder),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    for end, handler in handlers.items():
        signal.signal(end, handler)
    out, err = capfd.readouterr()
    code = ended.value.code
    if isinstance(code, str):  # what the interpreter would print as it exits
        code, err = 1, f"{err}{code}\n"
    return CompletedProcess(command, code or 0, out, err)
