"""Local time on the UTC line: offsets of zones, edges of bands, billing cycles.

Rating knows no time zones. What a catalog says in local time (a band from 08:00 to 19:00 on week days, a cycle that
begins on the 15th) is turned here, before rating begins, into sorted half-open ranges of UTC. Each instant then lies
in exactly one range, so daylight saving can neither charge an hour twice nor lose one.
"""

from .bands import FIRST_YEAR, LAST_YEAR, band_edges
from .cycles import cycle, cycle_of, local_midnight
from .zones import transitions, zone_info, zone_names

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "band_edges",
    "cycle",
    "cycle_of",
    "local_midnight",
    "transitions",
    "zone_info",
    "zone_names",
]
