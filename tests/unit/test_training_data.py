"""The data models are trained on is what its description says it is."""

import json

import pytest

from models.boards import TrainingBoard, labelled, labelled_clauses, read_boards
from service.settings import bundled

BOARDS = read_boards(bundled("data", "training"))


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_grades_and_evidence_are_about_the_boards_own_listings(board: TrainingBoard) -> None:
    """Grades from 1 to 3, and every quotation stands in the person's own words."""
    for person in board.people:
        assert person.grades.keys() <= board.listings.keys()
        assert set(person.grades.values()) <= {1, 2, 3}
        quotes = [one for some in person.quotes.values() for one in some if one]
        assert all(quote in person.text for quote in quotes), person.id
        assert person.clauses, person.id


def test_no_person_of_the_boards_is_in_the_gold_set() -> None:
    """What measures is not trained on: no twelve words in a row are shared."""

    def runs(text: str) -> set[tuple[str, ...]]:
        words = text.casefold().split()
        return {tuple(words[at : at + 12]) for at in range(len(words) - 11)}

    gold = {
        run
        for path in bundled("data", "gold").glob("people_*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
        for run in runs(json.loads(line)["text"])
    }
    shared = [p.id for board in BOARDS for p in board.people if runs(p.text) & gold]
    assert shared == []


def test_what_is_marked_as_not_about_work_is_left_out() -> None:
    """A phrase that lies mostly in a marked stretch is not about work."""
    text = "I laid tiles and my father died. Plaster too."
    found = labelled(text, [(text.index("my father"), text.index(". Plaster"))])
    assert [(one.clause.phrase, one.work) for one in found] == [
        ("I laid tiles", True),
        ("my father died", False),
        ("Plaster too", True),
    ]


def test_labelled_clauses_hold_both_kinds() -> None:
    """Thousands of phrases, a good part of them about work."""
    found = labelled_clauses(bundled("data", "lexicon"))
    share = sum(one.work for one in found) / len(found)
    assert len(found) > 5000
    assert 0.2 < share < 0.8
