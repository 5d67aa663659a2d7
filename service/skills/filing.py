"""How people are filed and looked for: by words in one spelling, and by how names sound.

A name is written in two scripts and five spellings by as many offices: Rahima, Raheema, রহিমা.
"""

import re
from functools import lru_cache
from typing import Final

from service.domain.person import StoredPerson
from service.domain.register import Filed, Sought, SoughtWord
from service.skills.letters import plain, spelt

_WORD: Final = re.compile(r"[^\W_]+(?:[^\W\d_]|\d|[\u0300-\u036f\u0610-\u061a\u0900-\u0dff])*")
_MOST_WORDS: Final = 200
_MOST_SOUGHT: Final = 8
_LEAST_HEARD: Final = 2
# Shortened in every office's papers.
_SHORT: Final = {
    "md": "mohammad",
    "mohd": "mohammad",
    "muhd": "mohammad",
    "mst": "mosammat",
    "most": "mosammat",
    "মো": "mohammad",
    "মোঃ": "mohammad",
    "মোছাঃ": "mosammat",
    "मो": "mohammad",
}
_SOUNDS: Final = tuple(
    (re.compile(pattern), same)
    for pattern, same in (
        (r"[^a-z0-9]", ""),
        (r"ph", "f"),
        (r"x", "ks"),
        (r"tch|chh?|sch|sh", "s"),
        (r"c(?=[eiy])", "s"),
        (r"ck|[cq]", "k"),
        (r"z", "j"),
        (r"[vw]", "b"),
        (r"(?<=.)h", ""),
        (r"^[aeiouy]+", "0"),
        (r"[aeiouy]", ""),
        (r"(.)\1+", r"\1"),
    )
)
# A w or v between vowels is one more of the ways to write o.
_GLIDE: Final = re.compile(r"(?<=[aeiou])[wv](?=[aeiou]|$)")


def words_of(text: str) -> list[str]:
    """Return the words of a text in one spelling, figures among them."""
    return _WORD.findall(plain(text))


@lru_cache(maxsize=200_000)
def name_sound(word: str) -> str:
    """Return a name by its consonants, empty where too little is left to know anybody by."""
    found = _GLIDE.sub("", spelt(_SHORT.get(word, word)))
    for pattern, same in _SOUNDS:
        found = pattern.sub(same, found)
    return found if len(found) >= _LEAST_HEARD and not found.isdigit() else ""


def filed(person: StoredPerson) -> Filed:
    """Return by what somebody is found again."""
    profile = person.profile
    names = words_of(person.contact.name or "")
    places = words_of(profile.region or "")
    said = [
        profile.text,
        *(skill.text for skill in profile.skills),
        *(one.title or "" for one in profile.experiences),
        person.external_id or "",
    ]
    words = dict.fromkeys(places + [one for text in said for one in words_of(text)])
    heard = dict.fromkeys(name_sound(one) for one in names + places)
    return Filed(
        organisation_id=person.organisation_id,
        names=tuple(dict.fromkeys(names)),
        words=tuple(words)[:_MOST_WORDS],
        sounds=tuple(one for one in heard if one),
        agreed=profile.consent.matching,
        until=profile.consent.until,
        visa=profile.visa_expires,
    )


def sought(organisation_id: str, text: str) -> Sought:
    """Return who is meant by what was typed into a search."""
    words = list(dict.fromkeys(words_of(text)))[:_MOST_SOUGHT]
    return Sought(organisation_id, tuple(SoughtWord(one, name_sound(one)) for one in words))
