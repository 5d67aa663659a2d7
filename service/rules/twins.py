"""Whether two adverts of different sources may be one vacancy. It is proposed, never decided."""

from typing import Final

from rapidfuzz import fuzz

from service.domain.listing import Listing
from service.domain.text import skeleton
from service.domain.twins import employer_words

_TITLE_FROM: Final = 0.8
_EMPLOYER_FROM: Final = 0.85
_REGION_FROM: Final = 0.7
_TEXT_FROM: Final = 0.55
_TEXT_ALONE_FROM: Final = 0.85
"""What the texts have to share where the employer does not speak for the pair."""
_DAYS_APART: Final = 14
_LEAST_TEXT: Final = 20


def likeness(a: Listing, b: Listing) -> float | None:
    """Return how much two adverts say the same, 0..1; None where they are not one vacancy.

    What both state must not contradict: kind, country, region, employer, last day, pay.
    """
    if (a.kind, a.country) != (b.kind, b.country) or _contradict(a, b):
        return None
    title = _share(skeleton(a.title), skeleton(b.title))
    employer = _known_share(
        " ".join(sorted(employer_words(a))), " ".join(sorted(employer_words(b)))
    )
    if title < _TITLE_FROM or (employer is not None and employer < _EMPLOYER_FROM):
        return None
    # Last, because it takes longest.
    text = _text_share(a, b)
    if text is None and employer is None:
        return None
    if text is not None and text < (_TEXT_ALONE_FROM if employer is None else _TEXT_FROM):
        return None
    parts = [one for one in (title, employer, text) if one is not None]
    return round(sum(parts) / len(parts), 3)


def _contradict(a: Listing, b: Listing) -> bool:
    if a.valid_through is not None and b.valid_through is not None:
        apart = abs((a.valid_through - b.valid_through).days)
        if apart > _DAYS_APART:
            return True
    region = _known_share(skeleton(a.region or ""), skeleton(b.region or ""))
    if region is not None and region < _REGION_FROM:
        return True
    return _pay_differs(a, b)


def _pay_differs(a: Listing, b: Listing) -> bool:
    """Tell whether both state a pay in the same terms, and no figure could be meant by both."""
    if (a.wage_currency, a.wage_period) != (b.wage_currency, b.wage_period):
        return False
    ranges = []
    for one in (a, b):
        stated = [wage for wage in (one.wage_min, one.wage_max) if wage is not None]
        if not stated:
            return False
        ranges.append((min(stated), max(stated)))
    (low_a, high_a), (low_b, high_b) = ranges
    return low_a > high_b or low_b > high_a


def _text_share(a: Listing, b: Listing) -> float | None:
    """Return what descriptions and requirements share, None where one says next to nothing."""
    texts = [
        skeleton(" ".join((one.description or "", *one.skills, *one.outcomes))) for one in (a, b)
    ]
    if min(len(text) for text in texts) < _LEAST_TEXT:
        return None
    return float(fuzz.token_set_ratio(*texts)) / 100


def _known_share(a: str, b: str) -> float | None:
    return _share(a, b) if a and b else None


def _share(a: str, b: str) -> float:
    """Return how alike two short texts are, whatever the order of their words, 0..1."""
    return float(max(fuzz.token_sort_ratio(a, b), fuzz.token_set_ratio(a, b) * 0.95)) / 100
