"""Reads YAML files that users edit. Each error is a sentence that names the file."""

from pathlib import Path

import yaml

from wattif_dagster.errors import UserError

Yaml = str | list["Yaml"] | dict[str, "Yaml"] | None


def read_text(path: Path, what: str) -> str:
    """Read the file; `what` begins the error, such as "The price table". Raises UserError."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(f"{what} {path} cannot be read: {reason}.") from None


def parse_yaml(text: str, source: str) -> Yaml:
    """Parse the document, with every scalar as text. `source` names it in errors.

    Raises UserError.
    """
    try:
        # BaseLoader leaves every scalar text: `values: [NO]` and `minValue: 0` mean what they say.
        return yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = f" on line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UserError(f"{source} is not YAML{line}: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{source} is not YAML: {str(error).splitlines()[0]}.") from None
    except RecursionError:
        raise UserError(f"{source} is nested too deeply. Use fewer levels.") from None
