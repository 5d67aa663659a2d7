"""What a referral sheet is asked with, and its content on the wire."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from service.api.fields import CountryCode, Flag, LanguageCode, Line, Model, Words
from service.api.returnee_models import ProfileIn
from service.domain.listing import Kind
from service.domain.match import Severity, Tier
from service.domain.referral import Gap, Reason, Referral, Remark
from service.domain.referral import Line as Fact
from service.domain.referral import ReferralOption as Option
from service.domain.said import Worded

ContactLine = Annotated[Line, Field(max_length=100)]


class ReferralIn(Model):
    """A sheet for a stored person, or for ad-hoc words of which nothing is stored."""

    returnee_id: Annotated[
        Line | None, Field(max_length=100, description="One of your own people.")
    ] = None
    text: Annotated[Words | None, Field(description="What the person can do, ad hoc.")] = None
    home_country: CountryCode | None = None
    profile: ProfileIn | None = None
    listings: Annotated[
        list[Annotated[Line, Field(max_length=100)]],
        Field(min_length=1, max_length=3, description="Ids, in the order of the sheet."),
    ]
    language: Annotated[
        LanguageCode | None,
        Field(description="The sheet's, beside English; unset: that of the person's words."),
    ] = None
    office: Annotated[
        list[ContactLine],
        Field(max_length=4, description="How to reach you, line by line; a plain name."),
    ] = []
    name: Annotated[
        Flag, Field(description="Print the stored name; otherwise a line to write it on.")
    ] = False

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        profile = self.profile or ProfileIn()
        words = self.text or profile.text or profile.skills or profile.experiences
        ad_hoc = self.text is not None or self.home_country is not None or self.profile is not None
        if self.returnee_id is not None and ad_hoc:
            detail = "Give returnee_id, or the person's words: not both."
            raise PydanticCustomError("homeward", detail)
        if self.returnee_id is None and not words:
            detail = "Say who it is for: give returnee_id, or text, or skills in profile."
            raise PydanticCustomError("homeward", detail)
        if self.returnee_id is None and self.name:
            detail = "Only a stored person's name can be printed; leave name out."
            raise PydanticCustomError("homeward", detail)
        if len(set(self.listings)) < len(self.listings):
            raise PydanticCustomError("homeward", "A listing is named twice.")
        for name, said, there in (
            ("text", self.text, profile.text),
            ("home_country", self.home_country, profile.home_country),
        ):
            if said is not None and there is not None and said != there:
                detail = f"{name} is given twice and differs: here and in profile."
                raise PydanticCustomError("homeward", detail)
        return self


class WordedOut(Model):
    """The same in the person's language and in English."""

    own: str
    english: str

    @classmethod
    def of(cls, one: Worded) -> "WordedOut":
        """Write it out."""
        return cls.model_construct(own=one.own, english=one.english)


class ReasonOut(Model):
    """The person's words beside the requirement; not `quoted`: that they have experience."""

    said: WordedOut
    asked: str
    quoted: bool

    @classmethod
    def of(cls, one: Reason) -> "ReasonOut":
        """Write it out."""
        return cls.model_construct(said=WordedOut.of(one.said), asked=one.asked, quoted=one.quoted)


class GapOut(Model):
    """What is missing and what bridges it."""

    what: WordedOut
    bridge: WordedOut | None

    @classmethod
    def of(cls, one: Gap) -> "GapOut":
        """Write it out."""
        bridge = None if one.bridge is None else WordedOut.of(one.bridge)
        return cls.model_construct(what=WordedOut.of(one.what), bridge=bridge)


class FactOut(Model):
    """One fact of an option, such as its pay."""

    code: str
    label: WordedOut
    value: WordedOut

    @classmethod
    def of(cls, one: Fact) -> "FactOut":
        """Write it out."""
        return cls.model_construct(
            code=one.code, label=WordedOut.of(one.label), value=WordedOut.of(one.value)
        )


class RemarkOut(Model):
    """Something to ask or to mind, with the numbers of the options it is about."""

    code: str
    severity: Severity
    text: WordedOut
    options: list[int]

    @classmethod
    def of(cls, one: Remark) -> "RemarkOut":
        """Write it out."""
        return cls.model_construct(
            code=one.code,
            severity=one.severity,
            text=WordedOut.of(one.text),
            options=list(one.options),
        )


class ReferralOption(Model):
    """One option of a sheet."""

    listing_id: str
    number: int
    kind: Kind
    heading: WordedOut
    title: WordedOut
    place: WordedOut
    tier: Tier
    fit: WordedOut
    reasons: list[ReasonOut]
    gaps: list[GapOut]
    facts: list[FactOut]

    @classmethod
    def of(cls, one: Option) -> "ReferralOption":
        """Write it out."""
        return cls.model_construct(
            listing_id=one.listing_id,
            number=one.number,
            kind=one.kind,
            heading=WordedOut.of(one.heading),
            title=WordedOut.of(one.title),
            place=WordedOut.of(one.place),
            tier=one.tier,
            fit=WordedOut.of(one.fit),
            reasons=[ReasonOut.of(x) for x in one.reasons],
            gaps=[GapOut.of(x) for x in one.gaps],
            facts=[FactOut.of(x) for x in one.lines],
        )


class ReferralOut(Model):
    """All that stands on a sheet, before anything is shortened to fit one page."""

    reference: str
    language: str
    right_to_left: bool
    date: date
    date_worded: WordedOut
    name: str | None
    labels: dict[str, WordedOut]
    options: list[ReferralOption]
    ask: list[RemarkOut]
    warnings: list[RemarkOut]
    notes: list[RemarkOut]
    office: list[str]

    @classmethod
    def of(cls, one: Referral) -> "ReferralOut":
        """Write it out."""
        return cls.model_construct(
            reference=one.reference,
            language=one.language,
            right_to_left=one.right_to_left,
            date=one.day,
            date_worded=WordedOut.of(one.day_worded),
            name=one.name,
            labels={key: WordedOut.of(x) for key, x in one.labels.items()},
            options=[ReferralOption.of(x) for x in one.options],
            ask=[RemarkOut.of(x) for x in one.asks],
            warnings=[RemarkOut.of(x) for x in one.warnings],
            notes=[RemarkOut.of(x) for x in one.notes],
            office=list(one.office),
        )
