"""The settings as typed options, read from the environment and from `.env`.

`environment` reads them when definitions are built, and `variables` refuses misspelt ones. The
other modules hold the options of one subject each. The settings of the simulation are in
`metering`, because they decide every byte. Nothing here knows Dagster or a Google client.
"""

from wattif_dagster.settings.endpoints import Endpoints, reach_loopback_directly, read_endpoints
from wattif_dagster.settings.environment import Settings

__all__ = ["Endpoints", "Settings", "reach_loopback_directly", "read_endpoints"]
