"""Words of any script brought to one spelling, and to how they sound.

People leave out a nukta, type one Arabic letter for another, or write their language in Latin
letters as they hear it: what differs only in that is the same word here.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from anyascii import anyascii

_BLOCKS: Final = (*range(0x0300, 0x0370), *range(0x0600, 0x0700), *range(0x0900, 0x0E00))
"""Combining marks, Arabic, and the scripts of South Asia."""
_DROPPED: Final = dict.fromkeys(
    [
        *(0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF),  # joiners and other widths of nothing
        *(
            0x0640,
            *range(0x064B, 0x0656),
            0x0670,
        ),  # Arabic stretching, vowel signs, hamza
        *(0x093C, 0x09BC),  # nukta
        *(0x0981, 0x0901),  # chandrabindu, often left out
    ]
)
_SAME: Final = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),  # noqa: RUF001 - Arabic
        **dict.fromkeys("يىےې", "ی"),
        "ك": "ک",
        **dict.fromkeys("ةهۀھە", "ہ"),  # noqa: RUF001
        "ؤ": "و",
        "ئ": "ی",
        # Malayalam letters that stand for a consonant without a vowel.
        "ൺ": "ണ്",
        "ൻ": "ന്",
        "ർ": "ര്",
        "ൽ": "ല്",
        "ൾ": "ള്",
        **{one: str(unicodedata.digit(one)) for one in map(chr, _BLOCKS) if one.isdigit()},
    }
)
# Vowel signs are marks, not letters; a word goes on over them.
_MARKS: Final = "".join(
    one for one in map(chr, _BLOCKS) if unicodedata.category(one) in {"Mn", "Mc"}
)
_WORD: Final = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")

_ARTICLE: Final = re.compile(r"^(?:[وبفک]?ال|و?لل)")
_LEAST_BARE: Final = 3


# Endings by which Hindi, Nepali and Urdu tell who speaks or how many; the man's stands for all.
_GENDERED: Final = tuple(
    (re.compile(f"(?:{endings})$"), same)
    for endings, same in (
        ("(?<=..)(?:ती|ते)", "ता"),
        ("रही|रहे", "रहा"),
        ("थी|थे|थीं", "था"),
        ("वाली|वाले", "वाला"),
        ("(?<=.)(?:गी|गे)", "गा"),
        ("चुकी|चुके", "चुका"),
        ("गई|गयी|गए|गये", "गया"),
        ("हुई|हुए", "हुआ"),
        ("(?<=..)تی", "تا"),
        ("رہی", "رہا"),
        ("تہی", "تہا"),
        ("والی", "والا"),
        ("(?<=.)گی", "گا"),
        ("چکی", "چکا"),
        ("گیی", "گیا"),
        ("ہویی", "ہوا"),
        ("(?<=[a-z]{3})ti", "ta"),
        ("rahi|rhi", "raha"),
        ("wali|vali", "wala"),
        ("thi", "tha"),
    )
)


def plain(text: str) -> str:
    """Return a text in one spelling: letter variants, joiners, digits and case made alike."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    # NFKC leaves some Indic letters composed and takes others apart; taken apart, all match.
    return unicodedata.normalize("NFD", folded).translate(_DROPPED).translate(_SAME)


def words(text: str) -> list[str]:
    """Return the words of a text in `plain` spelling, figures among them.

    An ending that only tells a woman's word from a man's is made a man's, so that who speaks
    changes nothing of what is understood.
    """
    return [_ungendered(_bare(one)) for one in _WORD.findall(plain(text))]


@lru_cache(maxsize=200_000)
def _ungendered(word: str) -> str:
    for ending, same in _GENDERED:
        shorn, found = ending.subn(same, word)
        if found:
            return shorn
    return word


def _bare(word: str) -> str:
    """Return an Arabic word without the article and what is written together with it."""
    shorn = _ARTICLE.sub("", word)
    return shorn if len(shorn) >= _LEAST_BARE else word


_SOUNDS: Final = tuple(
    (re.compile(pattern), same)
    for pattern, same in (
        (r"^o[y'w]+", "b"),  # how Bangla writes a foreign w
        (r"[nm]'?g(?![aeiou])|n'|m(?![aeiou])", "n"),
        (r"tch|chh?|c(?=[eiy])|sch|sh", "s"),
        (r"ck|[kgqc]h?", "k"),
        (r"x", "ks"),
        (r"z|jh", "j"),
        (r"ph|f", "p"),
        (r"[bv]h?|w", "b"),
        (r"[td]h?", "t"),
        (r"(?<=.)h", ""),
        (r"(?:er|or|re|ar|our)(?=s?$)", "ar"),
        (r"e$", ""),
        (r"oo|ou", "u"),
        (r"[iey]+", "i"),
        (r"[ao]+", "a"),
        (r"[^a-z0-9]", ""),
        (r"(.)\1+", r"\1"),
    )
)
_VOWELS: Final = re.compile(r"(?<=.)[aiu]|^[aiu](?=[aiu])")


@lru_cache(maxsize=200_000)
def heard(word: str) -> str:
    """Return a word as it sounds to an ear that tells few sounds apart.

    Voiced and unvoiced, breathed and plain consonants are one, and so are neighbouring vowels:
    scripts and typists keep different ones.
    """
    found = spelt(word)
    for pattern, same in _SOUNDS:
        found = pattern.sub(same, found)
    return found


def sound(word: str) -> str:
    """Return the consonants of `heard`, with a vowel in front as "a"."""
    return re.sub(r"^[iu]", "a", _VOWELS.sub("", heard(word)))


@lru_cache(maxsize=200_000)
def spelt(word: str) -> str:
    """Return a word in Latin letters, letter for letter."""
    if word.isascii():
        return word
    latin = anyascii(unicodedata.normalize("NFC", word)).casefold()
    if any("\u0600" <= one <= "\u06ff" for one in word):
        # Between consonants these two write vowels.
        return latin[:1] + latin[1:].replace("w", "o").replace("y", "i")
    return latin.replace("c", "ch")


def by_sound_of(some: Iterable[str]) -> dict[str, list[str]]:
    """Return words, or several written apart, by their sound."""
    found: dict[str, list[str]] = {}
    for one in some:
        found.setdefault(sound(one.replace(" ", "")), []).append(one)
    return found
