"""What a catalog means by local time: offsets of zones, billing cycles, public holidays.

Rating knows no time zones by name. What it needs of them is turned here into plain numbers: from which instant on a
zone has which offset, between which instants a cycle lies, which days are holidays.
"""

from .cycles import cycle, cycle_of, local_midnight
from .public_holidays import public_holidays
from .zones import transitions, zone_info, zone_names

__all__ = [
    "cycle",
    "cycle_of",
    "local_midnight",
    "public_holidays",
    "transitions",
    "zone_info",
    "zone_names",
]
