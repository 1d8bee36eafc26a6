"""The error a user can act on."""

from pydantic import ValidationError


class UserError(Exception):
    """Says in one sentence what is wrong and what to do; the command line prints just that."""


class CloudFailed(Exception):
    """A service did not do what it was asked; the text quotes its reason. Base of what resources
    raise; the command line prints just the text."""


class Unreachable(UserError):
    """A service did not answer: nothing is wrong with what was asked, and it may work later."""


def explain(error: ValidationError) -> str:
    """One sentence for each thing pydantic found, with the names users set."""
    said = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        what = item["msg"].removeprefix("Value error, ")
        said.append(f"{where}: {what}" if where else what)
    return "; ".join(said)
