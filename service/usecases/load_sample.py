"""Load the sample listings and people that ship with Homeward."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from service.domain.listing import Kind, LanguageSkill, Listing, WagePeriod
from service.domain.person import (
    Consent,
    Contact,
    Experience,
    Market,
    MinWage,
    Preferences,
    Profile,
    ReturnCategory,
    Route,
    Skill,
    SkillStatus,
    Veto,
)
from service.domain.records import Put
from service.ports import ProgressBar, Tools
from service.usecases.put_listings import put_listings
from service.usecases.register_person import register_person

SOURCE: Final = "sample"
_NOT_CONTENT: Final = {"external_id", "posted_days_ago", "valid_days"}


def sample_listings(folder: Path, today: date) -> Iterator[tuple[str, Listing]]:
    """Yield (external id, listing) from data/listings, dates counted from `today`."""
    for path in sorted((folder / "listings").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            yield raw["external_id"], _listing(raw, today)


def _listing(raw: dict[str, Any], today: date) -> Listing:
    content = {name: value for name, value in raw.items() if name not in _NOT_CONTENT}
    for name in ("skills", "certificates", "outcomes", "sectors"):
        content[name] = tuple(content.get(name) or ())
    content["languages"] = _languages(raw)
    content["kind"] = Kind(raw["kind"])
    if raw.get("wage_period"):
        content["wage_period"] = WagePeriod(raw["wage_period"])
    if "posted_days_ago" in raw:
        posted = today - timedelta(days=raw["posted_days_ago"])
        content["posted_at"] = datetime(posted.year, posted.month, posted.day, tzinfo=UTC)
    if "valid_days" in raw:
        content["valid_through"] = today + timedelta(days=raw["valid_days"])
    return Listing(**content)


def _languages(raw: dict[str, Any]) -> tuple[LanguageSkill, ...]:
    return tuple(LanguageSkill(x["code"], x.get("level")) for x in raw.get("languages") or ())


def sample_people(folder: Path, today: date) -> Iterator[tuple[str, str, Profile]]:
    """Yield (external id, language, profile) from data/people, dates counted from `today`."""
    for path in sorted((folder / "people").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            yield raw["external_id"], raw["lang"], _profile(raw, today)


def _profile(raw: dict[str, Any], today: date) -> Profile:
    visa_days = raw.get("visa_expires_days")
    category = raw.get("return_category")
    return Profile(
        text=raw["text"],
        home_country=raw["home_country"],
        region=raw.get("region"),
        lat=raw.get("lat"),
        lon=raw.get("lon"),
        experiences=tuple(
            Experience(x.get("title"), x.get("description"), x.get("country"), x.get("years"))
            for x in raw.get("experiences") or ()
        ),
        skills=tuple(
            Skill(x["text"], SkillStatus(x.get("status") or "claimed"), x.get("certificate"))
            for x in raw.get("skills") or ()
        ),
        languages=_languages(raw),
        education=raw.get("education"),
        birth_year=raw.get("birth_year"),
        gender=raw.get("gender"),
        preferences=_preferences(raw.get("preferences") or {}),
        remigration=raw.get("remigration"),
        visa_expires=None if visa_days is None else today + timedelta(days=visa_days),
        return_category=ReturnCategory(category) if category else None,
        consent=_consent(raw.get("consent") or {}, today),
    )


def _preferences(raw: dict[str, Any]) -> Preferences:
    wage = raw.get("min_wage")
    return Preferences(
        routes=tuple(Route(route) for route in raw.get("routes") or ()),
        countries=tuple(raw.get("countries") or ()),
        exclude_countries=tuple(raw.get("exclude_countries") or ()),
        max_distance_km=raw.get("max_distance_km"),
        min_wage=MinWage(
            wage["amount"], wage["currency"], WagePeriod(wage.get("period") or "month")
        )
        if wage
        else None,
        vetoes=tuple(
            Veto(x.get("isco08"), x.get("text"), Market(x.get("market") or "all"))
            for x in raw.get("vetoes") or ()
        ),
    )


def _consent(raw: dict[str, Any], today: date) -> Consent:
    days = raw.get("until_days")
    return Consent(
        matching=bool(raw.get("matching")),
        share_with=tuple(raw.get("share_with") or ()),
        until=None if days is None else today + timedelta(days=days),
    )


def load_sample(
    tools: Tools, folder: Path, organisation_id: str, bar: ProgressBar | None = None
) -> tuple[int, int]:
    """Load or refresh the sample; return how many listings and people it has.

    Dates move with the calendar: the same sample loaded tomorrow is open a day longer.
    """
    listings = load_sample_listings(tools, folder, organisation_id, bar)
    people = list(sample_people(folder, tools.clock.today()))
    if bar is not None:
        bar.start("Sample people", len(people))
    for external_id, _, profile in people:
        put = Put(
            organisation_id=organisation_id,
            source=SOURCE,
            external_id=external_id,
            content=profile,
        )
        register_person(tools, put, Contact())
        if bar is not None:
            bar.advance(1)
    return listings, len(people)


def load_sample_listings(
    tools: Tools, folder: Path, organisation_id: str, bar: ProgressBar | None = None
) -> int:
    """Load or refresh the sample's listings only; return how many there are."""
    puts = [
        Put(organisation_id=organisation_id, source=SOURCE, external_id=name, content=listing)
        for name, listing in sample_listings(folder, tools.clock.today())
    ]
    if bar is not None:
        bar.start("Sample listings", len(puts))
    put_listings(tools, puts, bar)
    return len(puts)
