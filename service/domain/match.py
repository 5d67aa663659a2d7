"""One answer to "what could this person do next", with its reasons."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from service.domain.embedding import ModelIdentity
from service.domain.listing import StoredListing
from service.domain.person import Route, SkillStatus
from service.domain.said import Fact


class Tier(StrEnum):
    """How an officer should read a score."""

    STRONG = "strong"
    GOOD = "good"
    STRETCH = "stretch"


class Severity(StrEnum):
    """How loudly a flag speaks."""

    INFO = "info"
    WARNING = "warning"


class MissingKind(StrEnum):
    """What sort of thing a listing asks for that the person has not shown."""

    SKILL = "skill"
    LANGUAGE = "language"
    CERTIFICATE = "certificate"
    EXPERIENCE = "experience"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing the person said, and what Homeward took it to mean.

    `origin` is where it stands: text, skill or experience. `means` is English, or None
    where nothing was recognised. `confidence` is in 0..1. Phrases that are not `work`
    are shown but take no part in ranking; `denied` ones say what the person cannot do, has
    not done or only wishes to learn.
    """

    text: str
    origin: str = "text"
    status: SkillStatus = SkillStatus.CLAIMED
    means: str | None = None
    isco08: str | None = None
    confidence: float = 0.0
    work: bool = True
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the officer should know about the whole answer."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """How the person's words were read. `language` is BCP-47, "und" where unknown."""

    language: str
    phrases: tuple[Phrase, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A requirement of the listing and the person's own words that meet it."""

    requirement: str
    skill: str
    means: str | None
    similarity: float
    status: SkillStatus


class Bridge(StrEnum):
    """How a gap is best closed. An assessment recognises what somebody can do already."""

    COURSE = "course"
    ASSESSMENT = "assessment"
    LANGUAGE_COURSE = "language_course"


@dataclass(frozen=True, slots=True)
class Missing:
    """A requirement nothing in the person's words meets; trainings that would close it.

    bridge: what sort of way the `bridges` are, None where there are none. facts: what `requirement`
    says beside its words, so that it can be said in another language; of a language or of years.
    """

    requirement: str
    kind: MissingKind
    essential: bool
    bridges: tuple[str, ...] = ()
    bridge: Bridge | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Flag:
    """A warning or a plain fact about a listing.

    text: English. facts: what it says beside its words, so that it can be said in another language.
    """

    code: str
    severity: Severity
    text: str
    facts: Mapping[str, Fact] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule took a listing out: code, plain words and whose rule it is."""

    code: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Match:
    """One ranked listing. `score` is in 0..1 on one scale for the whole answer.

    distance_km: how far from where the person lives, None where unknown; for an area from its
    middle.
    """

    listing: StoredListing
    rank: int
    score: float
    tier: Tier
    evidence: tuple[Evidence, ...]
    missing: tuple[Missing, ...]
    flags: tuple[Flag, ...]
    distance_km: float | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """A listing that would have ranked, and the rules that took it out."""

    listing: StoredListing
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """How an overseas answer was spread over countries.

    dial: 0..1. exchanged: listings that made room for one from another country. before, after:
    listings by country (ISO 3166-1), without and with it.
    """

    dial: float
    exchanged: int
    before: dict[str, int]
    after: dict[str, int]


class AgeRule(StrEnum):
    """What age adds: retraining below the threshold, options that use experience from it on."""

    RETRAINING = "retraining"
    EXPERIENCE = "experience"


@dataclass(frozen=True, slots=True)
class AgeHint:
    """What was added because of age. It never takes away or reorders what the routes hold.

    rule: None where nothing applied. options: listings beside the routes, on the same scale.
    """

    applied: bool
    age_from: int
    rule: AgeRule | None = None
    text: str = ""
    options: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which listings were searched: a generation number and how many they were."""

    generation: int
    listings: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer to one match request."""

    understood: Understanding
    routes: dict[Route, tuple[Match, ...]]
    blocked: tuple[Blocked, ...]
    model: ModelIdentity
    index: IndexState
    age_hint: AgeHint
    spread: Spread | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(slots=True)
class Remembered:
    """An answer as it was sent. ground: what it rests on. versions: of listings shown, by id.

    moment: what has to be the same for all that to be so without looking, None: look. It is set
    anew when somebody has looked; the rest stays. size: about how many bytes it takes.
    """

    ground: object
    versions: dict[str, int]
    body: bytes
    moment: Hashable = None
    size: int = 0
