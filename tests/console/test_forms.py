"""What every form reads and offers in one way: numbers, countries, currencies."""

import pytest

from service.console.choices import CURRENCIES, SENDING, countries, currencies
from service.console.forms import number
from service.console.languages import LANGUAGES


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("  ", None),
        ("25000", 25_000),
        ("25 000", 25_000),
        ("25\u00a0000", 25_000),
        ("25\u202f000,5".replace(",", "."), 25_000.5),
        ("1,00,000", 100_000),
        ("২৫,০০০", 25_000),
        ("٢٥٬٠٠٠٫٥", 25_000.5),
        ("1'000'000", 1_000_000),
        (".5", 0.5),
        ("1234567", 1_234_567),
    ],
)
def test_a_number_is_read_as_it_is_written(text: str, value: float | None) -> None:
    """In any script, grouped in any way that offices write."""
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["1_000", "much", "1e3", "nan", "inf", "-5", "2,5", "1,2,3", "12 34", "0x10", "1."]
)
def test_what_is_no_number_or_may_be_two_is_refused(text: str) -> None:
    """Python would take some of them."""
    with pytest.raises(ValueError, match="no number"):
        number(text)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_one_list_of_countries_and_one_of_currencies(code: str) -> None:
    """Whoever comes first, it is the same countries; regions that are none are in neither."""
    language = LANGUAGES[code]
    usual, homes = countries(language), countries(language, SENDING)
    assert sorted(usual) == sorted(homes)
    assert [one for one, _ in homes[: len(SENDING)]] == list(SENDING)
    assert {one for one, _ in usual}.isdisjoint(
        {"AC", "CP", "DG", "EA", "EU", "IC", "TA", "XK", "ZZ"}
    )
    assert len(usual) == len(dict(usual)) > 200
    assert [one for one, _ in currencies(language)] == list(CURRENCIES)
    assert all(name != one for one, name in currencies(language))
