"""What the environment decides, as typed options.

`environment` reads it, in one place and when definitions are built. The other modules hold the
options of one subject each. Nothing here knows Dagster or a Google client.
"""

from wattif_dagster.settings.endpoints import Endpoints, reach_loopback_directly, read_endpoints
from wattif_dagster.settings.environment import Settings

__all__ = ["Endpoints", "Settings", "reach_loopback_directly", "read_endpoints"]
