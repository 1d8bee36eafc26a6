"""How a day is rendered, spooled and uploaded."""

import os
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from wattif_dagster.settings.paths import UserPathText

MEBIBYTE = 1024 * 1024

Compression = Literal["none", "gzip"]

MOST_RENDER_WORKERS = 4
"""Unless you set more: a thread that renders and compresses holds Python's global lock for a third
of its time, so more threads would wait for each other."""


def usable_cores() -> int:
    """Count the cores that this process may run on. A container's quota is not known here."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_render_workers(cores: int) -> int:
    """Half the cores, at least 1: uploads take the others."""
    return min(max(cores // 2, 1), MOST_RENDER_WORKERS)


class IngestOptions(BaseModel):
    """How a day is rendered, spooled and uploaded. Changes no reading, only objects and speed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spool_dir: UserPathText = Field(
        default=".wattif/spool",
        description="Files before they are uploaded; HOME/spool unless set. Use a fast local disk.",
    )
    spool_budget_mib: int = Field(
        default=256, ge=8, le=2**30, description="The spool never holds more than this, MiB."
    )
    meters_per_object: int = Field(
        default=10,
        ge=1,
        le=1_000_000,
        description="Meters in an object; 1 names the object by its serial.",
    )
    compression: Compression = Field(default="none", description="none or gzip.")
    render_workers: int = Field(
        default_factory=lambda: default_render_workers(usable_cores()),
        ge=1,
        le=64,
        description="Threads that render; half the cores, 1 to 4, unless set.",
    )
    upload_workers: int = Field(default=8, ge=1, le=256, description="Threads that upload a batch.")
    batches_in_flight: int = Field(
        default=2, ge=1, le=64, description="Batches uploaded at the same time."
    )
    shards: int = Field(
        default=1, ge=1, le=1000, description="Steps that land a day, each with its own spool."
    )

    @property
    def spool_budget(self) -> int:
        """The budget in bytes."""
        return self.spool_budget_mib * MEBIBYTE

    @property
    def connections(self) -> int:
        """Threads that upload at the same time, over all batches."""
        return self.upload_workers * self.batches_in_flight
