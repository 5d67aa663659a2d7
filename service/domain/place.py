"""Where something is, and how exactly that is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees, and how many kilometres around it may be meant (0: stated exactly)."""

    lat: float
    lon: float
    spread_km: float = 0.0
