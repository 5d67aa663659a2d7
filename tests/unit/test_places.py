"""Areas that stand in for coordinates."""

import numpy as np
import pytest

from service.domain.eligibility import Circle
from service.domain.place import Place
from service.rules.places import Places
from service.settings import bundled

PLACES = Places.read(bundled("data", "rules", "places.csv"))


@pytest.mark.parametrize(
    ("country", "region", "near"),
    [
        ("BD", "Cox's Bazar", (21.4, 92.0)),
        ("BD", "Savar, Dhaka", (23.85, 90.25)),
        ("BD", "কুমিল্লা", (23.5, 91.2)),
        ("BD", "Comilla District", (23.5, 91.2)),
        ("NP", "Lumbini Province", (27.9, 83.0)),
        ("LK", "Northern Province", (9.2, 80.4)),
        ("IN", "Hyderabad, Telangana", (17.4, 78.5)),
        ("PK", "KARACHI", (24.9, 67.1)),
        ("PH", "Davao City", (7.1, 125.5)),
        ("ID", "Wonosobo", (-7.4, 109.9)),
    ],
)
def test_a_region_is_found_as_people_write_it(
    country: str, region: str, near: tuple[float, float]
) -> None:
    """With its area, its older name, its own script; to within what is said of its reach."""
    place = PLACES.find(country, region)
    assert place is not None
    away = Circle(*near, 1).distances_km(np.array([place.lat]), np.array([place.lon]))[0]
    assert away <= place.spread_km + 40


def test_a_region_belongs_to_its_country() -> None:
    """Punjab of one is not Punjab of the other; what nobody knows is nowhere."""
    indian, pakistani = PLACES.find("IN", "Punjab"), PLACES.find("PK", "Punjab")
    assert indian is not None
    assert pakistani is not None
    assert indian != pakistani
    assert PLACES.find("BD", "Atlantis") is None
    assert PLACES.find(None, "Dhaka") is None
    assert PLACES.find("BD", None) is None


def test_only_what_is_surely_out_of_reach_is_beyond() -> None:
    """An area whose edge may lie within the radius is within."""
    circle = Circle(23.8, 90.4, 50, spread_km=10)
    lat, lon = np.array([24.5]), np.array([90.4])  # 78 km
    assert circle.surely_beyond(lat, lon, np.array([0.0]))[0]
    assert not circle.surely_beyond(lat, lon, np.array([20.0]))[0]
    assert not circle.surely_beyond(np.array([np.nan]), lon, np.array([0.0]))[0]


def test_every_area_is_on_the_map() -> None:
    """Coordinates and reach are numbers that can be."""
    assert len(PLACES.areas) > 2000
    assert all(
        isinstance(place, Place)
        and -90 <= place.lat <= 90
        and -180 <= place.lon <= 180
        and 0 < place.spread_km < 700
        for place in PLACES.areas.values()
    )
