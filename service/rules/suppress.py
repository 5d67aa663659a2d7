"""Keep small groups of people out of figures, also from being worked out by subtraction."""

from collections.abc import Mapping
from typing import Final

LEAST: Final = 10
"""People that a figure has to stand for."""


def shown_parts(total: int, parts: Mapping[str, int]) -> dict[str, int]:
    """Return which parts of a total may be shown beside it.

    parts: by name; they add up to `total`, each person in one of them. A part under ten people
    is left out; and as long as what is left out together is under ten, so that subtracting
    would tell it, the smallest part that is shown is left out as well.
    """
    if total < LEAST:
        return {}
    shown = {name: count for name, count in parts.items() if count >= LEAST}
    while shown and 0 < total - sum(shown.values()) < LEAST:
        del shown[min(shown, key=lambda name: (shown[name], name))]
    return shown


def shown_share(total: int, some: int) -> int | None:
    """Return `some` of `total` people, None where it or the rest is a small group."""
    rest = total - some
    return some if some >= LEAST and (rest == 0 or rest >= LEAST) else None
