"""The code location that runs belong to, and the origin by which Dagster finds it."""

from dagster._core.remote_origin import RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.workspace.load_target import ModuleTarget

LOCATION = "wattif_dagster.definitions"
"""The code location's module, and by Dagster's default its name, with `-m` and with `-w`."""
REPOSITORY = "__repository__"
"""Dagster's name for the definitions of a location."""


def locate() -> ModuleTarget:
    """Say where the code location is loaded from."""
    return ModuleTarget(
        module_name=LOCATION, attribute=None, working_directory=None, location_name=None
    )


def find_origin(job: str) -> RemoteJobOrigin:
    """Find the origin of the job's runs, by which the UI shows them under their code location."""
    (location,) = locate().create_origins()
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, REPOSITORY), job)
