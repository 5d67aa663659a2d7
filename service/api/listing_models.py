"""A listing on the wire."""

from datetime import date, datetime
from typing import Annotated, Self, cast

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from service.api.common import LanguageModel, Level
from service.api.fields import (
    ORGANISATION_ID,
    Amount,
    Count,
    CountryCode,
    CurrencyCode,
    Day,
    Flag,
    IscoCode,
    Latitude,
    Line,
    Longitude,
    Model,
    Moment,
    WebAddress,
    Words,
    Years,
)
from service.domain.listing import Kind, Listing, StoredListing, Visibility, WagePeriod


class ListingIn(Model):
    """What an owner says of a listing. Only kind, title and country are required."""

    kind: Kind
    title: Line
    country: CountryCode
    description: Words | None = None
    employer: Line | None = None
    region: Line | None = None
    url: WebAddress | None = None
    skills: Annotated[list[Line], Field(max_length=50)] = []
    isco08: IscoCode | None = None
    min_experience_years: Years | None = None
    languages: Annotated[list[LanguageModel], Field(max_length=20)] = []
    certificates: Annotated[list[Line], Field(max_length=20)] = []
    wage_min: Amount | None = None
    wage_max: Amount | None = None
    wage_currency: CurrencyCode | None = None
    wage_period: WagePeriod | None = None
    fee: Annotated[Amount | None, Field(description="What the worker pays to get it.")] = None
    fee_currency: CurrencyCode | None = None
    visa_class: Line | None = None
    recruiter_licensed: Flag | None = None
    positions: Count | None = None
    posted_at: Moment | None = None
    valid_through: Annotated[Day | None, Field(description="The last day it can be answered.")] = (
        None
    )
    outcomes: Annotated[
        list[Line], Field(max_length=50, description="What a training leads to.")
    ] = []
    duration_weeks: Annotated[float, Field(gt=0, le=520, strict=True)] | None = None
    cost: Amount | None = None
    cost_currency: CurrencyCode | None = None
    provider: Line | None = None
    certification: Line | None = None
    sectors: Annotated[list[Line], Field(max_length=20)] = []
    lat: Latitude | None = None
    lon: Longitude | None = None
    visibility: Annotated[
        Visibility,
        Field(description="private: for nobody but you and visible_to; others get no trace of it."),
    ] = Visibility.PUBLIC
    visible_to: Annotated[
        list[Annotated[str, Field(pattern=ORGANISATION_ID)]],
        Field(max_length=100, description="Organisations that see it beside you; private only."),
    ] = []

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            detail = "lat and lon belong together; give both or neither."
            raise PydanticCustomError("homeward", detail)
        if None not in (self.wage_min, self.wage_max) and self.wage_min > self.wage_max:  # type: ignore[operator]
            detail = "wage_min is more than wage_max."
            raise PydanticCustomError("homeward", detail)
        if self.visible_to and self.visibility is Visibility.PUBLIC:
            detail = "visible_to narrows nothing while visibility is public; make it private."
            raise PydanticCustomError("homeward", detail)
        return self

    def to_domain(self) -> Listing:
        """Return the domain value."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        for name in ("skills", "certificates", "outcomes", "sectors", "visible_to"):
            values[name] = tuple(values[name])
        values["languages"] = tuple(one.to_domain() for one in self.languages)
        return Listing(**values)


class ListingOut(Model):
    """A listing as it is stored. null means unknown."""

    id: str
    source: str
    external_id: str
    kind: Kind
    title: str
    country: str
    description: str | None
    employer: str | None
    region: str | None
    url: str | None
    skills: list[str]
    isco08: str | None
    min_experience_years: float | None
    languages: list[LanguageModel]
    certificates: list[str]
    wage_min: float | None
    wage_max: float | None
    wage_currency: str | None
    wage_period: WagePeriod | None
    fee: float | None
    fee_currency: str | None
    visa_class: str | None
    recruiter_licensed: bool | None
    positions: int | None
    posted_at: datetime | None
    valid_through: date | None
    outcomes: list[str]
    duration_weeks: float | None
    cost: float | None
    cost_currency: str | None
    provider: str | None
    certification: str | None
    sectors: list[str]
    lat: float | None
    lon: float | None
    visibility: Visibility
    visible_to: Annotated[
        list[str], Field(description="All of them for the owner; for others only themselves.")
    ]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, stored: StoredListing, viewer: str) -> "ListingOut":
        """Write a stored listing out for an organisation that may know of it."""
        content = {name: getattr(stored.content, name) for name in ListingIn.model_fields}
        for name in ("skills", "certificates", "outcomes", "sectors"):
            content[name] = list(content[name])
        content["visible_to"] = [
            one for one in stored.content.visible_to if viewer in {stored.organisation_id, one}
        ]
        content["languages"] = [
            LanguageModel.model_construct(code=x.code, level=cast("Level | None", x.level))
            for x in stored.content.languages
        ]
        return cls.model_construct(
            id=stored.id,
            source=stored.source,
            external_id=stored.external_id,
            created_at=stored.created_at,
            updated_at=stored.updated_at,
            **content,
        )


class ListingPage(Model):
    """Some listings in order of creation."""

    items: list[ListingOut]
    next_cursor: str | None
