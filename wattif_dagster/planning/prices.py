"""The price table: a dated YAML file, WattIf's own or your edited copy."""

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from wattif_dagster.errors import UserError, explain
from wattif_dagster.metering.simulation import parse_day
from wattif_dagster.yaml_text import parse_yaml, read_text

DEFAULT_PRICES = Path(__file__).with_name("prices.yaml")


def _parse_date(text: object) -> date:
    if not isinstance(text, str):
        raise ValueError("it must be a date, written as YYYY-MM-DD")
    return parse_day(text)


Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class CloudStoragePrices(BaseModel, frozen=True, extra="forbid"):
    """Prices of a bucket: by GiB and month stored, and by a thousand operations."""

    source: Text
    location: Text
    storage_gib_month: Price
    class_a_per_1000: Price
    class_b_per_1000: Price


class BigQueryPrices(BaseModel, frozen=True, extra="forbid"):
    """Prices of a dataset: by GiB and month stored, by TiB that queries read, by GiB loaded."""

    source: Text
    location: Text
    storage_gib_month: Price
    query_tib: Price
    load_gib: Price


class Prices(BaseModel, frozen=True, extra="forbid"):
    """A price table; `date` is the day its prices were noted."""

    date: Annotated[date, BeforeValidator(_parse_date)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    cloud_storage: CloudStoragePrices
    bigquery: BigQueryPrices


def load_prices(path: Path = DEFAULT_PRICES) -> Prices:
    """Read the table in the file. Raises UserError when it cannot be read."""
    return parse_prices(read_text(path, "The price table"), str(path))


def parse_prices(text: str, source: str) -> Prices:
    """Parse the table; `source` names it in errors. Raises UserError."""
    document = parse_yaml(text, source)
    try:
        return Prices.model_validate(document)
    except ValidationError as error:
        said = " ".join(explain(error).split()).encode("utf-8", "backslashreplace").decode()
        raise UserError(f"{source}: {said}.") from None
