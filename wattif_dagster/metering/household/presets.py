"""The presets of homes: what they own, how regularly they live, and what changes in their lives.

The parameters of the presets other than `calm` were set by hand until the statistics of simulated
fleets span those of real homes; docs/homes.md has both. They are assumptions.
"""

from dataclasses import dataclass
from typing import Literal

PresetName = Literal["calm", "restless", "electric", "solar"]


@dataclass(frozen=True)
class Preset:
    """Parameters of a fleet of homes. Shares and chances are from 0 to 1, pairs are two ends."""

    # How much energy
    median_annual_kwh: int = 2700
    """Of the lognormal distribution; the default is Ofgem's typical consumption of 2023."""
    annual_sigma: float = 0.61
    largest_kwh: int = 14_000
    resident: tuple[float, float] = (0.18, 0.38)
    """Part of a home's mean power that flows whether or not anybody is there."""
    fuse_watts: int = 23_000
    """No reading is larger; the default is a main fuse of 100 A at 230 V."""

    # What homes own
    shower_share: float = 0.45
    vehicle_share: float = 0.05
    charger_watts: int = 7200
    heating_share: float = 0.08
    watts_per_kelvin: tuple[float, float] = (40, 100)
    """Of the homes that heat with electricity, for each kelvin below 15 degrees Celsius."""
    timer_share: float = 0.0
    """Homes with a device that a clock switches on every day: a boiler, or the pump of a pool."""
    timer_watts: tuple[int, int] = (0, 0)
    timer_hours: tuple[int, int] = (0, 0)
    """When it is switched on. Beyond 24 hours it is the next day."""
    timer_seconds: tuple[int, int] = (0, 0)
    """For how long it runs, another time each day."""
    panel_share: float = 0.0
    """Homes with solar panels."""
    panel_watts: tuple[int, int] = (3000, 8000)
    """In full sun."""
    holiday_home_share: float = 0.0
    """Homes that are switched off unless somebody visits them."""

    # How regularly they live
    standby_sigma: tuple[float, float] = (0.08, 0.08)
    """Standard deviation of the logarithm of a day's standby."""
    standby_persistence: float = 0.0
    """Correlation of a home's standby with the day before."""
    day_sigma: tuple[float, float] = (0.12, 0.30)
    """Standard deviation of the logarithm of a day's energy at will."""
    regular: float = 0.4
    """Chance of an appliance of the home to be used on a day."""
    habitual: float = 0.6
    """Part of the uses that keep to their hour."""
    habit_seconds: int = 1800
    """Time within which they do."""
    vacation_chance: float = 0.008
    """Of a vacation, or of a visit to a holiday home, to begin on a day."""

    # What changes in a year: the part of the homes
    new_tenants: float = 0.0
    new_vehicles: float = 0.0
    new_heat_pumps: float = 0.0
    new_panels: float = 0.0
    new_appliances: float = 0.0

    # The meters
    import_only_share: float = 1.0
    """Meters of homes with panels that show 0 where others show less than 0."""
    coarse_share: float = 0.0
    """Meters that count in steps of 10 Wh, 100 Wh or 1 kWh, a third each."""
    gap_share: float = 0.0
    """Meters that lose some hours of readings every few days."""

    @property
    def least_watts(self) -> int:
        """No reading is smaller: below 0 where there may be panels."""
        return -10_000 if self.panel_share or self.new_panels else 0

    @property
    def has_changes(self) -> bool:
        """Whether lives and meters change in ways that are labelled as benign."""
        return self != PRESETS["calm"]


PRESETS: dict[PresetName, Preset] = {
    "calm": Preset(),
    "restless": Preset(
        annual_sigma=0.42,
        largest_kwh=9000,
        resident=(0.05, 0.15),
        shower_share=0.3,
        vehicle_share=0.16,
        standby_sigma=(0.2, 0.8),
        standby_persistence=0.7,
        day_sigma=(0.33, 0.63),
        regular=0.85,
        habitual=0.9,
        vacation_chance=0.02,
        holiday_home_share=0.03,
        new_tenants=0.15,
        new_vehicles=0.04,
        new_heat_pumps=0.02,
        new_appliances=0.3,
        coarse_share=0.2,
        gap_share=0.03,
    ),
    "electric": Preset(
        median_annual_kwh=6500,
        annual_sigma=0.85,
        largest_kwh=40_000,
        resident=(0.3, 0.45),
        fuse_watts=27_600,  # three phases of 40 A at 230 V
        vehicle_share=0.02,
        charger_watts=11_000,
        heating_share=0.08,
        timer_share=0.95,
        timer_watts=(6000, 12_000),  # boilers, at night
        timer_hours=(22, 26),
        timer_seconds=(300, 2700),
        standby_sigma=(0.3, 0.7),
        standby_persistence=0.6,
        day_sigma=(0.04, 0.1),
        habitual=0.5,
        vacation_chance=0.005,
        new_tenants=0.12,
        new_vehicles=0.05,
        new_heat_pumps=0.05,
        new_appliances=0.3,
        coarse_share=0.2,
    ),
    "solar": Preset(
        median_annual_kwh=6500,
        annual_sigma=0.05,
        resident=(0.36, 0.52),
        vehicle_share=0.02,
        heating_share=0.5,
        watts_per_kelvin=(8, 16),
        timer_share=0.6,
        timer_watts=(650, 1400),  # pumps of pools, by day
        timer_hours=(10, 13),
        timer_seconds=(4 * 3600, 7 * 3600),
        panel_share=0.08,
        panel_watts=(3000, 6000),
        standby_sigma=(0.85, 1.15),
        standby_persistence=0.86,
        day_sigma=(0.36, 0.66),
        regular=0.9,
        habitual=0.8,
        habit_seconds=900,
        new_tenants=0.1,
        new_vehicles=0.03,
        new_panels=0.05,
        new_appliances=0.2,
        import_only_share=0.5,
        coarse_share=0.05,
    ),
}
"""The readings of `calm` are those of versions that had no presets."""
