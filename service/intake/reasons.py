"""What is wrong with a cell, or why a column is taken for a field, as a code.

The sentences are for whoever reads the API; a page in another language needs what they say.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence's code ("other" where nobody gave it one) and what it names."""

    code: str
    facts: dict[str, str] = field(default_factory=dict)


_PROBLEMS: Final = (
    ("missing", r"This field is required|title is missing|has no title"),
    ("same", r"Row (?P<row>\d+) of this file has the same id"),
    ("words", r"Say what the person can do"),
    ("restricted", r"return_category needs"),
    ("order", r"The lower amount comes first|lowest pay is more|wage_min is more"),
    (
        "currency",
        r"no currency|Several countries' money|currency beside the amount|ISO 4217",
    ),
    (
        "amount",
        r"An amount of money|amount is not clear|several amounts|than any amount|Write one amount",
    ),
    ("period", r"Write hour, day, week|unitText is"),
    ("yes_no", r"neither yes nor no"),
    ("duration", r"Write the duration"),
    ("occupation", r"ISCO-08"),
    ("kind", r"Write job, training|Allowed are 'job'"),
    ("visibility", r"Write public or private|Allowed are 'public'|visibility is public"),
    ("id", r"cannot be an external id"),
    ("unknown", r"There is no such field"),
    ("url", r"web address|URL"),
    ("birth", r"year of birth|Write the age|year has not come"),
    ("country", r"no country|ISO 3166"),
    ("language", r"no language|BCP-47"),
    ("passed", r"This day has passed"),
    ("day_order", r"the file tells which|day and the month|day or the month"),
    ("day", r"no day|no such day|2026-01-31|time zone|beyond the calendar"),
    ("formula", r"This is a formula|holds a formula"),
    ("sheet_error", r"spreadsheet's error"),
    ("cells", r"This row has \d+ cells"),
    ("long", r"may have [\d,]+ characters|At most|at most|in \d+ characters"),
    ("place", r"Write degrees|lat and lon|less than or equal to (?:9|18)0"),
    (
        "number",
        (
            r"Write a number|years of work|how many people|valid (?:number|integer)|greater than|"
            r"less than|finite"
        ),
    ),
    ("letters", r"control character|surrogate|turn the text|not one letter|one line"),
    ("row", r"JSON|ld\+json|row cannot be read|quote|never (?:closed|ends)|record is written"),
)
_REASONS: Final = (
    ("said", r"As you said"),
    ("before", r"As it was mapped"),
    ("taken", r'^"(?P<column>.*)" already is (?P<field>\w+)'),
    ("doubt", r"But (?P<failed>\d+) of (?P<cells>\d+) cells cannot be read"),
    ("named", r'^"(?P<name>.*)" is a name for'),
    ("spelt", r'^Spelt nearly like "(?P<name>.*)"'),
    ("looks", r"^Its cells look like (?P<what>[a-z -]+)"),
)


def problem_told(detail: str) -> Told:
    """Return what a row's problem says."""
    return _told(_PROBLEMS, detail)


def reason_told(reason: str) -> Told:
    """Return why a column is taken for a field; "other": nothing tells what it is."""
    return _told(_REASONS, reason)


@lru_cache(maxsize=2048)
def _told(table: tuple[tuple[str, str], ...], text: str) -> Told:
    for code, pattern in table:
        if found := re.search(pattern, text):
            return Told(code, {name: said for name, said in found.groupdict().items() if said})
    return Told("other")
