"""What people write in cells, and what it means."""
# ruff: noqa: RUF001 - digits of other scripts

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.listing import WagePeriod
from service.intake import money, names, values
from service.intake.cells import CellError, flag, items, known, plain_digits
from service.intake.dates import DateOrder, date_order, day, moment
from service.intake.html import plain_text
from service.intake.money import Pay

_TODAY = date(2026, 2, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>We need <b>two</b> masons.</p><ul><li>Brick</li><li>Tile</li></ul>End", None),
        ("Fish &amp; chips", "Fish & chips"),
        ("a < b and c > d", "a < b and c > d"),
        ("one<br/>two<script>alert('<p>')</script><style>p{}</style>", "one\ntwo"),
        ("&lt;p&gt;Escaped&lt;/p&gt;&lt;p&gt;twice&lt;/p&gt;", "Escaped\ntwice"),
        ("keep<!-- not this -->\n\n\n  lines  ", "keep\nlines"),
        ("<table><tr><td>Pay</td><td>900</td></tr></table>", "Pay 900"),
        ("<ul><li></li><li> x </li></ul>", "- x"),
        ("open <!-- end", "open"),
    ],
)
def test_plain_text(text: str, expected: str | None) -> None:
    """Blocks become lines, list items dashes; scripts, comments and entities go."""
    expected = expected or "We need two masons.\n- Brick\n- Tile\nEnd"
    assert plain_text(text) == expected


def test_hostile_html_takes_no_time() -> None:
    """Every pattern is linear in the text's length."""
    for text in ("<a " * 100_000, "<" * 200_000, "<!--" * 100_000, "<script>" * 50_000):
        plain_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T12:00:00+06:00", date(2026, 1, 31)),
        ("2026-01-31 00:00:00", date(2026, 1, 31)),
        ("31/01/2026", date(2026, 1, 31)),
        ("01/31/2026", date(2026, 1, 31)),
        ("31.1.26", date(2026, 1, 31)),
        ("2026/01/31", date(2026, 1, 31)),
        ("31 Jan 2026", date(2026, 1, 31)),
        ("31-Jan-26", date(2026, 1, 31)),
        ("Saturday, January 31st, 2026", date(2026, 1, 31)),
        ("৩১/০১/২০২৬", date(2026, 1, 31)),
        ("৩১ জানুয়ারী ২০২৬", date(2026, 1, 31)),
        ("३१ जनवरी २०२६", date(2026, 1, 31)),
        ("٣١ يناير ٢٠٢٦", date(2026, 1, 31)),
        ("31 Januari 2026", date(2026, 1, 31)),
        ("05/05/2026", date(2026, 5, 5)),
        ("3 days ago", date(2026, 1, 29)),
        ("Yesterday", date(2026, 1, 31)),
    ],
)
def test_days(text: str, expected: date) -> None:
    """In numbers and in words, in the scripts of the sending countries."""
    assert day(text, None, _TODAY) == expected


@pytest.mark.parametrize(
    "text",
    ["soon", "31/02/2026", "2026-13-01", "03/04/2026", "46053", "1", "31 2026", "99/99/2026"],
)
def test_days_that_are_none(text: str) -> None:
    """A day that does not exist, or could be two, is a problem that says how to write it."""
    with pytest.raises(CellError, match="2026-01-31"):
        day(text)


def test_day_and_month_are_told_apart_by_the_file() -> None:
    """One date that can only be read one way decides for all; two that contradict, for none."""
    assert date_order(["03/04/2026", "13/04/2026", "x"]) is DateOrder.DAY_FIRST
    assert date_order(["03/04/2026", "04/13/2026"]) is DateOrder.MONTH_FIRST
    assert date_order(["03/04/2026"]) is None
    assert date_order(["13/04/2026", "04/13/2026"]) is None
    assert day("03/04/2026", DateOrder.DAY_FIRST) == date(2026, 4, 3)
    assert day("03/04/2026", DateOrder.MONTH_FIRST) == date(2026, 3, 4)


def test_moments() -> None:
    """RFC 3339 with a time zone; a day alone begins at midnight UTC."""
    assert moment("31 Jan 2026") == "2026-01-31T00:00:00Z"
    assert moment("2026-01-31T09:30:00") == "2026-01-31T09:30:00Z"
    assert moment("2026-01-31T09:30:00+06:00") == "2026-01-31T09:30:00+06:00"


_M, _Y, _H = WagePeriod.MONTH, WagePeriod.YEAR, WagePeriod.HOUR


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("Tk. 25,000 - 30,000 (Monthly)", "BD", Pay(25000, 30000, "BDT", _M)),
        ("Tk.25000-30000", "BD", Pay(25000, 30000, "BDT", None)),
        ("৳ ২৫,০০০ মাসিক", None, Pay(25000, 25000, "BDT", _M)),
        ("২৫ হাজার টাকা", None, Pay(25000, 25000, "BDT", None)),
        ("8 - 10 thousand taka per month", None, Pay(8000, 10000, "BDT", _M)),
        ("Rs. 15,000/- per month", "IN", Pay(15000, 15000, "INR", _M)),
        ("Rs 15000 pm", "NP", Pay(15000, 15000, "NPR", _M)),
        ("₹ 2,00,000 - 3,50,000 PA.", "IN", Pay(200_000, 350_000, "INR", _Y)),
        ("3-5 Lacs P.A.", "IN", Pay(300_000, 500_000, None, _Y)),
        ("SAR 1500 + food 300", None, Pay(1500, 1500, "SAR", None)),
        ("1500 SR per month, 8 hours a day", None, Pay(1500, 1500, "SAR", _M)),
        ("AED 1,200.50", None, Pay(1200.5, 1200.5, "AED", None)),
        ("KWD 90.500", None, Pay(90.5, 90.5, "KWD", None)),
        ("Rp 5.000.000", None, Pay(5_000_000, 5_000_000, "IDR", None)),
        ("2.500,50 EUR", None, Pay(2500.5, 2500.5, "EUR", None)),
        ("upto 2000 QR", "QA", Pay(None, 2000, "QAR", None)),
        ("min 1500", None, Pay(1500, None, None, None)),
        ("$8/hr", "US", Pay(8, 8, "USD", _H)),
        ("$8/hr", "SG", Pay(8, 8, "SGD", _H)),
        ("BD 120", "BH", Pay(120, 120, "BHD", None)),
        ("RM1700", None, Pay(1700, 1700, "MYR", None)),
        ("1200 riyal", "QA", Pay(1200, 1200, "QAR", None)),
        ("Negotiable", "BD", Pay()),
        ("As per company policy", "BD", Pay()),
        ("Tk 25000 (2 festival bonuses)", "BD", Pay(25000, 25000, "BDT", None)),
    ],
)
def test_pay(text: str, country: str | None, expected: Pay) -> None:
    """Ranges, thousands of every kind, currencies by country, periods; unknown stays unknown."""
    assert money.pay(text, country) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1500 2000", "several amounts"),
        ("1000 basic, 200 food, 100 other", "several amounts"),
        ("20000-15000", "lower amount"),
        ("-500", "not less than 0"),
        ("Rs 1500", "INR, PKR, NPR"),
        ("9" * 300, "more than"),
    ],
)
def test_pay_that_is_not_clear(text: str, words: str) -> None:
    """A problem says what would be right."""
    with pytest.raises(CellError, match=words):
        money.pay(text)


def test_single_amounts() -> None:
    """One amount and its currency; free is 0, a range is a problem."""
    assert money.amount("Tk 5,000") == (5000, "BDT")
    assert money.amount("Free") == (0, None)
    assert money.amount("বিনামূল্যে") == (0, None)
    with pytest.raises(CellError):
        money.amount("500-600")
    assert money.currency_code("bdt") == "BDT"
    assert money.currency_code("Bangladeshi Taka") == "BDT"
    with pytest.raises(CellError, match="BDT"):
        money.currency_code("shells")
    assert money.period_only("মাসিক") is WagePeriod.MONTH
    with pytest.raises(CellError):
        money.period_only("sometimes")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At least 3 years", 3),
        ("3-5 years", 3),
        ("3 to 5 year(s)", 3),
        ("২ বছর", 2),
        ("two years", 2),
        ("1 year 6 months", 1.5),
        ("6 months", 0.5),
        ("5+", 5),
        ("2.5", 2.5),
        ("Freshers can apply", 0),
        ("We prefer people who know this work well and love it", None),
    ],
)
def test_years(text: str, expected: float | None) -> None:
    """The least that is asked for; long texts without a number stay unknown."""
    assert values.years(text) == expected


def test_years_that_are_none() -> None:
    """A short cell without years, or with a calendar year, is a problem."""
    for text in ("some", "2015"):
        with pytest.raises(CellError):
            values.years(text)


def test_yes_and_no() -> None:
    """In several languages; anything else is a problem."""
    assert all(flag(text) for text in ("Yes", "Y", "হ্যাঁ", "हाँ", "نعم", "১", "Yes, agreed"))
    assert not any(flag(text) for text in ("no", "না", "नहीं", "لا", "0", "Not agreed"))
    for text in ("maybe", "?"):
        with pytest.raises(CellError):
            flag(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("KSA", "SA"), ("UAE", "AE"), ("Saudi", "SA"), ("England", "GB"), ("bd", "BD")),
        *(("Qatar", "QA"), ("বাংলাদেশ", "BD"), ("नेपाल", "NP"), ("السعودية", "SA"), ("K.S.A.", "SA")),
        *(("Dubai (UAE)", "AE"), ("Doha, Qatar", "QA"), ("South Korea", "KR"), ("Turkey", "TR")),
    ],
)
def test_countries(text: str, code: str) -> None:
    """Codes, names in several languages, and what people call them."""
    assert names.country(text) == code


def test_countries_that_are_not_known() -> None:
    """A near name is offered, never taken."""
    with pytest.raises(CellError, match="Malaysia"):
        names.country("Malaysja")
    with pytest.raises(CellError):
        names.country("Gulf")
    assert names.countries("KSA, UAE and Qatar") == ["SA", "AE", "QA"]
    assert names.countries("Trinidad and Tobago") == ["TT"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "English (B2), Bangla - native",
            [{"code": "en", "level": "B2"}, {"code": "bn", "level": "C2"}],
        ),
        ("Arabic: basic; Hindi", [{"code": "ar"}, {"code": "hi"}]),
        ("bn", [{"code": "bn"}]),
        ("বাংলা, ইংরেজি", [{"code": "bn"}, {"code": "en"}]),
        ("Fluent English and Tagalog", [{"code": "en"}, {"code": "tl"}]),
    ],
)
def test_languages(text: str, expected: list[dict[str, str]]) -> None:
    """Only CEFR levels and mother tongues are levels."""
    assert names.languages(text) == expected


def test_a_language_nobody_knows() -> None:
    """It is a problem, with the nearest name."""
    with pytest.raises(CellError, match="Arabic"):
        names.languages("Arabik")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Weld pipes 2. Read drawings", ["Weld pipes", "Read drawings"]),
        ("• Brick\n• Tile", ["Brick", "Tile"]),
        ("Weld; cut; bend", ["Weld", "cut", "bend"]),
        ("Weld (MIG, TIG), cut", ["Weld (MIG, TIG)", "cut"]),
        ("রান্না, সেলাই", ["রান্না", "সেলাই"]),
        ("cook, cook", ["cook"]),
        ("Lead a crew; plan, then build", ["Lead a crew", "plan, then build"]),
        (" - ", []),
    ],
)
def test_lists(text: str, expected: list[str]) -> None:
    """By the strongest separator there is; commas inside brackets never count."""
    assert items(text) == expected


def test_small_values() -> None:
    """Counts, codes, ages, durations, places and addresses."""
    assert values.count("10 (male)") == 10
    assert values.isco08("7112 - Bricklayers") == "7112"
    assert values.isco08("ISCO-08: 7112") == "7112"
    assert values.isco08("47-2021.00") is None
    assert values.weeks("3 months") == 13
    assert values.weeks("12") == 12
    assert values.weeks("70 days") == 10
    assert values.birth_year("12/03/1990", _TODAY) == 1990
    assert values.age("35 years", _TODAY) == 1991
    assert values.degrees("23.7", 90) == 23.7
    assert values.url("www.example.org/a") == "https://www.example.org/a"
    assert values.kind("Course") == "training"
    assert values.external_id("https://www.example.org/jobs/1?x=2") == "example.org_jobs_1_x=2"
    assert len(values.external_id("x" * 500) or "") <= 200
    assert values.external_id(" / ") is None


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (values.count, "2-3"),
        (values.count, "many"),
        (values.isco08, "mason"),
        (values.weeks, "120 hours"),
        (lambda text: values.birth_year(text, _TODAY), "2040"),
        (lambda text: values.age(text, _TODAY), "7"),
        (lambda text: values.degrees(text, 90), "91"),
        (values.number, "a"),
        (values.url, "my site"),
        (values.kind, "fun"),
    ],
)
def test_small_values_that_are_wrong(read: Any, text: str) -> None:  # noqa: ANN401 - any reader
    """Each is a problem, none a guess."""
    with pytest.raises(CellError):
        read(text)


def test_words_for_nothing() -> None:
    """They are unknown, in any script; a zero is not nothing."""
    for text in ("", "-", "N/A", "n.a.", "Negotiable", "আলোচনা সাপেক্ষে", "…"):
        assert not known(text)
    assert known("0")
    assert plain_digits("১२٣") == "123"


_READERS: list[Any] = [
    *(plain_text, items, flag, day, moment, money.pay, money.amount, money.currency_code),
    *(money.period_only, names.country, names.countries, names.languages, values.years),
    *(values.weeks, values.number, values.count, values.isco08, values.kind, values.url),
    *(values.external_id, lambda text: values.age(text, _TODAY)),
    lambda text: values.birth_year(text, _TODAY),
]


@given(st.text(max_size=60) | st.text("0123456789.,-/ ()+$TkRsto১२", max_size=40))
def test_no_reader_breaks(text: str) -> None:
    """Any text is a value or a CellError."""
    for read in _READERS:
        try:
            read(text)
        except CellError as error:
            said = str(error)
            if not said:
                raise
