"""The size of a statement as BigQuery plans it: every reference to a CTE stands for its whole text.

BigQuery runs a CTE once for each reference to it, and refuses a statement whose plan is too large:
"Not enough resources for query planning - too many subqueries or query is too complex".
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp

MAX_NODES = 1000
MAX_SCANS = 50

_NODES = (
    exp.Select,
    exp.Where,
    exp.Join,
    exp.Unnest,
    exp.Group,
    exp.Having,
    exp.Window,
    exp.Qualify,
    exp.Distinct,
    exp.SetOperation,
    exp.Order,
    exp.Limit,
)
"""What is a step of its own in a plan, beside the scan of a table."""

_CREATE_MODEL = re.compile(r"CREATE (OR REPLACE )?MODEL .*?\nAS\n", re.DOTALL)

Scan = tuple[str, str]
"""A table, and the conditions that choose its partitions."""

PartitionColumn = Callable[[str], str | None]
"""Finds the column by which a table is partitioned."""


@dataclass
class Size:
    """Plan nodes (scans among them), and how often each partition of a table is scanned."""

    nodes: int = 0
    scans: Counter[Scan] = field(default_factory=Counter)

    def add(self, other: "Size") -> None:
        """Add the size of a part."""
        self.nodes += other.nodes
        self.scans.update(other.scans)


def measure(sql: str, partition_column: PartitionColumn) -> Size:
    """Measure a statement. Of one that creates a model the query counts."""
    # sqlglot knows neither CREATE MODEL nor that a function takes a MODEL.
    plain = _CREATE_MODEL.sub("", sql).replace("MODEL `", "`")
    return _measure(sqlglot.parse_one(plain, read="bigquery"), {}, partition_column)


def _measure(tree: exp.Expr, known: Mapping[str, Size], partition_column: PartitionColumn) -> Size:
    size, ctes = Size(), dict(known)
    for cte in tree.ctes if isinstance(tree, exp.Query) else ():
        ctes[cte.alias] = _measure(cte.this, ctes, partition_column)
    for node in tree.walk(prune=lambda each: _stands_apart(each, tree)):
        if isinstance(node, exp.With):
            continue
        if _stands_apart(node, tree):
            size.add(_measure(node, ctes, partition_column))
        elif isinstance(node, exp.Table):
            cte = ctes.get(node.name) if not node.db else None
            if cte:
                size.add(cte)
            elif isinstance(node.this, exp.Identifier):
                table = ".".join(part.name for part in node.parts)
                conditions = " AND ".join(sorted(_find_conditions(node, partition_column(table))))
                size.add(Size(1, Counter({(table, conditions): 1})))
        elif isinstance(node, _NODES):
            size.nodes += 1
    return size


def _stands_apart(node: exp.Expr, tree: exp.Expr) -> bool:
    """Whether a node is a WITH clause, or a query inside the tree with a WITH clause of its own."""
    if isinstance(node, exp.With):
        return True
    return node is not tree and isinstance(node, exp.Query) and bool(node.ctes)


def _find_conditions(table: exp.Table, column: str | None) -> Iterator[str]:
    """Find the conditions on a table's partitions in the query that scans it, as SQL."""
    select, join = table.find_ancestor(exp.Select), table.parent
    where = select.args.get("where") if select else None
    on = join.args.get("on") if isinstance(join, exp.Join) else None
    for condition in (*_split(where.this if where else None), *_split(on)):
        inside = condition.copy()
        columns = list(inside.find_all(exp.Column))
        if any(each.name == column and each.table in ("", table.alias_or_name) for each in columns):
            for each in columns:
                each.set("table", None)
            yield inside.sql("bigquery")


def _split(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """Split a condition at its outermost ANDs."""
    if condition is not None:
        yield from condition.flatten() if isinstance(condition, exp.And) else [condition]
