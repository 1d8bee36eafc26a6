"""wattif up, down, status: the local cloud."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.table import Column, Table

from wattif_dagster.settings import Settings


def up() -> None:
    """Start the local cloud, or join the running one, and make its bucket."""
    from wattif_dagster.local_cloud.supervisor import LocalCloud

    settings = Settings.load(target="local")
    endpoints = LocalCloud(settings.home).up()
    ensure_bucket(settings)
    for service, address in endpoints.model_dump().items():
        click.echo(f"{service:14} {address}")


def down() -> None:
    """End the services of the local cloud."""
    from wattif_dagster.local_cloud.supervisor import LocalCloud

    ended = LocalCloud(Settings.load(target="local").home).down()
    click.echo(f"Ended {', '.join(ended)}." if ended else "No service was running.")


def status() -> None:
    """Print how each service is; exit code 1 unless all run."""
    from wattif_dagster.local_cloud.supervisor import LocalCloud

    services = LocalCloud(Settings.load(target="local").home).status()
    table = Table("service", "state", "pid", "address", Column("log", overflow="fold"), box=None)
    for service in services:
        table.add_row(
            service.name, service.state, str(service.pid or ""), service.address, str(service.log)
        )
    Console().print(table)
    if any(service.state != "running" for service in services):
        click.get_current_context().exit(1)


@contextmanager
def running_cloud(settings: Settings) -> Iterator[None]:
    """Run the local cloud, with its bucket, inside the with block. On Google Cloud nothing is
    started."""
    if settings.target == "local":
        from wattif_dagster.local_cloud.supervisor import LocalCloud

        with LocalCloud(settings.home).running():
            ensure_bucket(settings)
            yield
    else:
        yield


def ensure_bucket(settings: Settings) -> None:
    """Make the settings' bucket."""
    from wattif_dagster.resources.build import build_resources  # the Google clients load slowly

    build_resources(settings)["wattif_gcs"].ensure_bucket()
