"""schema.org's JobPosting as a listing."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from service.domain.imported import RowProblem
from service.intake import dates, names, values
from service.intake.cells import CellError, items, known
from service.intake.postingpay import wage
from service.intake.prose import all_said, every, first, one_line, said, sections, split_long

_MOST_SKILLS: Final = 50
_MOST_SECTORS: Final = 20
_CODE: Final = re.compile(r"(?:isco(?:[\s-]*08)?\s*[:#-]?\s*)?(\d{4})(?![\d.-])", re.IGNORECASE)
_OTHER_SYSTEM: Final = re.compile(r"\b(?:soc|o\*?net|noc|anzsco|nace|isic|nco)\b", re.IGNORECASE)
_ALSO_STATES: Final = frozenset({"GE"})
"""Countries named like a state of another one, which an address may mean as well."""
_REMOTE: Final = "TELECOMMUTE"


def is_posting(node: Mapping[str, Any]) -> bool:
    """Tell whether an object says it is a JobPosting."""
    return any(
        isinstance(one, str) and re.split(r"[/#:]", one.strip())[-1] == "JobPosting"
        for one in every(node.get("@type"))
    )


def to_listing(
    posting: Mapping[str, Any], today: date, home: str | None = None
) -> tuple[dict[str, Any], tuple[RowProblem, ...]]:
    """Return a posting as a listing's body (with external_id), and what was not understood.

    home: the country of postings that name none, for what "Rs" means in them.
    """
    problems: list[RowProblem] = []

    def tried(pointer: str, read: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
        try:
            return read()
        except CellError as error:
            problems.append(RowProblem(pointer, str(error)))
            return None

    nowhere: tuple[dict[str, Any], str] = ({}, "")
    places, elsewhere = tried("/jobLocation", lambda: _places(posting)) or nowhere
    skills, more_skills = split_long(_skills(posting), _MOST_SKILLS)
    sectors, _ = split_long(_listed(posting.get("industry")), _MOST_SECTORS)
    posted, ends = one_line(posting.get("datePosted")), one_line(posting.get("validThrough"))
    openings = one_line(posting.get("totalJobOpenings"), "value")
    url = one_line(posting.get("url"), "@id")
    body = {
        "external_id": _identifier(posting, url),
        "kind": "job",
        "title": one_line(posting.get("title")) or one_line(posting.get("name")),
        "employer": one_line(posting.get("hiringOrganization"), "name", "legalName"),
        "description": _description(posting, elsewhere, more_skills),
        "url": tried("/url", lambda: values.url(url)) if url else None,
        "skills": skills,
        "sectors": sectors,
        "isco08": _isco08(posting.get("occupationalCategory")),
        "min_experience_years": tried("/experienceRequirements", lambda: _experience(posting)),
        "posted_at": tried("/datePosted", lambda: dates.moment(posted, None, today))
        if known(posted)
        else None,
        "valid_through": tried("/validThrough", lambda: dates.day(ends, None, today).isoformat())
        if known(ends)
        else None,
        "positions": tried("/totalJobOpenings", lambda: values.count(openings))
        if known(openings)
        else None,
        **places,
        **(tried("/baseSalary", lambda: wage(posting, places.get("country", home))) or {}),
    }
    kept = {name: value for name, value in body.items() if value not in (None, "", [])}
    return kept, tuple(problems)


def _identifier(posting: Mapping[str, Any], url: str) -> str:
    return one_line(posting.get("identifier"), "value", "@id", "name") or url


def _listed(value: object) -> list[str]:
    """Return a text as the list it writes out; of a list, each entry as it is."""
    if isinstance(value, list):
        return [text for one in value if (text := one_line(one, "name", "termCode"))]
    return items(said(value, "name", "termCode"))


def _skills(posting: Mapping[str, Any]) -> list[str]:
    return _listed(posting.get("skills"))


def _description(posting: Mapping[str, Any], elsewhere: str, skills: list[str]) -> str:
    experience = first(posting.get("experienceRequirements"))
    return sections(
        ("", said(posting.get("description"))),
        ("Responsibilities", all_said(posting.get("responsibilities"))),
        ("Qualifications", all_said(posting.get("qualifications"), "name", "description")),
        ("Education", all_said(posting.get("educationRequirements"), "name", "credentialCategory")),
        ("Experience", said(experience, "description", "name")),
        ("Skills", "; ".join(skills)),
        ("Benefits", all_said(posting.get("jobBenefits"), "name")),
        ("Location", elsewhere),
    )


def _isco08(value: object) -> str | None:
    """Return an ISCO-08 unit group. O*NET, SOC and other systems' codes are none."""
    for one in every(value):
        system = one_line(one.get("inCodeSet"), "name", "url") if isinstance(one, Mapping) else ""
        text = one_line(one, "codeValue", "name")
        if _OTHER_SYSTEM.search(f"{text} {system}".replace("-", " ")):
            continue
        if code := _CODE.match(text):
            return code.group(1)
    return None


def _experience(posting: Mapping[str, Any]) -> float | None:
    """Return the least years, from months or from words that name them."""
    wanted = first(posting.get("experienceRequirements"))
    if isinstance(wanted, Mapping) and wanted.get("monthsOfExperience") is not None:
        months = values.number(one_line(wanted["monthsOfExperience"], "value"))
        return round(months / 12, 1) if months >= 0 else None
    text = said(wanted, "description", "name")
    if not known(text):
        return None
    try:
        return values.years(text)
    except CellError:
        # Words such as "preferred" stay in the description.
        return None


def _places(posting: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return country, region and coordinates, and words for what does not fit in them.

    Raises:
        CellError: a country that is not known.
    """
    found = [_place(one) for one in every(posting.get("jobLocation"))]
    found = [one for one in found if one]
    remote = _REMOTE in (one_line(x).upper() for x in every(posting.get("jobLocationType")))
    wanted = [
        one_line(one, "name", "addressCountry")
        for one in every(posting.get("applicantLocationRequirements"))
    ]
    words = ["Remote work."] if remote else []
    if not found:
        place = {"country": names.country(wanted[0])} if wanted and wanted[0] else {}
        if len(wanted) > 1:
            words.append(f"Open to people in {', '.join(filter(None, wanted))}.")
        return place, " ".join(words)
    if len(found) == 1:
        return found[0], " ".join(words)
    country = next((one["country"] for one in found if "country" in one), None)
    regions = [", ".join(str(one[x]) for x in ("region", "country") if x in one) for one in found]
    # One of several places would make the others' distances wrong.
    place = {"country": country} if country else {}
    return place, " ".join([*words, f"{'; '.join(dict.fromkeys(regions))}."])


def _place(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return _spelt_out(one_line(value))
    address = first(value.get("address")) or value
    if not isinstance(address, Mapping):
        return _spelt_out(one_line(address))
    parts = [
        one_line(address.get("addressLocality"), "name"),
        one_line(address.get("addressRegion"), "name"),
    ]
    region = ", ".join(dict.fromkeys(part for part in parts if part))
    country = one_line(address.get("addressCountry"), "name", "identifier")
    place: dict[str, Any] = {}
    if known(country):
        place["country"] = names.country(country)
    if known(region):
        place["region"] = region
        if "country" not in place:
            # Forms with one field for the place send "Doha, Qatar" as the locality.
            spelt = _spelt_out(region)
            place |= spelt if spelt.get("country") not in _ALSO_STATES else {}
    elif "address" not in value and "country" not in place:
        place |= _spelt_out(one_line(value, "name"))
    return place | _geo(first(value.get("geo")))


def _spelt_out(text: str) -> dict[str, Any]:
    """Read "Sylhet, Bangladesh"."""
    if not known(text):
        return {}
    *before, last = text.split(",")
    try:
        country = names.country(last)
    except CellError:
        return {"region": text}
    region = ",".join(before).strip()
    return {"country": country} | ({"region": region} if region else {})


def _geo(value: object) -> dict[str, float]:
    if not isinstance(value, Mapping):
        return {}
    try:
        lat = values.degrees(one_line(value.get("latitude")), 90)
        lon = values.degrees(one_line(value.get("longitude")), 180)
    except CellError:
        # A place without coordinates is still a place.
        return {}
    return {"lat": lat, "lon": lon}
