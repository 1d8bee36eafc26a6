"""Watches the statements that this process, and those it starts, send to BigQuery."""

import os
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from wattif_dagster_tests.googlesql.analyzer import Analyzer
from wattif_dagster_tests.googlesql.install import find_folder
from wattif_dagster_tests.googlesql.judge import Judge
from wattif_dagster_tests.googlesql.recorder import sitecustomize as recorder
from wattif_dagster_tests.googlesql.recording import Recording, Statement
from wattif_dagster_tests.googlesql.server import start_server


class Watch:
    """Records from the moment it is made; `judge` needs the installed analyzer."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        folder = self._closing.enter_context(TemporaryDirectory())
        self._recording = Recording(Path(folder) / "statements")
        patch = self._closing.enter_context(pytest.MonkeyPatch.context())
        patch.setenv(recorder.VARIABLE, str(self._recording.file))
        patch.setenv("PYTHONPATH", str(Path(recorder.__file__).parent), prepend=os.pathsep)
        recorder.install()

    @cached_property
    def analyzer(self) -> Analyzer:
        """Google's analyzer, which is started at its first use."""
        channel = self._closing.enter_context(start_server(find_folder()))
        return Analyzer(find_folder(), channel)

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.analyzer)

    def take(self) -> list[tuple[Statement, list[str]]]:
        """Take the statements since the last call, each with its faults."""
        new = list(self._recording.read_new())
        return list(self._judge.judge(new)) if new else []

    def close(self) -> None:
        """End the analyzer, and forget what was recorded."""
        self._closing.close()
