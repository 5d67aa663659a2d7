"""Which adverts may be one vacancy, and which may not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.domain.listing import Kind, Listing, WagePeriod
from service.domain.twins import blocks_of
from service.rules.twins import likeness

TEXT = "Lays bricks and blocks, plasters walls, reads drawings; food and lodging are given."
BOARD = Listing(
    kind=Kind.JOB,
    title="Mason (Brickwork)",
    country="QA",
    employer="Gulf Stone Builders W.L.L",
    description=TEXT,
    valid_through=date(2026, 12, 31),
    wage_min=1200,
    wage_max=1500,
    wage_currency="QAR",
    wage_period=WagePeriod.MONTH,
)
MINISTRY = replace(
    BOARD,
    title="MASON - brickwork",
    employer="Gulf Stone Builders",
    description="Food and lodging given. Lays bricks and blocks, plasters walls.",
    valid_through=date(2027, 1, 2),
    wage_min=1400,
    wage_max=None,
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"employer": "The Gulf Stone Builders Company Ltd"},
        {"title": "Masons, brickwork"},
        {"employer": None},
        {"valid_through": None},
        {"wage_min": None},
        {"wage_min": 5000, "wage_currency": "BDT"},
        {"description": None},
    ],
)
def test_what_may_be_the_same(changes: dict[str, Any]) -> None:
    """Written differently, or saying less, it is still proposed, from either side."""
    other = replace(MINISTRY, **changes)
    found = likeness(BOARD, other)
    assert found is not None
    assert found >= 0.7
    assert likeness(other, BOARD) == found
    assert set(blocks_of(BOARD)) & set(blocks_of(other))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": Kind.TRAINING},
        {"country": "SA"},
        {"employer": "Desert Rose Contracting"},
        {"title": "Plumber"},
        {"valid_through": date(2027, 3, 1)},
        {"wage_min": 4000},
        {"region": "Doha"},
        {"description": "Drives a heavy lorry between the port and the quarry at night."},
        {"employer": None, "description": None},
        {"employer": None, "description": "Mason wanted at once for a site in the city, apply."},
    ],
)
def test_what_is_another(changes: dict[str, Any]) -> None:
    """Whatever contradicts it, or too little that speaks for it, is enough to say nothing."""
    board = replace(BOARD, region="Al Khor") if "region" in changes else BOARD
    assert likeness(board, replace(MINISTRY, **changes)) is None


def test_titles_meet_in_any_order_of_words() -> None:
    """And under look-alike letters."""
    names = {
        blocks_of(Listing(kind=Kind.JOB, title=title, country="QA"))
        for title in ("Brick mason", "mason, BRICK", "Masons brick", "m\u0430son brick")
    }
    assert len(names) == 1
    assert blocks_of(Listing(kind=Kind.JOB, title="!", country="QA")) == ()
