"""Where the readings come from."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from wattif_dagster.metering.simulation import parse_day


class SourceSettings(BaseModel):
    """Where the readings come from: the simulation, or files that `wattif import` lands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["simulation", "files"] = Field(
        default="simulation", description="simulation, or files that `wattif import` lands."
    )
    first_day: Annotated[date, BeforeValidator(lambda day: parse_day(str(day)))] | None = Field(
        default=None, description="First day of imported readings, and of every partition."
    )

    @model_validator(mode="after")
    def _files_have_a_first_day(self) -> Self:
        if self.is_imported and self.first_day is None:
            raise ValueError(
                "WATTIF_SOURCE__KIND=files needs WATTIF_SOURCE__FIRST_DAY, the first day of your "
                "readings, which `wattif import --dry-run FILE` tells"
            )
        return self

    @property
    def is_imported(self) -> bool:
        """Whether the readings are imported."""
        return self.kind == "files"
