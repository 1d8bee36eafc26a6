"""The errors that a command prints as a sentence, without a traceback."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line imports this module for `--help`
    from pydantic import ValidationError


class UserError(Exception):
    """Says in a sentence what is wrong and what you can do about it."""


class CloudError(Exception):
    """A service did not do what it was asked; the text quotes its reason."""


class TransientError(CloudError):
    """A service did not answer or is not well. Nothing is wrong with the request, and the same
    request may succeed later."""


class CancelledError(Exception):
    """The work was cancelled by its stop event."""


def explain(error: "ValidationError") -> str:
    """Describe each thing that pydantic found, by the name of its field."""
    sentences = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        what = item["msg"].removeprefix("Value error, ")
        sentences.append(f"{where}: {what}" if where else what)
    return "; ".join(sentences)
