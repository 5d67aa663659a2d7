"""The lexicon of work and the spoken pairs are whole, and apart from what measures them."""

import csv
import json

import pytest

from service.settings import bundled
from service.skills.language import SCRIPTS, script
from service.skills.letters import words
from service.skills.lexicon import LANGUAGES, MOST_WORDS
from service.wiring import _interpreter

WORK = bundled("data", "lexicon", "work")
KINDS = {
    *("occupation", "skill", "duty", "tool", "machine", "material", "place", "certificate"),
    *("slang", "word", "life"),
}


def rows(name: str) -> list[dict[str, str]]:
    """Read a table of the lexicon."""
    with (WORK / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_concepts_are_plain_and_each_there_once() -> None:
    """At least 1,500, with known kinds and ISCO-08 unit groups that exist."""
    concepts = rows("concepts")
    with bundled("data", "taxonomy", "isco08.csv").open(encoding="utf-8", newline="") as file:
        groups = {row["code"] for row in csv.DictReader(file)}
    assert len(concepts) >= 1500
    assert len({one["id"] for one in concepts}) == len(concepts)
    assert {one["kind"] for one in concepts} == KINDS
    assert {one["isco"] for one in concepts} - {""} <= groups
    assert all(one["english"].strip() for one in concepts)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_concept_has_words_in_every_language(code: str) -> None:
    """In the language's own script, in the order of the concepts."""
    found = rows(f"words_{code}")
    assert [one["id"] for one in found] == [one["id"] for one in rows("concepts")]
    own = {name for name, codes in SCRIPTS.items() if code in codes}
    natives = [form for one in found for form in one["native"].split("|")]
    assert all(form.strip() for form in natives)
    # A few things are only ever said by their Latin letters: MDF, 6G, CNC.
    foreign = [form for form in natives if script(form) not in {*own, None}]
    assert len(foreign) < 0.02 * len(natives), foreign[:10]
    longest = [form for form in natives if len(words(form)) > MOST_WORDS]
    assert len(longest) < 0.05 * len(natives), longest[:10]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_place_has_names_in_every_language(code: str) -> None:
    """In the order of the places, in the language's own script, no name for two of them."""
    places, found = rows("places"), rows(f"places_{code}")
    assert {one["kind"] for one in places} == {"country", "region", "city"}
    assert [one["id"] for one in found] == [one["id"] for one in places]
    own = {name for name, codes in SCRIPTS.items() if code in codes}
    named: dict[str, str] = {}
    for one in found:
        natives = one["native"].split("|")
        assert all(form.strip() and script(form) in {*own, None} for form in natives), one
        for form in (*natives, *filter(None, one["latin"].split("|"))):
            assert named.setdefault(" ".join(words(form)), one["id"]) == one["id"], form


@pytest.mark.parametrize(("table", "least"), [("everyday", 400), ("life", 35)])
def test_plain_words_are_each_there_once_and_in_their_own_script(table: str, least: int) -> None:
    """Plain English once; a form of a language is in its script or in Latin letters."""
    found = rows(table)
    assert len({one["english"] for one in found}) == len(found) >= least
    for code in LANGUAGES:
        own = {name for name, codes in SCRIPTS.items() if code in codes}
        forms = [form for one in found for form in filter(None, one[code].split("|"))]
        assert {script(form) for form in forms} <= {*own, "LATIN"}, code
        assert len(forms) > len(found)


@pytest.mark.parametrize(
    "said",
    [
        *("কুয়েতে ছয় বছর", "কাতারে ছিলাম", "সৌদিতে", "क़तर में छह साल", "سعودی میں", "دبئی میں"),
        *("दुबईमा", "ඩුබායි වල", "குவைத்தில்", "ദുബായിൽ", "في الكويت", "ginawa ko sa Dubai"),
        "saya dulu di Arab Saudi",
    ],
)
def test_a_place_is_no_work(said: str) -> None:
    """Nothing is left of it for the encoder, in any language."""
    interpreter = _interpreter()
    language = interpreter.language(said)
    assert language is not None
    gloss = interpreter.gloss(language, said)
    assert any(one.names_a_place for one in gloss.words), gloss
    assert not any(one.concept and one.concept.kind in KINDS - {"word"} for one in gloss.words)


@pytest.mark.parametrize("code", LANGUAGES)
def test_spoken_pairs_are_none_of_the_gold_texts(code: str) -> None:
    """Ids once, both sides said, and no eight words in a row from a text that measures."""

    def runs(text: str) -> set[tuple[str, ...]]:
        said = words(text)
        return {tuple(said[at : at + 8]) for at in range(len(said) - 7)}

    path = bundled("data", "parallel", f"pairs_{code}.jsonl")
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({one["id"] for one in pairs}) == len(pairs) >= 500
    assert all(one["text"].strip() and one["en"].strip() for one in pairs)
    gold = {
        run
        for spoken in bundled("data", "gold").glob(f"spoken_{code}*.jsonl")
        for line in spoken.read_text(encoding="utf-8").splitlines()
        for run in runs(json.loads(line)["text"])
    }
    assert [one["id"] for one in pairs if runs(one["text"]) & gold] == []


def test_the_second_reading_is_about_forms_that_were_there() -> None:
    """A hundred forms of each language, each of a concept."""
    read = rows("second_reading")
    ids = {one["id"] for one in rows("concepts")}
    assert {one["lang"] for one in read} == set(LANGUAGES)
    assert len(read) == 100 * len(LANGUAGES)
    assert {one["id"] for one in read} <= ids
    assert sum(one["verdict"] == "wrong" for one in read) < 0.05 * len(read)
