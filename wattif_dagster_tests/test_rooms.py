"""The order of the rooms: a package or module imports only from rooms below its own."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import wattif_dagster

PACKAGE = "wattif_dagster"
ROOT = Path(wattif_dagster.__file__).parent

FLOORS = (
    ("__main__",),
    ("cli",),
    ("definitions",),
    ("defs", "backfill", "planning", "evaluation", "deploy", "doctor"),
    ("scans", "reconcile", "feedback", "scoring"),
    ("daily_asset",),
    ("resources",),
    ("importing", "streaming"),
    ("detection", "ingest"),
    ("settings",),
    ("alerting", "metering"),
    (
        "keys",
        "partitions",
        "schemas",
        "limits",
        "markdown",
        "plotting",
        "reasons",
        "scan_rules",
        "sql",
        "student_t",
        "threshold",
    ),
    ("yaml_text", "local_time"),
    ("errors",),
)
"""From top to bottom. A room may import rooms of the floors below, and none of its own floor."""

LOCAL_CLOUD = "local_cloud"
LOCAL_CLOUD_MAY_IMPORT = ("settings", "errors", "schemas", "student_t", "scan_rules")

WITHOUT_DAGSTER = (
    "metering",
    "ingest",
    "importing",
    "streaming",
    "detection",
    "evaluation",
    "scoring",
    "planning",
    "settings",
    "doctor",
)

PRIVATE_IMPORTS = {
    # These extend Dagster where it offers no public way.
    "wattif_dagster.backfill.location": 2,
    "wattif_dagster.backfill.queue": 1,
    "wattif_dagster.deploy.celery_launcher": 1,
    "wattif_dagster.deploy.celery_steps": 1,
    "wattif_dagster.deploy.event_log": 1,
}
"""Modules with imports of `dagster._...`, and how many each has. No others may begin with it."""


def name_module(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_module(path): path for path in sorted(ROOT.rglob("*.py"))}


def find_imports(module: str, *, at_top: bool = False) -> Iterator[str]:
    """Find the modules that a module imports, `at_top` without those inside functions."""
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    for node in tree.body if at_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_base(module, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in MODULES else base


def resolve_base(module: str, node: ast.ImportFrom) -> str:
    """Resolve a relative import."""
    if not node.level:
        return node.module or ""
    package = module if MODULES[module].stem == "__init__" else module.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


def find_room(module: str) -> str | None:
    """The package or module below the root, or None for the root itself and for other libraries."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] or None if first == PACKAGE else None


def find_floor(room: str) -> int:
    (found,) = (number for number, rooms in enumerate(FLOORS) if room in rooms)
    return found


def test_every_room_has_a_floor():
    rooms = {room for module in MODULES if (room := find_room(module))}
    assert rooms == {room for floor in FLOORS for room in floor} | {LOCAL_CLOUD}


def test_rooms_import_only_from_floors_below():
    wrong = [
        f"{module} imports {imported}"
        for module in MODULES
        if (room := find_room(module)) and room != LOCAL_CLOUD
        for imported in find_imports(module)
        if (other := find_room(imported)) not in (None, room, LOCAL_CLOUD)
        and find_floor(str(other)) <= find_floor(room)
    ]
    assert wrong == []


def test_only_the_command_line_imports_the_local_cloud():
    importing = {
        find_room(module)
        for module in MODULES
        for imported in find_imports(module)
        if find_room(imported) == LOCAL_CLOUD
    }
    assert importing == {"cli", LOCAL_CLOUD}


def test_local_cloud_imports_almost_nothing():
    allowed = tuple(f"{PACKAGE}.{room}" for room in LOCAL_CLOUD_MAY_IMPORT)
    wrong = [
        f"{module} imports {imported}"
        for module in MODULES
        if find_room(module) == LOCAL_CLOUD
        for imported in find_imports(module)
        if find_room(imported) not in (None, LOCAL_CLOUD)
        and not any(imported == each or imported.startswith(f"{each}.") for each in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("room", WITHOUT_DAGSTER)
def test_room_does_not_import_dagster(room: str):
    wrong = [
        f"{module} imports {imported}"
        for module in MODULES
        if find_room(module) == room
        for imported in find_imports(module)
        if imported.partition(".")[0].startswith("dagster")
    ]
    assert wrong == []


def test_modules_do_not_import_in_circles():
    graph = {
        module: {name for name in find_imports(module, at_top=True) if name in MODULES} - {module}
        for module in MODULES
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_private_imports_of_dagster_are_the_known_ones():
    found: dict[str, int] = {}
    for module in MODULES:
        private = {name for name in find_imports(module) if name.startswith("dagster._")}
        if private:
            found[module] = len(private)
    assert found == PRIVATE_IMPORTS
