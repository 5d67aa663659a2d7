"""Which listings may be shown at all, as data: an index turns it into a mask or into SQL.

Every hard rule that can be decided from a listing alone is stated here, so that it
applies before the nearest-neighbour search and never starves it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from service.domain.listing import Kind
from service.domain.person import MinWage

Degrees = npt.NDArray[np.float64]

_EARTH_RADIUS_KM: Final = 6371.0088


@dataclass(frozen=True, slots=True)
class Circle:
    """A centre in degrees and a radius in kilometres."""

    lat: float
    lon: float
    radius_km: float

    def distances_km(self, lat: Degrees, lon: Degrees) -> npt.NDArray[np.float64]:
        """Return great-circle distances from the centre (haversine), NaN for unknown places.

        Rules and index both measure here: to the last bit, they must not disagree.
        """
        lats, lat0 = np.radians(lat), np.radians(self.lat)
        half = (
            np.sin((lats - lat0) / 2) ** 2
            + np.cos(lats) * np.cos(lat0) * np.sin(np.radians(lon - self.lon) / 2) ** 2
        )
        # Rounding can lift `half` above 1 for points on opposite sides of the Earth.
        distances: npt.NDArray[np.float64] = (
            2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1)))
        )
        return distances


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """All conditions hold together. None means no condition.

    `isco08_not` and `words_not` are vetoes: ISCO-08 prefixes and normalised words that
    must not stand in the title or the skills. A listing whose wage, place or occupation
    is unknown passes the condition on it, and a wage in another currency counts as unknown.
    `min_wage` is the person's floor, `filter_wage` what the asker wants to see.
    """

    kinds: frozenset[Kind] = frozenset(Kind)
    countries: frozenset[str] | None = None
    countries_not: frozenset[str] = frozenset()
    valid_on: date | None = None
    isco08_not: frozenset[str] = frozenset()
    words_not: frozenset[str] = frozenset()
    sectors: frozenset[str] | None = None
    isco08: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    min_wage: MinWage | None = None
    filter_wage: MinWage | None = None
    within: Circle | None = None
    licensed_only: bool = False
