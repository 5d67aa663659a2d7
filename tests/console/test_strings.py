"""Every message in every language, with the same places to fill."""

import re
from collections.abc import Sequence
from string import ascii_letters

import pytest

from service.console.languages import LANGUAGES, negotiated, translations
from service.console.strings import catalogue_path, messages, read_catalogue

_PLACES = re.compile(r"%\((\w+)\)s")
_OTHERS = sorted(set(LANGUAGES) - {"en"})


def texts_of(said: str | Sequence[str] | None) -> list[str]:
    """Return a message's text, or one for each form of a number."""
    return [said] if isinstance(said, str) else list(said or ())


@pytest.mark.parametrize("code", _OTHERS)
def test_no_message_is_missing_and_none_is_left_over(code: str) -> None:
    """`python -m service.console.strings` has been run, and its gaps are filled."""
    for part, wanted in messages().items():
        catalogue = read_catalogue(catalogue_path(code, part), code)
        held = {(one.id, one.context) for one in catalogue if one.id}
        assert held == set(wanted), (code, part)
        for one in catalogue:
            if one.id:
                assert not one.fuzzy, one.id
                texts = texts_of(one.string)
                assert all(texts), (code, one.id)
                assert len(texts) == (1 if isinstance(one.id, str) else catalogue.num_plurals)


@pytest.mark.parametrize("code", _OTHERS)
def test_translations_fill_in_the_same_places(code: str) -> None:
    """A message has the places of its English; a form for one, two or none may leave the count."""
    for part in messages():
        for one in read_catalogue(catalogue_path(code, part), code):
            if not one.id:
                continue
            wanted = set(_PLACES.findall(texts_of(one.id)[-1]))
            texts = texts_of(one.string)
            assert set(_PLACES.findall(texts[-1])) == wanted, (code, one.id)
            assert all(set(_PLACES.findall(text)) <= wanted for text in texts), (code, one.id)


@pytest.mark.parametrize("code", _OTHERS)
def test_translations_are_in_their_own_script(code: str) -> None:
    """Nothing was copied over in English."""
    for part in messages():
        for one in read_catalogue(catalogue_path(code, part), code):
            texts = texts_of(one.string)
            for text in texts if one.id else ():
                assert set(text) - set(ascii_letters + " .,:;%()?!0123456789"), (code, one.id)


def test_plurals_follow_the_language() -> None:
    """Arabic counts two apart, and Bangla does not."""
    pair = ("person registered", "people registered")
    arabic = {translations("ar").ngettext(*pair, n) for n in (1, 2, 3, 11)}
    assert len(arabic) == 4
    assert len({translations("bn").ngettext(*pair, n) for n in (1, 2, 11)}) == 1


@pytest.mark.parametrize(
    ("header", "code"),
    [("bn-BD,bn;q=0.9,en;q=0.8", "bn"), ("fr, ur;q=0.5", "ur"), ("", "ne"), ("de;q=x", "ne")],
)
def test_a_browsers_wish_is_heard(header: str, code: str) -> None:
    """The first language that there is; else the office's own."""
    assert negotiated(header, "ne").code == code
