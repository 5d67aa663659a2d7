"""What every store promises about people."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from service.domain.embedding import Grams
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.person import Contact, Profile, ReturnCategory, forgotten_name
from service.domain.records import Effect
from service.ports import Store
from tests.contracts.examples import (
    FULL_PROFILE,
    HOME,
    MODEL,
    NEXT_MODEL,
    OTHER,
    person_put,
    reading,
    said_of,
    write_person,
)

CONTACT = Contact("Rokeya Begum", "+880 1700 000000")


def _texts(
    store: Store, limit: int, where: dict[str, str], organisation: str = HOME.id
) -> list[str]:
    texts: list[str] = []
    after: int | None = 0
    while after is not None:
        page = store.page_of_people(organisation, after=after, limit=limit, where=where)
        texts += [person.profile.text for person in page.items]
        after = page.next_after
    return texts


def test_everything_about_a_person_comes_back(store: Store) -> None:
    """Every field of profile and contact is read as it was written."""
    put = person_put("", content=FULL_PROFILE, source="ngo", external_id="17")
    written = store.put_person(put, CONTACT, reading("x"))
    assert written.effect is Effect.CREATED
    person = store.person(HOME.id, written.record.id)
    assert person == written.record == store.person_by_source(HOME.id, "ngo", "17")
    assert (person.profile, person.contact, person.version) == (FULL_PROFILE, CONTACT, 1)


@pytest.mark.parametrize("text", ["", "\x00", "a\u200bb", "\U0001f9f1 ইট", "'; DROP TABLE people"])
def test_any_words_are_kept(store: Store, text: str) -> None:
    """Words are data: invisible, foreign or hostile ones come back as they are."""
    person = write_person(store, text, Contact(text, text)).record
    assert store.person(HOME.id, person.id).profile.text == text
    assert store.person(HOME.id, person.id).contact == Contact(text, text)


def test_a_person_without_names_is_always_new(store: Store) -> None:
    """Two people who say the same are two people."""
    first, second = write_person(store, "I cook"), write_person(store, "I cook")
    assert first.effect is second.effect is Effect.CREATED
    assert first.record.id != second.record.id


def test_a_change_counts_up_and_keeps_the_identity(store: Store) -> None:
    """A write under the same names, or to the same record, is one version on."""
    first = write_person(store, "I cook", source="ngo", external_id="1").record
    second = write_person(store, "I sew", source="ngo", external_id="1")
    assert second.effect is Effect.CHANGED
    third = write_person(store, "I weld", record_id=first.id).record
    assert first.id == second.record.id == third.id
    assert (second.record.version, third.version) == (2, 3)
    assert (third.source, third.external_id) == ("ngo", "1")
    assert third.created_at == first.created_at
    assert store.person(HOME.id, first.id).profile.text == "I weld"


def test_the_same_again_changes_nothing(store: Store) -> None:
    """A repeated write leaves version and dates alone."""
    first = write_person(store, "I cook", CONTACT, source="ngo", external_id="1").record
    again = write_person(store, "I cook", CONTACT, source="ngo", external_id="1")
    assert again.effect is Effect.UNCHANGED
    assert again.record == first


def test_a_write_can_keep_the_category_that_is_stored(store: Store) -> None:
    """Within the write, before it is told whether anything changes; a new person has none."""
    named = {"source": "ngo", "external_id": "1"}
    known = Profile(text="I cook", return_category=ReturnCategory.SUCCESS)
    silent = replace(known, return_category=None)
    keeping = replace(person_put("", content=silent, **named), keeps_category=True)
    assert store.put_person(keeping, CONTACT, reading("")).record.profile == silent
    store.put_person(person_put("", content=known, **named), CONTACT, reading(""))
    assert store.put_person(keeping, CONTACT, reading("")).effect is Effect.UNCHANGED
    sews = replace(keeping, content=replace(silent, text="I sew"))
    written = store.put_person(sews, CONTACT, reading(""))
    assert written.record.profile == replace(known, text="I sew")
    erasing = person_put("", content=silent, **named)
    assert store.put_person(erasing, CONTACT, reading("")).record.profile == silent


def test_no_contact_keeps_the_contact_and_an_empty_one_clears_it(store: Store) -> None:
    """Leaving the contact out is not the same as saying there is none."""
    person = write_person(store, "I cook", CONTACT).record
    assert write_person(store, "I sew", None, record_id=person.id).record.contact == CONTACT
    assert write_person(store, "I sew", None, record_id=person.id).effect is Effect.UNCHANGED
    cleared = write_person(store, "I sew", Contact(), record_id=person.id)
    assert cleared.effect is Effect.CHANGED
    assert store.person(HOME.id, person.id).contact == Contact()


@pytest.mark.parametrize(("existing", "expected"), [(False, 1), (True, 0), (True, 2)])
def test_a_wrong_version_is_refused(store: Store, existing: bool, expected: int) -> None:  # noqa: FBT001
    """A writer who read another version, or expected none, changes nothing."""
    if existing:
        write_person(store, "I cook", source="ngo", external_id="1")
    with pytest.raises(PreconditionFailedError):
        write_person(store, "I sew", source="ngo", external_id="1", if_version=expected)
    assert _texts(store, 10, {}) == ["I cook"] * existing


def test_only_one_of_many_racing_writers_wins(store: Store) -> None:
    """Eight threads that read version 1 and write at once: one change, seven refusals."""
    person = write_person(store, "I cook").record

    def change(number: int) -> bool:
        try:
            write_person(store, f"by {number}", record_id=person.id, if_version=1)
        except PreconditionFailedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(change, range(8))) == 1
    assert store.person(HOME.id, person.id).version == 2


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_everyone_once_in_order(store: Store, limit: int) -> None:
    """Whatever the page size, paging gives each person once in order of creation."""
    texts = [f"person {n}" for n in range(5)]
    for text in texts:
        write_person(store, text)
    assert _texts(store, limit, {}) == texts


def test_pages_hold_still_while_people_come_and_go(store: Store) -> None:
    """Between pages others write: nobody is skipped or seen twice, who is new comes last."""
    people = [write_person(store, f"{n}").record for n in range(5)]
    first = store.page_of_people(HOME.id, after=0, limit=2, where={})
    assert first.next_after is not None
    store.delete_person(people[1], if_version=None)
    write_person(store, "0 changed", record_id=people[0].id)
    write_person(store, "new")
    rest = store.page_of_people(HOME.id, after=first.next_after, limit=10, where={})
    assert [person.profile.text for person in rest.items] == ["2", "3", "4", "new"]
    assert rest.next_after is None


def test_pages_can_be_narrowed(store: Store) -> None:
    """Only people of that home country and source are listed, also after a move."""
    write_person(store, "a", source="ngo", external_id="a")
    write_person(store, "b", content=Profile(text="b", home_country="NP"))
    moved = write_person(store, "c", content=Profile(text="c", home_country="NP")).record
    write_person(store, "c", content=Profile(text="c", home_country="BD"), record_id=moved.id)
    assert _texts(store, 1, {"home_country": "NP"}) == ["b"]
    assert _texts(store, 1, {"home_country": "BD"}) == ["a", "c"]
    assert _texts(store, 1, {"source": "ngo"}) == ["a"]


def test_an_erased_person_is_gone_with_their_reading(store: Store) -> None:
    """Neither the record nor what was derived from it can be read; the names are free again."""
    person = write_person(store, "I cook", source="ngo", external_id="1").record
    store.delete_person(person, if_version=None)
    with pytest.raises(NotFoundError):
        store.person(HOME.id, person.id)
    with pytest.raises(NotFoundError):
        store.person_by_source(HOME.id, "ngo", "1")
    assert store.understanding(person, MODEL) is None
    with pytest.raises(NotFoundError):
        store.delete_person(person, if_version=None)
    again = write_person(store, "I cook", source="ngo", external_id="1")
    assert again.effect is Effect.CREATED
    assert again.record.id != person.id


def test_deleting_another_version_is_refused(store: Store) -> None:
    """A person who changed since they were read stays."""
    person = write_person(store, "I cook").record
    write_person(store, "I sew", record_id=person.id)
    with pytest.raises(PreconditionFailedError):
        store.delete_person(person, if_version=1)
    assert store.person(HOME.id, person.id).profile.text == "I sew"
    store.delete_person(person, if_version=2)
    assert _texts(store, 10, {}) == []


def test_a_reading_comes_back_for_its_model_only(store: Store) -> None:
    """How the words were read is kept whole, with vectors to half precision."""
    person = write_person(store, "I cook").record
    saved = store.understanding(person, MODEL)
    assert saved is not None
    assert saved.understanding == reading("I cook").understanding
    assert (saved.model, saved.work_text) == (MODEL, "I cook")
    assert np.allclose(saved.vectors, reading("I cook").vectors, atol=1e-3)
    assert store.understanding(person, NEXT_MODEL) is None


def test_new_words_replace_the_reading_of_the_old(store: Store) -> None:
    """After a change there is one reading, of the new words, by the model that read them."""
    person = write_person(store, "I cook").record
    store.put_person(person_put("I sew", record_id=person.id), None, reading("I sew", NEXT_MODEL))
    assert store.understanding(person, MODEL) is None
    saved = store.understanding(person, NEXT_MODEL)
    assert saved is not None
    assert saved.understanding.phrases[0].text == "I sew"


def test_another_organisation_sees_nobody(store: Store) -> None:
    """By id, by name and by list, a person exists for their own organisation only."""
    person = write_person(store, "I cook", source="ngo", external_id="1").record
    with pytest.raises(NotFoundError):
        store.person(OTHER.id, person.id)
    with pytest.raises(NotFoundError):
        store.person_by_source(OTHER.id, "ngo", "1")
    assert _texts(store, 10, {}, OTHER.id) == []
    assert _texts(store, 10, {"source": "ngo"}, OTHER.id) == []


def test_another_organisation_changes_nobody(store: Store) -> None:
    """A write to someone else's record fails, and the same names make a person of one's own."""
    person = write_person(store, "I cook", source="ngo", external_id="1").record
    with pytest.raises(NotFoundError):
        write_person(store, "stolen", organisation_id=OTHER.id, record_id=person.id)
    theirs = write_person(store, "mine", organisation_id=OTHER.id, source="ngo", external_id="1")
    assert theirs.effect is Effect.CREATED
    assert store.person(HOME.id, person.id) == person


def test_another_organisation_erases_nobody(store: Store) -> None:
    """A record that claims another owner deletes nothing and gives no reading."""
    person = write_person(store, "I cook").record
    forged = replace(person, organisation_id=OTHER.id)
    with pytest.raises(NotFoundError):
        store.delete_person(forged, if_version=None)
    assert store.understanding(forged, MODEL) is None
    assert store.person(HOME.id, person.id) == person


def test_people_outlive_the_process(
    open_store: Callable[[Path], AbstractContextManager[Store]], tmp_path: Path
) -> None:
    """Closing and opening again finds people and readings as they were."""
    with open_store(tmp_path) as store:
        store.add_organisation(HOME)
        person = write_person(store, "I cook", CONTACT).record
    with open_store(tmp_path) as store:
        assert store.person(HOME.id, person.id) == person
        assert store.understanding(person, MODEL) is not None


def test_the_feed_tells_who_changed_and_who_is_gone(store: Store) -> None:
    """Everybody once, at their latest change, in order; who is gone leaves no id in it."""
    first, second = (write_person(store, text).record for text in ("bricks", "tiles"))
    store.put_person(person_put("bricks and plaster", record_id=first.id), None, reading("b"))
    changes = store.person_changes(0, 10)
    assert [(name, there) for _, name, there in changes] == [(second.id, True), (first.id, True)]
    store.delete_person(second, if_version=None)
    (later,) = store.person_changes(changes[-1][0], 10)
    assert later[1:] == (forgotten_name(second.id), False)
    assert len(store.person_changes(0, 1)) == 1


def test_several_people_and_their_readings_come_at_once(store: Store) -> None:
    """Of any organisation, by id; those who are not there are left out."""
    mine = write_person(store, "bricks").record
    theirs = write_person(store, "tiles", organisation_id=OTHER.id).record
    ids = [mine.id, theirs.id, "ret_nobody"]
    assert store.people(ids) == {mine.id: mine, theirs.id: theirs}
    reads = store.readings(ids, MODEL)
    assert {name: read.work_text for name, read in reads.items()} == {
        mine.id: "bricks",
        theirs.id: "tiles",
    }
    assert store.readings(ids, NEXT_MODEL) == {}


def test_a_reading_keeps_its_numbers_beside_its_words(store: Store) -> None:
    """What is needed to score a person among many is read without their words."""
    grams = Grams(np.array([3, 70_000], np.int32), np.array([1, 300], np.float32))
    said = replace(said_of("lay bricks"), grams=grams, years=7.5, present=np.array([True]))
    read = replace(reading("lay bricks"), texts=("lay bricks",), said=said)
    person = store.put_person(person_put("lay bricks"), None, read).record
    assert store.readings([person.id], MODEL)[person.id].texts == ("lay bricks",)
    other = replace(said_of("pull cables and weld"), grams=grams)
    second = store.put_person(
        person_put("pull cables"), None, replace(reading("pull cables"), said=other)
    ).record
    names, kept = store.said([second.id, "per_nobody", person.id], MODEL)
    assert names == (second.id, person.id)
    assert kept.starts.tolist() == [0, len(other.vectors), len(other.vectors) + len(said.vectors)]
    assert kept.vectors[: len(other.vectors)] == pytest.approx(other.vectors, abs=1e-3)
    names, kept = store.said([person.id], MODEL)
    assert names == (person.id,)
    assert kept.vectors == pytest.approx(said.vectors, abs=1e-3)
    assert kept.shares.among(3) == pytest.approx(said.shares.among(3), abs=1e-3)
    assert kept.sure == pytest.approx([said.sure])
    assert (kept.years.tolist(), kept.present.tolist()) == ([7.5], [True])
    found = kept.grams
    assert found.sizes.tolist() == [2]
    assert found.features.tolist() == [3, 70_000]
    assert found.counts.tolist() == [1, 255]


def test_who_says_nothing_of_work_has_no_numbers(store: Store) -> None:
    """Nobody is found for a listing by words that are not about work."""
    read = replace(reading("my wife is ill"), said=None)
    person = store.put_person(person_put("my wife is ill"), None, read).record
    names, crowd = store.said([person.id], MODEL)
    assert (names, len(crowd)) == ((), 0)
    assert len(store.readings([person.id], MODEL)[person.id].vectors) == 0


def test_who_was_read_by_another_model_is_read_again(store: Store) -> None:
    """One at a time; a reading of words that have changed meanwhile is not kept."""
    person = write_person(store, "bricks").record
    assert store.people_without_reading(MODEL, 10) == []
    assert store.people_without_reading(NEXT_MODEL, 10) == [person]
    before = store.person_changes(0, 10)
    store.put_reading(person, reading("bricks", NEXT_MODEL))
    assert store.people_without_reading(NEXT_MODEL, 10) == []
    assert store.person_changes(0, 10) != before
    store.put_person(person_put("tiles", record_id=person.id), None, reading("tiles"))
    store.put_reading(person, reading("bricks", NEXT_MODEL))
    assert store.readings([person.id], NEXT_MODEL) == {}
