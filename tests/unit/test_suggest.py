"""The nearest known name, within three edits."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from rapidfuzz.distance import OSA

from service.web.suggest import SCOPE, known_names, nearest_name

KNOWN = ("title", "home_country", "exclude_countries", "fee", "limit", "min_experience_years")
letters = st.sampled_from(string.ascii_lowercase + "_")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("titel", "title"),
        ("Title", "title"),
        ("home_contry", "home_country"),
        ("homecountrys", "home_country"),
        ("exclude_country", "exclude_countries"),
        ("limt", "limit"),
        ("fees", "fee"),
        ("xyz", None),
        ("experience", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_given(name: str, near: str | None) -> None:
    """Close spellings are named; a name that shares too little is not."""
    assert nearest_name(name, KNOWN) == (f' Did you mean "{near}"?' if near else "")


@given(st.text(letters, max_size=24), st.lists(st.text(letters, max_size=24), max_size=8))
def test_no_suggestion_is_more_than_three_edits_away(name: str, known: list[str]) -> None:
    """Whatever is suggested is known, near, and more alike than not."""
    said = nearest_name(name, known)
    if said:
        suggested = said.split('"')[1]
        edits = OSA.distance(name, suggested)
        assert suggested in known
        assert edits <= 3
        assert edits * 2 <= max(len(name), len(suggested))
        assert edits == min(OSA.distance(name, one) for one in known if one)
    else:
        assert all(
            OSA.distance(name, one) > 3 or OSA.distance(name, one) * 2 > max(len(name), len(one))
            for one in _nearest(name, known)
        )


def _nearest(name: str, known: list[str]) -> list[str]:
    """Return the first of the known names with the fewest edits."""
    return sorted((one for one in known if one), key=lambda one: OSA.distance(name, one))[:1]


@given(st.data())
def test_up_to_three_slips_in_a_long_name_are_forgiven(data: st.DataObject) -> None:
    """Dropped, added, changed letters: the name meant is found, alone among strangers."""
    name = "min_experience_years"
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(name) - 1))
        put = data.draw(st.one_of(st.just(""), letters))
        name = name[:at] + put + name[at + data.draw(st.integers(0, 1)) :]
    assert nearest_name(name, KNOWN) == ' Did you mean "min_experience_years"?'


class Inner(BaseModel):
    """A part."""

    amount: int
    hidden: int = Field(0, json_schema_extra={SCOPE: "restricted"})


class Outer(BaseModel):
    """A body."""

    one: Inner | None = None
    many: list[Inner] = []
    plain: str = ""


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ([], ["one", "many", "plain"]),
        (["one"], ["amount"]),
        (["many", 3], ["amount"]),
        (["plain"], []),
        (["nowhere", 1, "deeper"], []),
    ],
)
def test_names_are_those_a_caller_may_see(path: list[str | int], names: list[str]) -> None:
    """A path leads through optional parts and lists; restricted fields need their scope."""
    assert known_names(Outer, path, lambda _: False) == names
    hidden = ["hidden"] if names == ["amount"] else []
    assert known_names(Outer, path, lambda scope: scope == "restricted") == names + hidden
