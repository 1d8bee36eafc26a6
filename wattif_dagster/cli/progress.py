"""How a command says how far it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TaskID

Tell = Callable[[str, int, int], None]
"""Is told a step's name, how much of it is done, and of how much."""


@contextmanager
def telling(console: Console) -> Iterator[Tell]:
    """A bar a step on a terminal, a line when one is done elsewhere."""
    with Progress(console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step)
            bars.update(tasks[step], completed=done, total=total)
            if done == total and not console.is_terminal:
                console.print(f"{step} {done}/{total}", highlight=False)

        yield tell
