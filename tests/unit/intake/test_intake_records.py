"""Rows of other makers' files as bodies of the contract."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.listing_models import ListingIn
from service.api.returnee_models import ReturneeIn
from service.domain.imported import ImportKind, RawRow, RowProblem
from service.intake.dates import DateOrder
from service.intake.fields import READERS
from service.intake.records import Drafted, file_date_order, to_contract

_TODAY = date(2026, 2, 1)
_JOBS, _PEOPLE = ImportKind.LISTINGS, ImportKind.RETURNEES
_BOARD = {
    "Job ID": "external_id",
    "Job Title": "title",
    "Company Name": "employer",
    "Vacancy": "positions",
    "Job Context": "description",
    "Job Responsibilities": "description",
    "Experience Requirements": "min_experience_years",
    "Job Location": "region",
    "Salary": "wage",
    "Application Deadline": "valid_through",
    "Published On": "posted_at",
    "Skills": "skills",
    "Views": "ignore",
    "Other": None,
}


def _draft(
    kind: ImportKind,
    mapping: dict[str, Any],
    values: dict[str, Any],
    **said: Any,  # noqa: ANN401
) -> Drafted:
    defaults = {"country": "BD", "kind": "job"} if kind is _JOBS else {"home_country": "BD"}
    wanted: dict[str, Any] = {"today": _TODAY, "defaults": defaults} | said
    return to_contract(kind, mapping, RawRow(2, values), **wanted)


def test_a_job_board_row() -> None:
    """Money, dates, lists and words arrive; what is not asked for does not."""
    drafted = _draft(
        _JOBS,
        _BOARD,
        {
            "Job ID": "J/17",
            "Job Title": "<b>Tile mason</b>",
            "Company Name": "River Works Ltd.",
            "Vacancy": "05",
            "Job Context": "<p>Houses &amp; flats</p>",
            "Job Responsibilities": "<ul><li>Lay tiles</li><li>Mix mortar</li></ul>",
            "Experience Requirements": "At least 2 years in tiling of floors and walls",
            "Job Location": "Savar, Dhaka",
            "Salary": "Tk. 25000 - 30000 (Monthly)",
            "Application Deadline": "31 Mar 2026",
            "Published On": "2026-01-15",
            "Skills": "Tiles; grouting",
            "Views": "900",
            "Other": "x",
        },
    )
    assert drafted.problems == ()
    assert drafted.external_id == "J_17"
    assert drafted.body == {
        "title": "Tile mason",
        "employer": "River Works Ltd.",
        "region": "Savar, Dhaka",
        "description": "Job Context: Houses & flats\n\n"
        "Job Responsibilities: - Lay tiles\n- Mix mortar\n\n"
        "Experience: At least 2 years in tiling of floors and walls",
        "skills": ["Tiles", "grouting"],
        "min_experience_years": 2.0,
        "wage_min": 25000.0,
        "wage_max": 30000.0,
        "wage_currency": "BDT",
        "wage_period": "month",
        "positions": 5,
        "posted_at": "2026-01-15T00:00:00Z",
        "valid_through": "2026-03-31",
        "country": "BD",
        "kind": "job",
    }
    ListingIn.model_validate(drafted.body)


def test_what_is_not_understood_is_a_problem_of_its_column() -> None:
    """The rest of the row is still drafted."""
    drafted = _draft(
        _JOBS, _BOARD, {"Job Title": "Mason", "Application Deadline": "03/04/2026", "Vacancy": "?"}
    )
    assert [one.field for one in drafted.problems] == ["Application Deadline"]
    assert "3 April" in drafted.problems[0].detail
    assert "positions" not in drafted.body


def test_unknown_stays_unknown() -> None:
    """Words for nothing leave a field out; a default fills it where there is one."""
    drafted = _draft(_JOBS, _BOARD, {"Job Title": "Mason", "Salary": "Negotiable", "Vacancy": "-"})
    assert drafted == Drafted({"title": "Mason", "country": "BD", "kind": "job"})


def test_the_country_of_the_row_decides_on_its_money() -> None:
    """Rs in Nepal are Nepal's; the column's name may say currency, period and unit."""
    mapping = {"Country": "country", "Pay": "wage"}
    assert (
        _draft(_JOBS, mapping, {"Country": "Nepal", "Pay": "Rs 9000"}).body["wage_currency"]
        == "NPR"
    )
    drafted = _draft(_JOBS, {"Monthly salary (SAR)": "wage"}, {"Monthly salary (SAR)": "1,500"})
    assert drafted.body["wage_currency"] == "SAR"
    assert drafted.body["wage_period"] == "month"
    drafted = _draft(_JOBS, {"Duration (months)": "duration_weeks"}, {"Duration (months)": "3"})
    assert drafted.body["duration_weeks"] == 13


def test_columns_of_their_own_go_before_free_words() -> None:
    """wage_min and its currency are not overwritten by what a text says."""
    mapping = {"wage": "wage", "min": "wage_min", "cur": "wage_currency"}
    body = _draft(_JOBS, mapping, {"wage": "Tk 5-6", "min": "4", "cur": "USD"}).body
    assert (body["wage_min"], body["wage_max"], body["wage_currency"]) == (4, 6, "USD")


def test_defaults_of_money_need_an_amount() -> None:
    """A currency of nothing is not filled in."""
    said = {"defaults": {"wage_currency": "BDT", "cost_currency": "BDT"}}
    assert _draft(_JOBS, {"t": "title"}, {"t": "Cook"}, **said).body == {"title": "Cook"}
    assert _draft(_JOBS, {"w": "wage"}, {"w": "5"}, **said).body["wage_currency"] == "BDT"
    assert _draft(_JOBS, {"f": "fee"}, {"f": "nil"}).body["fee"] == 0


def test_a_register_row() -> None:
    """A person, with one stretch of work and no consent that nobody gave."""
    drafted = _draft(
        _PEOPLE,
        {
            "Name": "name",
            "Mobile": "phone",
            "District": "region",
            "Worked in": "experience_country",
            "Work": "experience",
            "Years": "experience_years",
            "Trade": "skills",
            "Skills": "skills",
            "Age": "age",
            "Languages": "languages",
            "Wants": "wants_countries",
            "Not": "vetoes",
            "Pay": "min_wage",
        },
        {
            "Name": "Test Person",
            "Mobile": "'+8801700000000",
            "District": "Sylhet",
            "Worked in": "KSA",
            "Work": "Mason",
            "Years": "7 years",
            "Trade": "Masonry",
            "Skills": "tiles, plaster",
            "Age": "৩৫",
            "Languages": "Bangla",
            "Wants": "Qatar, UAE",
            "Not": "domestic work",
            "Pay": "BDT 30,000 monthly",
        },
    )
    assert drafted.problems == ()
    assert drafted.body == {
        "name": "Test Person",
        "phone": "+8801700000000",
        "region": "Sylhet",
        "languages": [{"code": "bn"}],
        "skills": [{"text": "Masonry"}, {"text": "tiles"}, {"text": "plaster"}],
        "birth_year": 1991,
        "preferences": {
            "countries": ["QA", "AE"],
            "vetoes": [{"text": "domestic work"}],
            "min_wage": {"amount": 30000.0, "currency": "BDT", "period": "month"},
        },
        "experiences": [{"title": "Mason", "years": 7.0, "country": "SA"}],
        "home_country": "BD",
    }
    ReturneeIn.model_validate(drafted.body)


def test_several_countries_of_work() -> None:
    """The years are not divided among them by guess."""
    mapping = {"c": "experience_country", "w": "experience", "y": "experience_years"}
    body = _draft(_PEOPLE, mapping, {"c": "KSA, Oman", "w": "Cook", "y": "4"}).body
    assert body["experiences"] == [
        {"title": "Cook", "years": 4.0},
        {"country": "SA"},
        {"country": "OM"},
    ]


def test_consent_is_only_what_was_said() -> None:
    """Yes and no and a last day; an empty cell is no consent."""
    mapping = {"ok": "consent_matching", "until": "consent_until"}
    body = _draft(_PEOPLE, mapping, {"ok": "Yes", "until": "2027-01-01"}).body
    assert body["consent"] == {"matching": True, "until": "2027-01-01"}
    assert "consent" not in _draft(_PEOPLE, mapping, {"ok": ""}).body
    assert _draft(_PEOPLE, mapping, {"ok": "maybe"}).problems


def test_a_wish_for_pay_needs_its_currency() -> None:
    """From the cell, the column or the default; else it is a problem."""
    mapping = {"pay": "min_wage"}
    assert _draft(_PEOPLE, mapping, {"pay": "30000"}).problems
    body = _draft(_PEOPLE, mapping, {"pay": "30000"}, defaults={"wage_currency": "BDT"}).body
    assert body == {"preferences": {"min_wage": {"amount": 30000.0, "currency": "BDT"}}}


def test_rows_with_our_own_names_go_through() -> None:
    """Unchanged, so that the API's model refuses what it does not know."""
    values = {"title": "Cook", "country": "QA", "salery": 1, "external_id": 7, "kind": None}
    drafted = _draft(_JOBS, {}, values)
    assert drafted == Drafted({"title": "Cook", "country": "QA", "salery": 1, "kind": "job"}, "7")
    assert values["external_id"] == 7


def test_nested_values_can_be_mapped() -> None:
    """Dotted columns lead into objects; lists, numbers and truths are read as cells."""
    mapping = {"job.name": "title", "tags": "skills", "n": "positions", "lic": "recruiter_licensed"}
    values = {"job": {"name": "Cook"}, "tags": ["rice", "curry"], "n": 3.0, "lic": True, "x": {}}
    assert _draft(_JOBS, mapping, values, defaults=None).body == {
        "title": "Cook",
        "skills": ["rice", "curry"],
        "recruiter_licensed": True,
        "positions": 3,
    }


def test_a_row_that_could_not_be_read() -> None:
    """Its problem is passed on."""
    problem = RowProblem("wage (C7)", "A formula.")
    drafted = to_contract(_JOBS, _BOARD, RawRow(7, {"a": "b"}, problem), today=_TODAY)
    assert drafted == Drafted({}, None, (problem,))


def test_the_order_of_dates_in_a_file() -> None:
    """All mapped date columns speak."""
    rows = [
        RawRow(2, {"a": "01/02/2026", "b": "x"}),
        RawRow(3, {"b": "02/25/2026", "c": "25/2/2026"}),
    ]
    mapping = {"a": "posted_at", "b": "valid_through", "c": "title"}
    order = file_date_order(mapping, rows)
    assert order is DateOrder.MONTH_FIRST
    drafted = _draft(_JOBS, mapping, dict(rows[0].values), order=order)
    assert drafted.body["posted_at"].startswith("2026-01-02")


_CELLS = st.one_of(
    st.text(max_size=40),
    st.text("0123456789.,-/ TkRs$()+", max_size=25),
    st.none(),
    st.integers(),
    st.floats(),
    st.lists(st.text(max_size=8), max_size=3),
    st.booleans(),
)


@pytest.mark.parametrize("kind", list(ImportKind))
@settings(max_examples=60)
@given(cells=st.lists(_CELLS, min_size=40, max_size=40))
def test_any_cells_are_drafted(kind: ImportKind, cells: list[object]) -> None:
    """Whatever stands in whatever column, the answer is a draft."""
    fields = [*READERS[kind], "ignore", "no such field"]
    mapping: dict[str, str | None] = {field: field for field in fields}
    row = RawRow(1, dict(zip(fields, cells, strict=False)))
    drafted = to_contract(kind, mapping, row, today=_TODAY, defaults={"kind": "job"})
    assert "external_id" not in drafted.body
