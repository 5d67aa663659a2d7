"""The register: by name in any spelling, by day; what changes and goes; whose people."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest

from service.adapters.register import LocalRegister
from service.domain.person import Consent, Contact, Profile, StoredPerson, forgotten_name
from service.domain.register import Deadline
from service.skills.filing import filed, name_sound, sought

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def person(number: int, name: str, *, house: str = "org_a", **profile: object) -> StoredPerson:
    """Return somebody of a house."""
    content = Profile(**profile)  # type: ignore[arg-type]
    contact = Contact(name)
    return StoredPerson(f"ret_{number}", house, None, None, 1, NOW, NOW, content, contact)


class Kept:
    """People and the feed of their changes, as a store gives them."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.there: dict[str, StoredPerson] = {}
        self.feed: list[tuple[int, str, bool]] = []

    def put(self, *people: StoredPerson) -> None:
        """Register or change people."""
        for one in people:
            self.there[one.id] = one
            self.feed.append((len(self.feed) + 1, one.id, True))

    def erase(self, name: str) -> None:
        """Erase somebody."""
        del self.there[name]
        self.feed.append((len(self.feed) + 1, forgotten_name(name), False))

    def people(self, ids: Iterable[str]) -> dict[str, StoredPerson]:
        """Return those who are there."""
        return {one: self.there[one] for one in ids if one in self.there}

    def person_changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """Return changes behind a number."""
        return self.feed[after : after + limit]


@pytest.fixture
def kept() -> Kept:
    """Nobody yet."""
    return Kept()


def found(register: LocalRegister, words: str, house: str = "org_a") -> list[str]:
    """Return the numbers of whom a search brings."""
    return [one.removeprefix("ret_") for one in register.find(sought(house, words), 10).ids]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Rahima", "Raheema", "rohima", "রহিমা", "رحیمہ"),
        ("Mohammad", "Muhammed", "Md", "মোহাম্মদ", "मोहम्मद", "محمد"),
        ("Hossain", "Hussein", "হোসেন", "हुसैन"),
        ("Cumilla", "Comilla", "কুমিল্লা"),
        ("Akter", "Akhtar", "আক্তার"),
    ],
)
def test_a_name_sounds_alike_in_every_spelling(spellings: tuple[str, ...]) -> None:
    """In every script that offices here write."""
    words = sought("x", " ".join(spellings)).words
    (sound,) = {name_sound(one.word) for one in words}
    assert sound


def test_who_is_nearest_comes_first(kept: Kept) -> None:
    """Spelt so, then beginning so, then sounding so; every word has to apply."""
    kept.put(
        person(1, "Raheema Khatun", region="Sylhet"),
        person(2, "Rahimatun Nessa", region="Sylhet"),
        person(3, "Rahima Begum", region="Khulna", text="cooked for a camp"),
        person(4, "Karim"),
    )
    register = LocalRegister(kept, filed)  # type: ignore[arg-type]
    register.follow()
    assert found(register, "Rahima") == ["3", "2", "1"]
    assert found(register, "rahima sylhet") == ["2", "1"]
    assert found(register, "camp") == ["3"]
    assert found(register, "rahima nobody") == []
    assert found(register, " ") == []
    assert found(register, "rahima", "org_b") == []


def test_changes_erasure_and_merging_keep_it_true(kept: Kept) -> None:
    """However many small segments there were, everybody is found as they are now."""
    register = LocalRegister(kept, filed)  # type: ignore[arg-type]
    for number in range(40):
        kept.put(person(number, f"Salma Number{number:02d}"))
        register.follow()
    kept.put(person(7, "Parvin Akter"))
    kept.erase("ret_8")
    register.follow()
    register.tidy()
    assert register.people == 39
    assert found(register, "number07") == []
    assert found(register, "parvin") == ["7"]
    assert found(register, "number08") == []
    assert register.find(sought("org_a", "salma"), 5).total == 38
    assert found(register, "number39") == ["39"]


def test_days_come_in_order_and_only_of_who_agreed(kept: Kept) -> None:
    """Of one organisation, from one day to another; how many there are in all."""
    for number, day in enumerate((20, 5, 12, 28)):
        until = date(2026, 12, day)
        kept.put(person(number, "Salma", consent=Consent(matching=True, until=until)))
    kept.put(person(9, "Refuses", consent=Consent(until=date(2026, 12, 6))))
    kept.put(person(8, "Visa", visa_expires=date(2026, 12, 7)))
    kept.put(person(7, "Other", house="org_b", visa_expires=date(2026, 12, 7)))
    register = LocalRegister(kept, filed)  # type: ignore[arg-type]
    register.follow()
    window = (date(2026, 12, 1), date(2026, 12, 24))
    falling = register.falling("org_a", Deadline.CONSENT, *window, 2)
    assert falling.total == 3
    assert falling.days == (("ret_1", date(2026, 12, 5)), ("ret_2", date(2026, 12, 12)))
    visas = register.falling("org_a", Deadline.VISA, *window, 2)
    assert [name for name, _ in visas.days] == ["ret_8"]
