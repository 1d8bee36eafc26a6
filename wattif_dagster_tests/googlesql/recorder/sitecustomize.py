"""Records what the stock BigQuery client is asked, in every Python process of the tests.

Python imports this module as it starts where this folder is on PYTHONPATH. It imports nothing that
is slow: the client is patched when something imports it. Each call is a line of JSON in the file
that the variable RECORDED_STATEMENTS names.
"""

import importlib.util
import json
import os
import sys
from importlib.abc import MetaPathFinder
from typing import Any

VARIABLE = "RECORDED_STATEMENTS"

_CLIENT = "google.cloud.bigquery.client"
_WRAPPER = "wattif_dagster.resources.bigquery"
"""The beginning of the names of the modules of the resource."""


class _Finder(MetaPathFinder):
    """Patches the client as soon as its module is executed."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != _CLIENT:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec
        assert spec.loader
        execute = spec.loader.exec_module

        def execute_and_patch(module: Any) -> None:
            execute(module)
            _patch(module.Client)

        spec.loader.exec_module = execute_and_patch  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Record the calls of this process from now on."""
    if _CLIENT in sys.modules:
        _patch(sys.modules[_CLIENT].Client)
    else:
        sys.meta_path.insert(0, _Finder())


def _patch(client: Any) -> None:
    if client.query.__name__ == "record_query":
        return  # this process found the module when it started
    query, query_and_wait, create_table = client.query, client.query_and_wait, client.create_table

    def record_query(
        self: Any, sql: str, job_config: Any = None, *more: Any, **options: Any
    ) -> Any:
        _record_statement(self, sql, job_config)
        return query(self, sql, job_config, *more, **options)

    def record_query_and_wait(self: Any, sql: str, *, job_config: Any = None, **more: Any) -> Any:
        _record_statement(self, sql, job_config)
        return query_and_wait(self, sql, job_config=job_config, **more)

    def record_create_table(self: Any, table: Any, *more: Any, **options: Any) -> Any:
        made = create_table(self, table, *more, **options)
        _record(table=made.to_api_repr())
        return made

    client.query = record_query
    client.query_and_wait = record_query_and_wait
    client.create_table = record_create_table


def _record_statement(client: Any, sql: str, config: Any) -> None:
    asked = config.to_api_repr() if config is not None else {}
    _record(sql=sql, sender=_find_sender(), project=client.project, query=asked.get("query", {}))


def _find_sender() -> str:
    """Find the module on whose behalf the client, or the product's wrapper of it, is called."""
    frame = sys._getframe(3)
    while frame.f_back and frame.f_globals["__name__"].startswith(_WRAPPER):
        frame = frame.f_back
    return frame.f_globals["__name__"]


def _record(**event: Any) -> None:
    # One write, so that lines of several processes do not mix.
    line = (json.dumps(event) + "\n").encode()
    file = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
    finally:
        os.close(file)


if VARIABLE in os.environ and __name__ == "sitecustomize":
    install()
