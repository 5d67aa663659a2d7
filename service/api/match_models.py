"""A match request and its answer on the wire."""

from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from service.api.fields import (
    CountryCode,
    Flag,
    IscoCode,
    Kilometres,
    Line,
    Model,
    Share,
    Words,
    whole,
)
from service.api.returnee_models import MinWageModel, ProfileIn
from service.domain.listing import Kind, StoredListing, WagePeriod
from service.domain.match import (
    AgeHint,
    AgeRule,
    Answer,
    Bridge,
    Evidence,
    Match,
    Missing,
    MissingKind,
    Severity,
    Spread,
    Tier,
)
from service.domain.match import Flag as Warned
from service.domain.person import Route, SkillStatus
from service.domain.request import Filters


class FiltersModel(Model):
    """Narrows the answer. What a filter hides is not reported as blocked."""

    kinds: list[Kind] = []
    countries: Annotated[list[CountryCode], Field(max_length=250)] = []
    exclude_countries: Annotated[list[CountryCode], Field(max_length=250)] = []
    sectors: Annotated[list[Line], Field(max_length=50)] = []
    isco08: Annotated[list[IscoCode], Field(max_length=50)] = []
    sources: Annotated[list[Line], Field(max_length=50)] = []
    min_wage: MinWageModel | None = None
    max_distance_km: Kilometres | None = None
    licensed_recruiter_only: Flag = False

    def to_domain(self) -> Filters:
        """Return the domain value."""
        return Filters(
            kinds=tuple(self.kinds),
            countries=tuple(self.countries),
            exclude_countries=tuple(self.exclude_countries),
            sectors=tuple(self.sectors),
            isco08=tuple(self.isco08),
            sources=tuple(self.sources),
            min_wage=self.min_wage.to_domain() if self.min_wage else None,
            max_distance_km=self.max_distance_km,
            licensed_recruiter_only=self.licensed_recruiter_only,
        )


MatchLimit = Annotated[
    int,
    Field(ge=1, le=100, strict=True, description="Matches per route."),
    BeforeValidator(whole),
]


class MatchIn(Model):
    """An ad-hoc question. Nothing of it is stored."""

    text: Annotated[Words | None, Field(description="What the person can do.")] = None
    home_country: CountryCode | None = None
    profile: ProfileIn = ProfileIn()
    routes: Annotated[list[Route], Field(max_length=3)] = []
    filters: FiltersModel = FiltersModel()
    limit: MatchLimit = 10
    diversity: Annotated[
        Share | None,
        Field(description="How strongly overseas answers are spread over countries; none: as set."),
    ] = None

    @model_validator(mode="after")
    def _has_a_question(self) -> Self:
        profile = self.profile
        said_twice = [
            name
            for name, here, there in (
                ("text", self.text, profile.text),
                ("home_country", self.home_country, profile.home_country),
            )
            if here is not None and there is not None and here != there
        ]
        if said_twice:
            detail = f"{said_twice[0]} is given twice and differs: here and in profile."
            raise PydanticCustomError("homeward", detail)
        words = self.text or profile.text or profile.skills or profile.experiences
        if not words:
            detail = "Say what the person can do: give text, or skills or experiences in profile."
            raise PydanticCustomError("homeward", detail)
        return self


class MatchListing(Model):
    """The listing of a match, short; the rest is under /v1/listings/{id}."""

    id: str
    source: str
    external_id: str
    kind: Kind
    title: str
    employer: str | None
    country: str
    region: str | None
    isco08: str | None
    wage_min: float | None
    wage_max: float | None
    wage_currency: str | None
    wage_period: WagePeriod | None
    valid_through: date | None

    @classmethod
    def of(cls, stored: StoredListing) -> "MatchListing":
        """Shorten a stored listing."""
        x = stored.content
        return cls.model_construct(
            id=stored.id,
            source=stored.source,
            external_id=stored.external_id,
            kind=x.kind,
            title=x.title,
            employer=x.employer,
            country=x.country,
            region=x.region,
            isco08=x.isco08,
            wage_min=x.wage_min,
            wage_max=x.wage_max,
            wage_currency=x.wage_currency,
            wage_period=x.wage_period,
            valid_through=x.valid_through,
        )


class EvidenceOut(Model):
    """A requirement and the person's own words that meet it."""

    requirement: str
    skill: str
    means: str | None
    similarity: float
    status: SkillStatus

    @classmethod
    def of(cls, one: Evidence) -> "EvidenceOut":
        """Write a piece of evidence out."""
        return cls.model_construct(
            requirement=one.requirement,
            skill=one.skill,
            means=one.means,
            similarity=one.similarity,
            status=one.status,
        )


class MissingOut(Model):
    """A requirement nothing meets; `bridges` are ids of trainings that would close the gap."""

    requirement: str
    kind: MissingKind
    essential: bool
    bridges: list[str]
    bridge: Annotated[
        Bridge | None, Field(description="What sort of way the bridges are; null without any.")
    ]

    @classmethod
    def of(cls, gap: Missing) -> "MissingOut":
        """Write a gap out."""
        return cls.model_construct(
            requirement=gap.requirement,
            kind=gap.kind,
            essential=gap.essential,
            bridges=list(gap.bridges),
            bridge=gap.bridge,
        )


class FlagOut(Model):
    """A warning or a plain fact."""

    code: str
    severity: Severity
    text: str

    @classmethod
    def of(cls, flag: Warned) -> "FlagOut":
        """Write a flag out."""
        return cls.model_construct(code=flag.code, severity=flag.severity, text=flag.text)


class MatchOut(Model):
    """One ranked listing with its reasons."""

    listing: MatchListing
    rank: int
    score: float
    tier: Tier
    evidence: list[EvidenceOut]
    missing: list[MissingOut]
    flags: list[FlagOut]
    distance_km: Annotated[
        float | None,
        Field(description="From where the person lives, in their own country; null if unknown."),
    ]

    @classmethod
    def of(cls, match: Match) -> "MatchOut":
        """Write a match out."""
        return cls.model_construct(
            listing=MatchListing.of(match.listing),
            rank=match.rank,
            score=match.score,
            tier=match.tier,
            evidence=[EvidenceOut.of(x) for x in match.evidence],
            missing=[MissingOut.of(x) for x in match.missing],
            flags=[FlagOut.of(x) for x in match.flags],
            distance_km=match.distance_km,
        )


MatchesByRoute = TypeAliasType("MatchesByRoute", dict[Route, list[MatchOut]])


class PhraseOut(Model):
    """One phrase and what it was taken to mean (English), or null."""

    text: str
    origin: str
    status: SkillStatus
    means: str | None
    isco08: str | None
    confidence: float
    work: bool
    denied: bool


class NoticeOut(Model):
    """Something to know about the whole answer."""

    code: str
    text: str


class UnderstoodOut(Model):
    """How the words were read."""

    language: str
    phrases: list[PhraseOut]
    notices: list[NoticeOut]


class ReasonOut(Model):
    """Why a rule took a listing out, and whose rule it is."""

    code: str
    text: str
    source: str


class BlockedOut(Model):
    """A listing that would have ranked, but for a rule."""

    listing: MatchListing
    reasons: list[ReasonOut]


class AgeHintOut(Model):
    """What age added beside the routes; it never takes away or moves what they hold."""

    applied: bool
    age_from: int
    rule: AgeRule | None
    text: str
    options: list[MatchOut]

    @classmethod
    def of(cls, hint: AgeHint) -> "AgeHintOut":
        """Write a hint out."""
        return cls.model_construct(
            applied=hint.applied,
            age_from=hint.age_from,
            rule=hint.rule,
            text=hint.text,
            options=[MatchOut.of(one) for one in hint.options],
        )


CountByCountry = TypeAliasType("CountByCountry", dict[str, int])


class SpreadOut(Model):
    """How the overseas answer was spread over countries, and what that changed."""

    dial: float
    exchanged: int
    before: CountByCountry
    after: CountByCountry

    @classmethod
    def of(cls, spread: Spread) -> "SpreadOut":
        """Write it out."""
        return cls.model_construct(
            dial=spread.dial,
            exchanged=spread.exchanged,
            before=spread.before,
            after=spread.after,
        )


class ModelOut(Model):
    """The encoder that was used."""

    id: str
    revision: str


class IndexOut(Model):
    """Which listings were searched."""

    generation: int
    listings: int


class AnswerOut(Model):
    """The whole answer. A route that was not asked for is absent."""

    understood: UnderstoodOut
    routes: MatchesByRoute
    blocked: list[BlockedOut]
    age_hint: AgeHintOut
    diversity: SpreadOut | None
    notices: list[NoticeOut]
    model: ModelOut
    index: IndexOut

    @classmethod
    def of(cls, answer: Answer) -> "AnswerOut":
        """Write an answer out."""
        read = answer.understood
        return cls.model_construct(
            understood=UnderstoodOut.model_construct(
                language=read.language,
                phrases=[
                    PhraseOut.model_construct(
                        text=x.text,
                        origin=x.origin,
                        status=x.status,
                        means=x.means,
                        isco08=x.isco08,
                        confidence=x.confidence,
                        work=x.work,
                        denied=x.denied,
                    )
                    for x in read.phrases
                ],
                notices=[NoticeOut(code=x.code, text=x.text) for x in read.notices],
            ),
            routes={route: [MatchOut.of(x) for x in some] for route, some in answer.routes.items()},
            blocked=[
                BlockedOut.model_construct(
                    listing=MatchListing.of(x.listing),
                    reasons=[
                        ReasonOut(code=r.code, text=r.text, source=r.source) for r in x.reasons
                    ],
                )
                for x in answer.blocked
            ],
            age_hint=AgeHintOut.of(answer.age_hint),
            diversity=SpreadOut.of(answer.spread) if answer.spread else None,
            notices=[NoticeOut(code=x.code, text=x.text) for x in answer.notices],
            model=ModelOut(id=answer.model.id, revision=answer.model.revision),
            index=IndexOut(generation=answer.index.generation, listings=answer.index.listings),
        )
