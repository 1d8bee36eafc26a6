"""wattif dev: the Dagster UI over the local cloud."""

import os
import signal
import subprocess
import sys

import click

from wattif_dagster.cli.cloud import ensure_bucket
from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster.settings import Settings


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of the UI on 127.0.0.1.")
def dev(port: int) -> None:
    """Start the local cloud and serve `dagster dev` until Ctrl-C; the cloud stays up."""
    from wattif_dagster.local_cloud.supervisor import LocalCloud

    settings = Settings.load()
    if settings.target == "local":
        LocalCloud(settings.home).up()
        ensure_bucket(settings)
    ensure_dagster_home(settings.home)
    command = [
        *(sys.executable, "-m", "dagster", "dev"),
        *("-m", "wattif_dagster.definitions", "-h", "127.0.0.1", "-p", str(port)),
    ]
    # Started from a script `dagster dev` ignores SIGINT and SIGTERM, so its group is ended.
    server = subprocess.Popen(command, start_new_session=True)
    try:
        code = server.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
    sys.exit(code)
