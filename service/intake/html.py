"""Plain words out of HTML."""

import html
import re
from typing import Final

# Each pattern is linear: none can look past the next "<".
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\b([^<>]*)>")
_HIDDEN: Final = frozenset({"script", "style", "head", "template", "noscript"})
_BLOCKS: Final = frozenset(
    """address article aside blockquote br dd div dl dt fieldset figure footer form h1 h2 h3 h4
    h5 h6 header hr main nav ol p pre section table tr ul""".split()  # noqa: SIM905 - a list to read
)
_CELLS: Final = frozenset({"td", "th"})
_SPACES: Final = re.compile(r"[^\S\n]+")
_LINES: Final = re.compile(r"\s*\n\s*")
_EMPTY_ITEM: Final = re.compile(r"(?m)^-\s*$\n?")


def plain_text(value: str) -> str:
    """Return text without tags and entities: blocks as lines, list items as "- item"."""
    text = _without_comments(value)
    # Some feeds escape their markup, so that the tags appear only now.
    if not _TAG.search(text) and "&lt;" in text:
        unescaped = html.unescape(text)
        text = unescaped if _TAG.search(unescaped) else text
    if not _TAG.search(text):
        return _tidy(html.unescape(text))
    parts: list[str] = []
    at, hidden = 0, ""
    for tag in _TAG.finditer(text):
        name, closes = tag.group(2).lower(), bool(tag.group(1))
        if not hidden:
            parts.append(_SPACES.sub(" ", text[at : tag.start()].replace("\n", " ")))
            parts.append(_instead_of(name, closes=closes))
        at = tag.end()
        if name in _HIDDEN and not closes and not hidden:
            hidden = name
        elif name == hidden and closes:
            hidden = ""
    if not hidden:
        parts.append(text[at:].replace("\n", " "))
    plain = html.unescape("".join(parts))
    # Some put an escaped text between tags of their own.
    if "&lt;" in text and plain != value and _TAG.search(plain):
        return plain_text(plain)
    return _EMPTY_ITEM.sub("", _tidy(plain)).strip()


def _without_comments(text: str) -> str:
    """Return text without <!-- … -->; an open one hides the rest, as in a browser."""
    parts = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        parts.append(text[at:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(parts)
        at = end + 3
    return "".join([*parts, text[at:]])


def _instead_of(name: str, *, closes: bool) -> str:
    if name == "li":
        return "\n" if closes else "\n- "
    if name in _BLOCKS:
        return "\n"
    return " " if name in _CELLS else ""


def _tidy(text: str) -> str:
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
