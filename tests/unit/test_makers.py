"""Machines that are called by their makers: what the encoder is told, and what stays as it is."""

import csv
import re

import pytest

from service.settings import bundled
from service.skills.makers import Makers

WORK = bundled("data", "lexicon", "work")
MAKERS = Makers.read(WORK / "makers.csv")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("I ran Komatsu PC200 and Cat 320", "I ran Komatsu excavator and excavator"),
        ("JCB 3DX in Kollam, four years", "JCB backhoe loader in Kollam, four years"),
        ("CAT D8 on the landfill", "bulldozer on the landfill"),
        ("bobcat also", "bobcat skid steer loader also"),
        ("sewing on Juki", "sewing on Juki industrial sewing machine"),
        ("Tadano 50 ton", "Tadano mobile crane 50 ton"),
        ("JCB backhoe loader operator", "JCB backhoe loader operator"),
    ],
)
def test_a_maker_is_the_machine(said: str, meant: str) -> None:
    """With the model's number or without; a machine that is named is not named twice."""
    assert MAKERS.said(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "I had a cat 5 years",
        "feeding the cat",
        "a PC 10 years old",
        "Lincoln is my village",
        "I carried 320 bags",
        "the Kones live here",
    ],
)
def test_what_is_a_word_as_well_needs_a_number(said: str) -> None:
    """And not just any number."""
    assert MAKERS.said(said) == said


def test_no_maker_is_a_name_of_people() -> None:
    """What is taken out of words because it names somebody must not come back as a machine."""
    names = set(bundled("data", "lexicon", "names.txt").read_text(encoding="utf-8").split())
    assert names.isdisjoint(MAKERS.plain)


def test_every_maker_stands_there_once_and_is_found() -> None:
    """Each row's name alone, or with a number, becomes its machine."""
    with (WORK / "makers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [(row["name"].lower(), row["number"]) for row in rows]
    assert len(set(keys)) == len(keys)
    for row in rows:
        said = f"{row['name']} 320" if row["number"] else row["name"]
        heard = MAKERS.said(f"ran a {said}")
        assert heard.endswith(row["machine"])
        assert not re.search(r"\d", heard)
        assert re.fullmatch(r"[a-zA-Z -]+", row["machine"])
