"""A check, and what it finds: all is fine, or what is wrong and the command that mends it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from wattif_dagster.errors import UserError

Verdict = Literal["fine", "wrong", "not checked"]


class WrongError(UserError):
    """Something must be mended. `command` mends it, where one command can."""

    def __init__(self, sentence: str, command: str = ""):
        super().__init__(sentence)
        self.command = command


class UnansweredError(Exception):
    """The question was refused, so nothing is known. `command` lets it be asked."""

    def __init__(self, sentence: str, command: str = ""):
        super().__init__(sentence)
        self.command = command


@dataclass(frozen=True)
class Check:
    """A question. `ask` says what is fine, or raises UserError, WrongError or UnansweredError.

    `needs` names checks before it. It is not asked when one of them found something wrong.
    """

    name: str
    ask: Callable[[], str]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """The answer to a check; `command` is empty where nothing is to be done."""

    name: str
    verdict: Verdict
    text: str
    command: str = ""


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Ask the checks in order, and yield the finding of each as soon as it is known."""
    blocked: set[str] = set()
    for check in checks:
        finding = _examine(check, blocked)
        if finding.verdict == "wrong" or blocked.intersection(check.needs):
            blocked.add(check.name)
        yield finding


def _examine(check: Check, blocked: set[str]) -> Finding:
    missing = [name for name in check.needs if name in blocked]
    if missing:
        return Finding(check.name, "not checked", f"mend this first: {', '.join(missing)}")
    try:
        return Finding(check.name, "fine", check.ask())
    except WrongError as wrong:
        return Finding(check.name, "wrong", str(wrong), wrong.command)
    except UserError as error:
        return Finding(check.name, "wrong", str(error))
    except UnansweredError as refused:
        return Finding(check.name, "not checked", str(refused), refused.command)
