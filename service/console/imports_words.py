"""What an import says in words: fields, mistakes, reasons, damaged files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from service.console.languages import N_
from service.console.listings_words import FIELDS as LISTING_FIELDS
from service.domain.batch import BatchState, ColumnUse, RowEffect
from service.domain.imported import ImportKind
from service.intake.reasons import problem_told, reason_told

_PERSON: Final = {
    "text": N_("What they can do, in their words"),
    "name": N_("Name of the person"),
    "phone": N_("Telephone"),
    "home_country": N_("Home country"),
    "region": N_("Home district"),
    "lat": LISTING_FIELDS["lat"],
    "lon": LISTING_FIELDS["lon"],
    "skills": LISTING_FIELDS["skills"],
    "languages": LISTING_FIELDS["languages"],
    "external_id": N_("Number of the record"),
    "education": N_("Schooling"),
    "birth_year": N_("Year of birth"),
    "age": N_("Age"),
    "gender": N_("Gender"),
    "experience": N_("Work done"),
    "experience_country": N_("Country of work"),
    "experience_years": N_("Years of work"),
    "wants_countries": N_("Countries they wish for"),
    "vetoes": N_("Work they refuse"),
    "min_wage": N_("Least pay they accept"),
    "visa_expires": N_("Visa ends on"),
    "consent_matching": N_("Agreed to matching"),
    "consent_until": N_("Agreement ends on"),
}
FIELDS: Final[Mapping[ImportKind, Mapping[str, str]]] = {
    ImportKind.LISTINGS: LISTING_FIELDS,
    ImportKind.RETURNEES: _PERSON,
}
KINDS: Final = {
    ImportKind.LISTINGS: N_("Jobs and trainings"),
    ImportKind.RETURNEES: N_("People"),
}
STATES: Final = {
    BatchState.QUEUED: N_("Waiting for its turn"),
    BatchState.RUNNING: N_("Being read"),
    BatchState.DONE: N_("Finished"),
    BatchState.FAILED: N_("Could not be read"),
}
EFFECTS: Final = {
    RowEffect.CREATED: N_("new"),
    RowEffect.CHANGED: N_("changed"),
    RowEffect.UNCHANGED: N_("left as they were"),
    RowEffect.REFUSED: N_("refused"),
}
PROBLEMS: Final = {
    "missing": N_("Something that every row needs is missing."),
    "same": N_("Another row of this file has the same number, or says the same."),
    "words": N_("Nothing says what this person can do. Fill in their work or skills."),
    "restricted": N_("Why somebody came back may not be brought in."),
    "order": N_("The lower amount must come first, such as 25000-30000."),
    "currency": N_("The currency is not clear. Write a code such as BDT beside the amount."),
    "amount": N_("The amount is not clear. Write one number, or two such as 25000-30000."),
    "period": N_("Write what the pay is for: hour, day, week, month or year."),
    "yes_no": N_("Write yes or no."),
    "duration": N_("Write how long it takes, such as 12 weeks."),
    "occupation": N_("The occupation code is not known. Write 1 to 4 digits, or nothing."),
    "kind": N_("Write job, training, enterprise or service."),
    "visibility": N_("Write public or private."),
    "id": N_("This number cannot be used here. Add something to it, such as -1."),
    "unknown": N_("This field is not known here. Take it out."),
    "url": N_("Write a web address that begins with https://."),
    "birth": N_("Write the year of birth, such as 1990, or the age."),
    "country": N_("The country is not known. Write its name in full, or a code such as BD."),
    "language": N_("The language is not known. Write its name, such as Bangla or English."),
    "passed": N_("This day has passed."),
    "day_order": N_("Day and month cannot be told apart. Write the date as 2026-01-31."),
    "day": N_("This is no date. Write it as 2026-01-31."),
    "formula": N_("This is a formula. Copy the column and paste it as values."),
    "sheet_error": N_("The spreadsheet shows an error in this cell. Type the value."),
    "cells": N_("The row has more cells than the header. Put text with commas in quotes."),
    "long": N_("There is too much text in this cell."),
    "place": N_("This is no place on the map. Leave it empty, or write degrees."),
    "number": N_("This is not a number that fits here. Write only the number, such as 3."),
    "letters": N_("There are characters in this cell that cannot be used. Type it again."),
    "row": N_("This row cannot be read. Look for a quotation mark too many."),
    "other": N_("This does not fit here. Compare it with a row that was taken."),
}
_REASONS: Final[Mapping[str, str]] = {
    "said": N_("As you chose."),
    "before": N_("As you chose for this source last time."),
    "taken": N_("Another column was chosen for this already."),
    "doubt": N_("By its name; but many of its cells do not fit."),
    "named": N_("By its name."),
    "spelt": N_("Its name is nearly spelt so."),
    "looks": N_("By what stands in its cells."),
    "other": N_("Neither its name nor its cells tell what it is."),
}
_FILES: Final = {
    "file_empty": N_("The file is empty. Choose it again, or save it anew."),
    "file_has_no_records": N_("There is no row in this file below the header."),
    "file_too_large": N_("The file is too large. Split it and bring in the parts."),
    "sheet_too_large": N_("The sheet is too large. Copy the table to a new sheet."),
    "file_password": N_("The file is locked with a password. Save it without one."),
    "header_missing": N_("The columns have no names. Write a name above each column."),
    "header_repeated": N_("Two columns have the same name. Give each its own."),
    "file_format_unknown": N_("This is no table. Save it as CSV or Excel (XLSX)."),
    "file_delimiter_unclear": N_("The columns cannot be told apart. Save it as Excel (XLSX)."),
    "import_failed": N_("Something went wrong here. What was taken stays; try again later."),
}
_DAMAGED: Final = N_("The file cannot be read. Save it again as Excel (XLSX) or CSV.")
Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a row. written: what stands in the cell."""

    code: str
    row: int
    column: str
    written: str


def file_words(code: str) -> str:
    """Return what is wrong with a file, in the words of the catalogue."""
    return _FILES.get(code, _DAMAGED)


def reason_words(use: ColumnUse) -> str:
    """Return why a column is taken for a field."""
    return _REASONS[reason_told(use.reason).code]


def code_of(detail: str) -> str:
    """Return the class of a row's problem."""
    return problem_told(detail).code
