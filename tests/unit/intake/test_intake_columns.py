"""Which column is which field."""

import pytest

from service.domain.imported import ImportKind
from service.intake.columns import Suggestion, suggest
from service.intake.fields import READERS
from service.intake.headers import FIELDS

_JOBS, _PEOPLE = ImportKind.LISTINGS, ImportKind.RETURNEES


def _fields(kind: ImportKind, columns: list[str], **cells: str) -> dict[str, str | None]:
    return {one.column: one.field for one in suggest(kind, columns, [cells] if cells else [])}


def test_every_field_can_be_suggested_and_read() -> None:
    """The names lead to fields that there are, and every field has a name."""
    for kind in ImportKind:
        assert set(FIELDS[kind]) - {"ignore"} == set(READERS[kind])


def test_no_name_leads_to_two_fields() -> None:
    """Within a kind a header name is in one list only."""
    for kind in ImportKind:
        seen: dict[str, str] = {}
        for field, others in FIELDS[kind].items():
            for name in others:
                if name not in {"job", "course"}:
                    assert seen.setdefault(name, field) == field, name


def test_a_job_board() -> None:
    """Headers of a job board's export."""
    assert _fields(
        _JOBS,
        [
            *("Job Title", "Company Name", "Vacancy", "Job Context", "Job Responsibilities"),
            *("Educational Requirements", "Experience Requirements", "Job Location", "Salary"),
            *("Application Deadline", "Published On", "Key Skills", "Gender"),
        ],
    ) == {
        "Job Title": "title",
        "Company Name": "employer",
        "Vacancy": "positions",
        "Job Context": "description",
        "Job Responsibilities": "description",
        "Educational Requirements": "description",
        "Experience Requirements": "min_experience_years",
        "Job Location": "region",
        "Salary": "wage",
        "Application Deadline": "valid_through",
        "Published On": "posted_at",
        "Key Skills": "skills",
        "Gender": "ignore",
    }


def test_a_register_of_returnees() -> None:
    """Parents, papers and reasons of return are never taken in."""
    assert _fields(
        _PEOPLE,
        [
            *("Sl No", "Name of returnee", "Father's name", "Mobile", "District", "NID"),
            *("Country of destination", "Skills", "Trade", "Year of return", "Reason of return"),
        ],
    ) == {
        "Sl No": "ignore",
        "Name of returnee": "name",
        "Father's name": "ignore",
        "Mobile": "phone",
        "District": "region",
        "NID": "ignore",
        "Country of destination": "experience_country",
        "Skills": "skills",
        "Trade": "skills",
        "Year of return": "ignore",
        "Reason of return": "ignore",
    }


@pytest.mark.parametrize(
    ("kind", "column", "field"),
    [
        (_JOBS, "পদের নাম", "title"),
        (_JOBS, "প্রতিষ্ঠানের নাম", "employer"),
        (_JOBS, "वेतन", "wage"),
        (_JOBS, "تنخواہ", "wage"),
        (_JOBS, "الراتب", "wage"),
        (_JOBS, "sahod", "wage"),
        (_JOBS, "Gaji", "wage"),
        (_PEOPLE, "নাম", "name"),
        (_PEOPLE, "मोबाइल नंबर", "phone"),
        (_PEOPLE, "පළාත", None),
        (_PEOPLE, "පෙර රැකියාව", None),
        (_PEOPLE, "பெயர்", "name"),
        (_PEOPLE, "return_category", "ignore"),
        (_PEOPLE, "Wage (BDT)", None),
        (_JOBS, "Wage (SAR)", "wage"),
        (_JOBS, "wage_min", "wage_min"),
        (_JOBS, "jobTitle", "title"),
        (_JOBS, "Aplication Deadlin", "valid_through"),
        (_JOBS, "Name / নাম / xyz", None),
        (_PEOPLE, "Name / নাম", "name"),
        (_JOBS, "zzzz", None),
    ],
)
def test_headers(kind: ImportKind, column: str, field: str | None) -> None:
    """Other languages, the contract's own names, units in brackets, near spellings."""
    assert _fields(kind, [column])[column] == field


@pytest.mark.parametrize(
    ("kind", "cell", "field"),
    [
        (_PEOPLE, "+880 1700-000000", "phone"),
        (_PEOPLE, "English, Bangla", "languages"),
        (_PEOPLE, "a@example.org", "ignore"),
        (_PEOPLE, "31/12/2025", None),
        (_PEOPLE, "I worked as a mason in a big company and also laid tiles for two years", "text"),
        (_JOBS, "Saudi Arabia", "country"),
        (_JOBS, "SAR", "wage_currency"),
        (_JOBS, "SAR 1,500 per month", "wage"),
        (_JOBS, "https://example.org/1", "url"),
        (_JOBS, "mason", None),
        (_JOBS, "7", None),
    ],
)
def test_contents(kind: ImportKind, cell: str, field: str | None) -> None:
    """A header that says nothing leaves the cells to speak, with less certainty."""
    (one,) = suggest(kind, ["q1"], [{"q1": cell}] * 3)
    assert one.field == field
    assert one.confidence < 0.85


def test_a_field_has_one_column() -> None:
    """The surer column wins; the other is told why it lost."""
    (loses, wins) = suggest(_JOBS, ["Aplication Deadline", "Deadline"], [])
    assert wins.field == "valid_through"
    assert loses == Suggestion(
        "Aplication Deadline", None, 0.0, '"Deadline" already is valid_through.'
    )


def test_cells_that_contradict_the_name() -> None:
    """They halve the certainty."""
    (one,) = suggest(_JOBS, ["Deadline"], [{"Deadline": "Dhaka"}, {"Deadline": "Sylhet"}])
    assert (one.field, one.confidence) == ("valid_through", 0.5)
    (one,) = suggest(_JOBS, ["Salary"], [{"Salary": "Rs 100"}])
    assert one.confidence == 1


def test_a_demand_letter() -> None:
    """Where no column is called a title, the trade or category is; else it stays what it was."""
    columns = ("Company", "Country", "Category", "Quantity", "Food", "Contract")
    found = {one.column: one.field for one in suggest(ImportKind.LISTINGS, columns, [])}
    assert found == {
        "Company": "employer",
        "Country": "country",
        "Category": "title",
        "Quantity": "positions",
        "Food": "description",
        "Contract": "description",
    }
    beside = suggest(ImportKind.LISTINGS, ("Job Title", "Category"), [])
    assert [one.field for one in beside] == ["title", "sectors"]
