"""Make a sheet to take away, of options that every rule lets through at this moment.

Pure: nothing is stored. What could harm whoever is found with it does not get on it: of the
person only words about work, and of listings and offices no word that tells what happened.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.domain.eligibility import Eligibility
from service.domain.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    NotFoundError,
    NotReadyError,
)
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.match import Evidence, Match, Missing, Severity
from service.domain.person import Profile, Route, StoredPerson
from service.domain.records import SavedUnderstanding
from service.domain.referral import (
    Gap,
    Line,
    Reason,
    Referral,
    ReferralOption,
    ReferralRequest,
    Remark,
)
from service.domain.request import Filters
from service.domain.said import Country, Worded
from service.domain.text import visible
from service.domain.work_said import Crowd
from service.ports import Tools
from service.rules.candidacy import route_for
from service.rules.eligible import Rulebook, reasons_against, rules_for
from service.skills.phrasebook import ENGLISH, both
from service.skills.scripts import direction
from service.usecases.bridge_gaps import add_bridges
from service.usecases.correct_match import Correction, corrected_of
from service.usecases.explain_answer import Chosen, reader_of
from service.usecases.find_matches import reading_of, require_work_words
from service.usecases.rulebook import rulebook
from service.usecases.score_listing import RANKED, scores_for, wanted_of
from service.usecases.score_pools import said_to_keep
from service.usecases.see_listing import seen_listings
from service.usecases.understand import understand
from service.usecases.word_referral import (
    ASKED,
    LABELS,
    bridge_worded,
    flag_worded,
    gap_worded,
    lines_worded,
    minded,
    questions,
)

_REASONS: Final = 4
_GAPS: Final = 6


def refer_profile(tools: Tools, profile: Profile, asked: ReferralRequest) -> Referral:
    """Return the sheet for an ad-hoc question; raises as `refer_person` does."""
    return _referral(tools, profile, understand(tools, profile), asked, None)


def refer_person(tools: Tools, person: StoredPerson, asked: ReferralRequest) -> Referral:
    """Return the sheet for a stored person.

    Raises ConsentMissingError; NotFoundError for a listing that is not there; ConflictError
    (option_blocked) where a rule keeps one out today; InvalidInputError for words that would
    tell, kinds that are not ranked and languages not known; NotReadyError for a listing that no
    index has read yet.
    """
    read = reading_of(tools, person)
    name = person.contact.name if asked.with_name else None
    return _referral(tools, person.profile, read, asked, name)


def refer_corrected(
    tools: Tools,
    profile: Profile,
    corrections: Sequence[Correction],
    asked: ReferralRequest,
    person: StoredPerson | None = None,
) -> Referral:
    """Return the sheet for what `match_corrected` answers; raises as `refer_person` does."""
    if person is not None and not corrections:
        return refer_person(tools, person, asked)
    profile = corrected_of(tools, profile, corrections, person)
    name = person.contact.name if person is not None and asked.with_name else None
    return _referral(tools, profile, understand(tools, profile), asked, name)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What every part of one sheet is worded with."""

    tools: Tools
    read: SavedUnderstanding
    language: str
    bridges: Mapping[str, StoredListing]

    def say(self, key: str) -> Worded:
        return self.tools.phrases.say(self.language, key)


def _referral(
    tools: Tools,
    profile: Profile,
    read: SavedUnderstanding,
    asked: ReferralRequest,
    name: str | None,
) -> Referral:
    _require_discreet_office(tools, asked)
    require_work_words(read)
    language = _language(tools, read, asked)
    book = rulebook(tools, profile, viewer=asked.viewer)
    stored = _chosen(tools, book, asked)
    matches = _explained(tools, book, read, stored)
    ids = {gap.bridges[0] for one in matches for gap in one.missing if gap.bridges}
    sheet = _Sheet(tools, read, language, tools.store.listings(sorted(ids)))
    warnings, notes, asks = _remarks(sheet, profile, matches)
    return Referral(
        language=language,
        right_to_left=direction(language) == "rtl",
        reference=asked.reference,
        day=book.today,
        day_worded=both(book.today, language),
        name=name,
        labels={key: sheet.say(key) for key in LABELS},
        numerals=tuple(both(at + 1, language).own for at in range(len(matches))),
        options=tuple(
            _option(sheet, profile, number, match) for number, match in enumerate(matches, start=1)
        ),
        asks=asks,
        warnings=warnings,
        notes=notes,
        office=asked.office,
    )


def _require_discreet_office(tools: Tools, asked: ReferralRequest) -> None:
    detail = (
        "This would tell whoever finds the sheet what it is about; write the office's plain name."
    )
    problems = tuple(
        FieldProblem(f"/office/{at}", detail)
        for at, line in enumerate(asked.office)
        if tools.discretion.tells(line)
    )
    if problems:
        raise InvalidInputError(f"{problems[0].pointer}: {detail}", problems=problems)


def _language(tools: Tools, read: SavedUnderstanding, asked: ReferralRequest) -> str:
    known = tools.phrases.languages
    wanted = asked.language or read.understanding.language
    plain = wanted.split("-", maxsplit=1)[0].replace("fil", "tl")
    if plain in known:
        return plain
    if asked.language is None:
        return ENGLISH
    detail = f"Sheets are written in {', '.join(known)}."
    problem = FieldProblem("/language", detail)
    raise InvalidInputError(f"/language: {detail}", problems=(problem,))


def _chosen(tools: Tools, book: Rulebook, asked: ReferralRequest) -> list[StoredListing]:
    """Return the chosen listings, all of which every rule lets through now."""
    found = seen_listings(tools, asked.viewer, asked.listing_ids)
    where = {name: f"/listings/{at}" for at, name in enumerate(asked.listing_ids)}
    absent = [
        FieldProblem(where[name], "There is no such listing.") for name in where.keys() - found
    ]
    if absent:
        raise NotFoundError(f"{absent[0].pointer}: {absent[0].detail}", problems=tuple(absent))
    stored = [found[name] for name in where]
    other = [
        FieldProblem(where[one.id], f"A {one.content.kind.value} is not put on a sheet.")
        for one in stored
        if one.content.kind not in RANKED
    ]
    if other:
        detail = f"{other[0].pointer}: {other[0].detail}"
        raise InvalidInputError(detail, code="kind_not_ranked", problems=tuple(other))
    blocked = [
        FieldProblem(where[one.id], reason.text)
        for one in stored
        for reason in reasons_against(one, _allowed(book, one), book)
    ]
    if blocked:
        detail = f"{blocked[0].pointer}: {blocked[0].detail}"
        raise ConflictError(detail, code="option_blocked", problems=tuple(blocked))
    return stored


def _allowed(book: Rulebook, stored: StoredListing) -> Eligibility:
    return rules_for(route_for(stored.content, book.profile), book, Filters()).allowed


def _explained(
    tools: Tools, book: Rulebook, read: SavedUnderstanding, stored: Sequence[StoredListing]
) -> list[Match]:
    """Return each listing's match, as the person's own answer would explain it."""
    reader = reader_of(tools, book, read)
    chosen, alone = [], Crowd.of([said_to_keep(tools, read)])
    for one in stored:
        wanted = wanted_of(tools, one, book.viewer)
        if wanted is None:
            message = f'"{one.content.title}" has not been read yet; try again in a few seconds.'
            raise NotReadyError(message)
        score = float(scores_for(tools, wanted, alone)[0])
        chosen.append((Chosen(one.id, score, wanted.requirements), _allowed(book, one)))
    judged = reader.judged(chosen, {one.id: one for one in stored})
    return list(add_bridges(tools, book, {None: judged})[None])


def _option(sheet: _Sheet, profile: Profile, number: int, match: Match) -> ReferralOption:
    listing, say = match.listing.content, sheet.say
    route = route_for(listing, profile)
    kind = f"job_{'home' if route is Route.LOCAL else 'abroad'}"
    heading = say(kind if listing.kind is Kind.JOB else listing.kind.value)
    return ReferralOption(
        listing_id=match.listing.id,
        number=number,
        kind=listing.kind,
        heading=heading,
        title=_title(sheet, listing, heading),
        place=_place(sheet, listing),
        tier=match.tier,
        fit=say(match.tier.value),
        reasons=tuple(_reasons(sheet, match.evidence)),
        gaps=tuple(_gaps(sheet, match.missing)),
        lines=(*_who(sheet, listing), *lines_worded(sheet.tools.phrases, sheet.language, listing)),
    )


def _title(sheet: _Sheet, listing: Listing, heading: Worded) -> Worded:
    """Return what an option is called; in general words where its title would tell."""
    title: str | None = visible(listing.title)
    if sheet.tools.discretion.tells(title):
        title = sheet.tools.taxonomy.title(listing.isco08) if listing.isco08 else None
    if title is None:
        return heading
    own = sheet.tools.phrases.trade(sheet.language, title)
    return Worded(own or title, title)


def _place(sheet: _Sheet, listing: Listing) -> Worded:
    country = both(Country(listing.country), sheet.language)
    region = visible(listing.region or "")
    if not region or sheet.tools.discretion.tells(region):
        return country
    return Worded(f"{region}, {country.own}", f"{region}, {country.english}")


def _who(sheet: _Sheet, listing: Listing) -> Iterable[Line]:
    code = "employer" if listing.kind is Kind.JOB else "provider"
    named = listing.employer if listing.kind is Kind.JOB else listing.provider or listing.employer
    if named and not sheet.tools.discretion.tells(named):
        yield Line(code, sheet.say(code), Worded(visible(named), visible(named)))


def _reasons(sheet: _Sheet, evidence: Sequence[Evidence]) -> Iterable[Reason]:
    """Yield the best evidence; requirements that would tell are left out."""
    tools, understood = sheet.tools, sheet.read.understanding
    phrases = {one.text: one for one in understood.phrases if one.work}
    shown = [one for one in evidence if not tools.discretion.tells(one.requirement)]
    for one in shown[:_REASONS]:
        quoted = tools.discretion.may_quote(
            phrases[one.skill], understood.language, tools.interpreter, tools.neutral
        )
        said = visible(one.skill)
        yield Reason(
            said=Worded(said, said) if quoted else sheet.say("experience"),
            asked=visible(one.requirement),
            quoted=quoted,
        )


def _gaps(sheet: _Sheet, missing: Sequence[Missing]) -> Iterable[Gap]:
    """Yield what is missing, what is essential first."""
    tools, phrases = sheet.tools, sheet.tools.phrases
    shown = [one for one in missing if not tools.discretion.tells(one.requirement)]
    shown.sort(key=lambda one: not one.essential)
    for one in shown[:_GAPS]:
        bridge = None
        stored = sheet.bridges.get(one.bridges[0]) if one.bridges else None
        if stored is not None and one.bridge is not None:
            title = visible(stored.content.title)
            if not tools.discretion.tells(title):
                bridge = bridge_worded(phrases, sheet.language, one.bridge, title)
        yield Gap(gap_worded(phrases, sheet.language, one), bridge)


_Remarks = tuple[Remark, ...]


def _remarks(
    sheet: _Sheet, profile: Profile, matches: Sequence[Match]
) -> tuple[_Remarks, _Remarks, _Remarks]:
    """Return warnings, notes and what to ask, each said once with the options it is about."""
    phrases, language = sheet.tools.phrases, sheet.language
    warnings, notes, asks = _Gathered(), _Gathered(), _Gathered()
    for number, match in enumerate(matches, start=1):
        listing = match.listing.content
        abroad = route_for(listing, profile) is Route.OVERSEAS
        for key in questions(listing, abroad=abroad):
            asks.add(key, Severity.INFO, sheet.say(key), number)
        for flag in match.flags:
            said = flag_worded(phrases, language, flag)
            if minded(flag):
                warnings.add(flag.code, flag.severity, said, number)
            elif flag.code not in ASKED:
                notes.add(flag.code, flag.severity, said, number)
    return warnings.remarks(), notes.remarks(), asks.remarks()


class _Gathered:
    """Remarks by what they say, in the order they came."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, Severity, Worded], list[int]] = defaultdict(list)

    def add(self, code: str, severity: Severity, text: Worded, number: int) -> None:
        self._numbers[code, severity, text].append(number)

    def remarks(self) -> _Remarks:
        return tuple(
            Remark(code, severity, text, tuple(numbers))
            for (code, severity, text), numbers in self._numbers.items()
        )
