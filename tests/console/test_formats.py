"""Numbers, days, money and names as each language writes them."""

from datetime import UTC, date, datetime

import pytest

from service.console.desk import own_path
from service.console.formats import Formats
from service.console.languages import LANGUAGES


def _of(code: str) -> Formats:
    return Formats(LANGUAGES[code], UTC)


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en", "1,234,567.5"),
        ("bn", "১২,৩৪,৫৬৭.৫"),
        ("hi", "12,34,567.5"),
        ("ne", "१२,३४,५६७.५"),
        ("ur", "1,234,567.5"),
        ("ar", "١٬٢٣٤٬٥٦٧٫٥"),
    ],
)
def test_numbers_have_the_digits_and_groups_of_the_language(code: str, written: str) -> None:
    """As offices write them."""
    assert _of(code).number(1234567.5) == written


def test_moments_have_no_english_in_them() -> None:
    """Neither AM nor a month, in any language but English."""
    at = datetime(2026, 11, 22, 15, 4, tzinfo=UTC)
    assert _of("bn").clock(at) == '<time datetime="2026-11-22T15:04:00+00:00">১৫:০৪</time>'
    for code in set(LANGUAGES) - {"en"}:
        shown = _of(code).moment(at).striptags()
        assert not any(one.isascii() and one.isalpha() for one in shown), shown
    assert _of("ne").date(date(2026, 3, 1)) == '<time datetime="2026-03-01">२०२६ मार्च १</time>'
    assert _of("en").date(None) == ""


def test_money_countries_and_languages_have_names() -> None:
    """Never a code."""
    assert _of("bn").money(25000, "BDT") == "<bdi>২৫,০০০ বাংলাদেশী টাকা</bdi>"
    assert _of("hi").country("SA") == "<bdi>सऊदी अरब</bdi>"
    assert _of("ur").language_name("ne") == "<bdi>نیپالی</bdi>"
    assert _of("en").currency("AED") == "<bdi>United Arab Emirates Dirham</bdi>"


def test_foreign_words_are_kept_apart_and_escaped() -> None:
    """With their language and direction, and without effect."""
    shown = _of("en").foreign("<b>راج</b>", "ur")
    assert shown == '<bdi lang="ur" dir="rtl">&lt;b&gt;راج&lt;/b&gt;</bdi>'
    assert _of("bn").foreign("Mason") == "<bdi>Mason</bdi>"


@pytest.mark.parametrize(
    "path", ["https://evil.example/console/", "//evil.example", "/v1/keys", "/console/../v1", ""]
)
def test_nobody_is_led_outside(path: str) -> None:
    """A way back that leads elsewhere leads to the start."""
    assert own_path(path) == "/console/"
