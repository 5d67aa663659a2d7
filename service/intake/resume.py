"""JSON Resume (version 1.0.0) as a returnee. Consent is never read into it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from service.domain.imported import RowProblem
from service.intake import names
from service.intake.cells import CellError, known
from service.intake.prose import LONGEST_LINE, all_said, every, one_line, said, sections

_WHEN: Final = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?(?:T.*)?")
_MONTHS: Final = 12
_MOST_YEARS: Final = 80
_PARTS: Final = ("basics", "work", "education", "skills", "languages", "certificates")


def is_resume(values: Mapping[str, Any]) -> bool:
    """Tell whether an object has a JSON Resume's shape."""
    if isinstance(values.get("basics"), Mapping):
        return True
    work = every(values.get("work"))
    return bool(work) and all(isinstance(one, Mapping) for one in work)


def to_returnee(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[RowProblem, ...]]:
    """Return a resume as a returnee's body, and what was not understood."""
    problems: list[RowProblem] = []

    def tried(pointer: str, read: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
        try:
            return read()
        except CellError as error:
            problems.append(RowProblem(pointer, str(error)))
            return None

    basics = _object(values.get("basics"))
    place = _object(basics.get("location"))
    code = one_line(place.get("countryCode"))
    languages = [
        tried(f"/languages/{at}", lambda one=one: _language(one))  # type: ignore[misc]
        for at, one in enumerate(_objects(values, "languages"))
    ]
    region = [one_line(place.get("city")), one_line(place.get("region"))]
    body = {
        "name": one_line(basics.get("name")),
        "phone": one_line(basics.get("phone")),
        "text": sections(
            ("", said(basics.get("label"))),
            ("", said(basics.get("summary"))),
        ),
        "home_country": tried("/basics/location/countryCode", lambda: names.country(code))
        if known(code)
        else None,
        "region": ", ".join(dict.fromkeys(one for one in region if one)),
        "experiences": [
            job
            for name in ("work", "volunteer")
            for one in _objects(values, name)
            if (job := _job(one))
        ],
        "skills": _skills(values),
        "languages": [one for one in languages if one],
        "education": _education(values),
    }
    kept = {name: value for name, value in body.items() if value not in (None, "", [])}
    return kept, tuple(problems)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(values: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [one for one in every(values.get(name)) if isinstance(one, Mapping)]


def _job(work: Mapping[str, Any]) -> dict[str, Any]:
    """Return one stretch of work; its years only where both its ends are said."""
    description = sections(
        ("", said(work.get("summary"))),
        ("", all_said(work.get("highlights"))),
    )
    found = {
        "title": one_line(work.get("position")),
        "description": description or one_line(work.get("description")),
        "country": _country(one_line(work.get("location"))),
        "years": _years(one_line(work.get("startDate")), one_line(work.get("endDate"))),
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _country(place: str) -> str | None:
    """Return the country of "Doha, Qatar", None where none is named."""
    if not known(place):
        return None
    try:
        return names.country(place)
    except CellError:
        return None


def _years(start: str, end: str) -> float | None:
    begun, ended = _WHEN.fullmatch(start), _WHEN.fullmatch(end)
    if begun is None or ended is None:
        return None
    whole = int(ended.group(1)) - int(begun.group(1))
    # Years alone say nothing of months.
    if begun.group(2) and ended.group(2):
        months = int(ended.group(2)) - int(begun.group(2))
        return _plausible(whole + months / _MONTHS)
    return _plausible(float(whole))


def _plausible(years: float) -> float | None:
    return round(years, 1) if 0 <= years <= _MOST_YEARS else None


def _skills(values: Mapping[str, Any]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in every(values.get("skills")):
        words = [one_line(one, "name")]
        if isinstance(one, Mapping):
            words += [one_line(word) for word in every(one.get("keywords"))]
        for word in words:
            if word:
                found.setdefault(word.casefold(), {"text": word})
    for one in every(values.get("certificates")):
        if name := one_line(one, "name"):
            certified = {"text": name, "status": "certified", "certificate": name}
            found[name.casefold()] = certified
    return list(found.values())


def _language(said_of: Mapping[str, Any]) -> dict[str, str] | None:
    """Return {code, level?}; a level only where it is CEFR's or a mother tongue."""
    name = one_line(said_of.get("language")) or one_line(said_of.get("name"))
    if not known(name):
        return None
    level = names.language_level(one_line(said_of.get("fluency")))
    return names.language(name) | ({"level": level} if level else {})


def _education(values: Mapping[str, Any]) -> str:
    """Return the education in one line: all of it if it fits, else the first."""
    parts = []
    for one in _objects(values, "education"):
        words = (one_line(one.get("studyType")), one_line(one.get("area")))
        parts.append(", ".join(word for word in words if word))
    parts = [part for part in parts if part]
    whole = "; ".join(parts)
    return whole if len(whole) <= LONGEST_LINE else parts[0][:LONGEST_LINE]
