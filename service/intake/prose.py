"""Words out of the loose values of linked data: a text, an object with a name, or a list."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.intake.cells import line
from service.intake.html import plain_text

LONGEST_LINE: Final = 300


def first(value: object) -> object:
    """Return a value, or the first of a list."""
    return value[0] if isinstance(value, list) and value else value


def every(value: object) -> list[Any]:
    """Return a list, or a list of the one value; nothing for None."""
    return value if isinstance(value, list) else [] if value is None else [value]


def said(value: object, *keys: str) -> str:
    """Return the text of a value: a text or number, or the first of `keys` that an object has."""
    value = first(value)
    if isinstance(value, Mapping):
        found = (said(value[key]) for key in keys if value.get(key) is not None)
        return next((text for text in found if text), "")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return plain_text(str(value))


def one_line(value: object, *keys: str) -> str:
    """Return the same as one line."""
    return line(said(value, *keys))


def all_said(value: object, *keys: str) -> str:
    """Return the texts of a value or a list, one a line."""
    return "\n".join(text for one in every(value) if (text := said(one, *keys)))


def sections(*parts: tuple[str, str]) -> str:
    """Return (heading, text) pairs as one text, without what an earlier one already says."""
    written = ""
    for heading, text in parts:
        if text and text not in written:
            written += f"\n\n{heading}: {text}" if heading else f"\n\n{text}"
    return written.strip()


def split_long(found: Sequence[str], most: int) -> tuple[list[str], list[str]]:
    """Return what fits the contract's lists, and what does not."""
    unique = list(dict.fromkeys(found))
    short = [one for one in unique if len(one) <= LONGEST_LINE]
    long = [one for one in unique if len(one) > LONGEST_LINE]
    return short[:most], [*short[most:], *long]
