"""Where an area of a sending country lies: what stands in for coordinates nobody gave."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from service.domain.listing import Listing
from service.domain.person import Profile
from service.domain.place import Place
from service.domain.text import skeleton

_OF_AN_AREA: Final = frozenset(
    """district division province state region zone upazila city municipality zila zilla sadar
    metro governorate county regency kabupaten kota oblast territory area of""".split()  # noqa: SIM905 - a list to read
)

_LEVELS: Final = ("3", "1", "2")
"""Levels by who wins a name, the last one over all."""


@dataclass(frozen=True, slots=True)
class Places:
    """First- and second-level areas: (country, name) → the middle and how far it reaches."""

    areas: Mapping[tuple[str, str], Place]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read country,level,name,also,parent,lat,lon,radius_km.

        Of areas with one name a district wins over the province around it, and both over a town.
        """
        with path.open(encoding="utf-8", newline="") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: _LEVELS.index(row["level"]))
        areas = {}
        for row in rows:
            place = Place(float(row["lat"]), float(row["lon"]), float(row["radius_km"]))
            for name in (row["name"], *row["also"].split("|")):
                if key := _key(name):
                    areas[row["country"], key] = place
        return cls(areas)

    def find(self, country: str | None, region: str | None) -> Place | None:
        """Return where a region is, as people write it ("Savar, Dhaka"), None if unknown."""
        if country is None or region is None:
            return None
        for part in (region, *region.split(",")):
            place = self.areas.get((country, _key(part)))
            if place is not None:
                return place
        return None

    def of_listing(self, listing: Listing) -> Place | None:
        """Return where a listing is: its own coordinates, else its area's."""
        if listing.lat is not None and listing.lon is not None:
            return Place(listing.lat, listing.lon)
        return self.find(listing.country, listing.region)

    def of_person(self, profile: Profile) -> Place | None:
        """Return where a person lives: their coordinates, else their area's."""
        if profile.lat is not None and profile.lon is not None:
            return Place(profile.lat, profile.lon)
        return self.find(profile.home_country, profile.region)


def _key(name: str) -> str:
    words = skeleton(name).split()
    return " ".join(word for word in words if word not in _OF_AN_AREA) or " ".join(words)
