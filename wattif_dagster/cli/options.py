"""Settings with the options of a command over them."""

from collections.abc import Mapping

from wattif_dagster.settings import Settings


def with_options(
    settings: Settings, simulation: Mapping[str, object], ingest: Mapping[str, object]
) -> Settings:
    """The settings with these of their fields changed; None leaves one as it is.

    Raises UserError when they make no sense.
    """
    return Settings.load(
        **settings.model_dump(exclude={"simulation", "ingest"}),
        simulation={**settings.simulation.model_dump(), **_given(simulation)},
        ingest={**settings.ingest.model_dump(exclude_unset=True), **_given(ingest)},
    )


def _given(options: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}
