"""A returnee on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from service.api.common import LanguageModel
from service.api.fields import (
    Amount,
    BirthYear,
    CountryCode,
    CurrencyCode,
    Day,
    Flag,
    IscoCode,
    Kilometres,
    Latitude,
    Line,
    Longitude,
    Model,
    Name,
    Words,
    Years,
)
from service.domain.access import Scope
from service.domain.listing import WagePeriod
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
    StoredPerson,
    Veto,
)
from service.ports import Tools
from service.usecases.forget_old import erased_on, has_ended
from service.web.suggest import SCOPE, model_in

M = TypeVar("M", bound=BaseModel)


class ExperienceModel(Model):
    """One stretch of work."""

    title: Line | None = None
    description: Words | None = None
    country: CountryCode | None = None
    years: Years | None = None


class SkillModel(Model):
    """A skill in the person's words."""

    text: Line
    status: SkillStatus = SkillStatus.CLAIMED
    certificate: Line | None = None


class MinWageModel(Model):
    """The least the person would work for."""

    amount: Amount
    currency: CurrencyCode
    period: WagePeriod = WagePeriod.MONTH
    known_only: Annotated[
        Flag, Field(description="Leave out listings whose wage is unknown, too.")
    ] = False

    def to_domain(self) -> MinWage:
        """Return the domain value."""
        return MinWage(self.amount, self.currency, self.period, self.known_only)


class VetoModel(Model):
    """Work the person will not do: an ISCO-08 group or free words, in one market or all."""

    isco08: IscoCode | None = None
    text: Line | None = None
    market: Market = Market.ALL

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.isco08 is None and self.text is None:
            detail = "A veto needs isco08 or text."
            raise PydanticCustomError("homeward", detail)
        return self


class PreferencesModel(Model):
    """What the person wants. Empty means no wish."""

    routes: Annotated[list[Route], Field(max_length=3)] = []
    countries: Annotated[list[CountryCode], Field(max_length=250)] = []
    exclude_countries: Annotated[list[CountryCode], Field(max_length=250)] = []
    max_distance_km: Kilometres | None = None
    min_wage: MinWageModel | None = None
    vetoes: Annotated[list[VetoModel], Field(max_length=50)] = []

    def to_domain(self) -> Preferences:
        """Return the domain value."""
        return Preferences(
            routes=tuple(dict.fromkeys(self.routes)),
            countries=tuple(self.countries),
            exclude_countries=tuple(self.exclude_countries),
            max_distance_km=self.max_distance_km,
            min_wage=self.min_wage.to_domain() if self.min_wage else None,
            vetoes=tuple(Veto(one.isco08, one.text, one.market) for one in self.vetoes),
        )


class ConsentModel(Model):
    """What the person agreed to; `until` is the last day it holds."""

    matching: Flag = False
    share_with: Annotated[list[Name], Field(max_length=100)] = []
    until: Day | None = None


class ProfileIn(Model):
    """Everything a match may be told about a person; no name, no phone."""

    text: Annotated[Words | None, Field(description="Free words, any language.")] = None
    home_country: CountryCode | None = None
    region: Line | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    experiences: Annotated[list[ExperienceModel], Field(max_length=50)] = []
    skills: Annotated[list[SkillModel], Field(max_length=50)] = []
    languages: Annotated[list[LanguageModel], Field(max_length=20)] = []
    education: Line | None = None
    birth_year: BirthYear | None = None
    gender: Line | None = None
    preferences: PreferencesModel = PreferencesModel()
    remigration: Flag | None = None
    visa_expires: Day | None = None
    return_category: Annotated[
        ReturnCategory | None, Field(json_schema_extra={SCOPE: Scope.RESTRICTED})
    ] = None
    consent: ConsentModel = ConsentModel()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            detail = "lat and lon belong together; give both or neither."
            raise PydanticCustomError("homeward", detail)
        return self

    def to_domain(self) -> Profile:
        """Return the domain value."""
        return Profile(
            text=self.text or "",
            home_country=self.home_country,
            region=self.region,
            lat=self.lat,
            lon=self.lon,
            experiences=tuple(
                Experience(x.title, x.description, x.country, x.years) for x in self.experiences
            ),
            skills=tuple(Skill(x.text, x.status, x.certificate) for x in self.skills),
            languages=tuple(x.to_domain() for x in self.languages),
            education=self.education,
            birth_year=self.birth_year,
            gender=self.gender,
            preferences=self.preferences.to_domain(),
            remigration=self.remigration,
            visa_expires=self.visa_expires,
            return_category=self.return_category,
            consent=Consent(
                self.consent.matching, tuple(self.consent.share_with), self.consent.until
            ),
        )

    def occupations(self) -> list[tuple[str, str | None]]:
        """Return (pointer, ISCO-08 code) pairs to hold against the taxonomy."""
        return [
            (f"/preferences/vetoes/{at}/isco08", veto.isco08)
            for at, veto in enumerate(self.preferences.vetoes)
        ]


class ReturneeIn(ProfileIn):
    """A person to be stored. Name and phone are optional and encrypted."""

    name: Line | None = None
    phone: Annotated[Line, Field(max_length=50)] | None = None

    def contact(self) -> Contact:
        """Return how to reach the person."""
        return Contact(self.name, self.phone)


class ReturneeOut(ReturneeIn):
    """A person as stored. return_category is null without the scope "restricted".

    consent_ended: the last day of the consent has passed, nobody matches them any more. erased_on:
    the day on which they are erased then unless the consent is renewed; null for never.
    """

    id: str
    source: str | None
    external_id: str | None
    created_at: datetime
    updated_at: datetime
    consent_ended: bool
    erased_on: date | None

    @classmethod
    def of(cls, tools: Tools, person: StoredPerson, *, restricted: bool) -> "ReturneeOut":
        """Write a person out for a caller who may or may not see restricted facts."""
        profile = dict(_unchecked(ProfileIn, person.profile)) | {
            "text": person.profile.text or None,
            "return_category": person.profile.return_category if restricted else None,
        }
        return cls.model_construct(
            **profile,
            name=person.contact.name,
            phone=person.contact.phone,
            id=person.id,
            source=person.source,
            external_id=person.external_id,
            created_at=person.created_at,
            updated_at=person.updated_at,
            consent_ended=has_ended(tools, person),
            erased_on=erased_on(tools, person),
        )


def _unchecked(model: type[M], value: object) -> M:
    """Return a domain value in the model whose fields it shares, without the model's checks.

    What is stored can always be read, even where a check has become stricter since.
    """
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        part, inner = getattr(value, name), model_in(field.annotation)
        if isinstance(part, tuple):
            found[name] = [_unchecked(inner, one) if inner else one for one in part]
        else:
            found[name] = _unchecked(inner, part) if inner and part is not None else part
    return model.model_construct(**found)


class ReturneePage(Model):
    """Some people in order of creation."""

    items: list[ReturneeOut]
    next_cursor: str | None


def as_input(person: StoredPerson) -> dict[str, object]:
    """Return a stored person as the body that would store them."""
    profile = person.profile
    wishes = profile.preferences
    wage = wishes.min_wage
    return {
        "text": profile.text or None,
        "home_country": profile.home_country,
        "region": profile.region,
        "lat": profile.lat,
        "lon": profile.lon,
        "experiences": [
            {"title": x.title, "description": x.description, "country": x.country, "years": x.years}
            for x in profile.experiences
        ],
        "skills": [
            {"text": x.text, "status": x.status, "certificate": x.certificate}
            for x in profile.skills
        ],
        "languages": [{"code": x.code, "level": x.level} for x in profile.languages],
        "education": profile.education,
        "birth_year": profile.birth_year,
        "gender": profile.gender,
        "preferences": {
            "routes": list(wishes.routes),
            "countries": list(wishes.countries),
            "exclude_countries": list(wishes.exclude_countries),
            "max_distance_km": wishes.max_distance_km,
            "min_wage": {
                "amount": wage.amount,
                "currency": wage.currency,
                "period": wage.period,
                "known_only": wage.known_only,
            }
            if wage
            else None,
            "vetoes": [
                {"isco08": x.isco08, "text": x.text, "market": x.market} for x in wishes.vetoes
            ],
        },
        "remigration": profile.remigration,
        "visa_expires": profile.visa_expires,
        "return_category": profile.return_category,
        "consent": {
            "matching": profile.consent.matching,
            "share_with": list(profile.consent.share_with),
            "until": profile.consent.until,
        },
        "name": person.contact.name,
        "phone": person.contact.phone,
    }
