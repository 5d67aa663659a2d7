"""Which listings may be shown at all, as data: an index turns it into a mask or into SQL.

Every hard rule that can be decided from a listing alone is stated here, so that it
applies before the nearest-neighbour search and never starves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from service.domain.corridor import Corridor
from service.domain.listing import Kind
from service.domain.person import MinWage
from service.domain.refusal import Refusal

Degrees = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_EARTH_RADIUS_KM: Final = 6371.0088


@dataclass(frozen=True, slots=True)
class Circle:
    """A centre in degrees and a radius in kilometres.

    spread_km: how far from the centre the person may really live, where only an area is known.
    """

    lat: float
    lon: float
    radius_km: float
    spread_km: float = 0.0

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

    def surely_beyond(self, lat: Degrees, lon: Degrees, spread_km: Degrees) -> Mask:
        """Return which places, each known to within `spread_km`, are out of reach for certain.

        An unknown place, NaN, is not beyond any radius.
        """
        beyond: Mask = self.distances_km(lat, lon) - spread_km - self.spread_km > self.radius_km
        return beyond


@dataclass(frozen=True, slots=True)
class WageFloor:
    """The least a month must pay. least: by currency, wherever it can be compared.

    A wage that is unknown or cannot be compared passes, unless `known_only`.
    """

    stated: MinWage
    least: Mapping[str, float] = field(hash=False)
    known_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """All conditions hold together. None means no condition.

    `closed` holds the corridors that are closed to the person today. A listing whose place or
    occupation is unknown passes the condition on it. `min_wage` is the person's floor,
    `filter_wage` what the asker wants to see. `viewer` is the organisation that looks: what is
    private to others is not there for it, and without one only what is public is.
    """

    kinds: frozenset[Kind] = frozenset(Kind)
    countries: frozenset[str] | None = None
    countries_not: frozenset[str] = frozenset()
    valid_on: date | None = None
    refusals: tuple[Refusal, ...] = ()
    closed: tuple[Corridor, ...] = ()
    sectors: frozenset[str] | None = None
    isco08: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    min_wage: WageFloor | None = None
    filter_wage: WageFloor | None = None
    within: Circle | None = None
    licensed_only: bool = False
    viewer: str | None = None
