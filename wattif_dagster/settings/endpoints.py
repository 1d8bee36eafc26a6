"""Where the services answer, and how a running local cloud tells it."""

import os
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from wattif_dagster.errors import UserError


class Endpoints(BaseModel, frozen=True):
    """Addresses of the services; None is Google Cloud's own address."""

    gcs: str | None = Field(default=None, description="http://host:port of the JSON API")
    bigquery: str | None = Field(default=None, description="http://host:port of the REST API")
    dataplex: str | None = Field(default=None, description="host:port of a plain-text gRPC API")
    dataplex_rest: str | None = Field(default=None, description="http://host:port of the REST API")


def read_endpoints(file: Path) -> Endpoints:
    """Read the addresses of the running local cloud. Raises UserError when there is none."""
    try:
        told = _EndpointsFile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        told = None
    if told is None or _is_copied(file, told.home):
        raise UserError("The local cloud is not running. Start it with `wattif up`.")
    return Endpoints(**told.model_dump(exclude={"home"}))


class _EndpointsFile(Endpoints, frozen=True):
    """The file of a running local cloud, which also names its home."""

    home: Path | None = None


def _is_copied(file: Path, home: Path | None) -> bool:
    """Whether the file was copied with its folder from a home that still has its own."""
    if home is None or home == file.parent.resolve():
        return False
    original = home / file.name
    return original.exists() and not original.samefile(file)


def reach_loopback_directly() -> None:
    """Keep the clients of this process from asking a proxy for 127.0.0.1."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts and "*" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])
