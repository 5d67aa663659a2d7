"""What is asked of a match: whose, which routes, narrowed how."""

from dataclasses import dataclass, field

from service.domain.listing import Kind
from service.domain.person import MinWage, Profile, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the asker wants to see now. A filter hides without giving a reason."""

    kinds: tuple[Kind, ...] = ()
    countries: tuple[str, ...] = ()
    exclude_countries: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    isco08: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    min_wage: MinWage | None = None
    max_distance_km: float | None = None
    licensed_recruiter_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRequest:
    """One question. `limit` counts per route; no `routes` means the person's, or all.

    diversity: how strongly the overseas answer is spread over countries, 0..1; None: as set.
    viewer: the organisation that asks; None sees only what is public.
    """

    profile: Profile
    routes: tuple[Route, ...] = ()
    filters: Filters = field(default_factory=Filters)
    limit: int = 10
    diversity: float | None = None
    viewer: str | None = None
