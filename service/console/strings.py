"""The console's messages: found in templates and code, put into the catalogues.

    python -m service.console.strings

adds what is new to every catalogue with an empty translation and drops what is gone. Each part of
the console (a module with a folder of templates of its own) has its own catalogue, so that people
who work on different parts do not meet in one file; everything else is in "base".
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from service.console.languages import FOLDER, LANGUAGES

PARTS: Final = (
    "match",
    "people",
    "listings",
    "imports",
    "planning",
    "outcomes",
    "referral",
    "officers",
)
BASE: Final = "base"
_HERE: Final = Path(__file__).parent
_WORDS: Final = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_OPTIONS: Final = {"newstyle_gettext": "true", "trimmed": "true"}

Message = str | tuple[str, ...]


def part_of(path: Path) -> str:
    """Return which part of the console a file belongs to."""
    inside = path.relative_to(_HERE)
    name = inside.parts[1] if inside.parts[0] == "templates" else inside.stem
    return next((part for part in PARTS if name == part or name.startswith(f"{part}_")), BASE)


def messages() -> dict[str, dict[tuple[Message, str | None], list[str]]]:
    """Return every message by part, with its context, and the files it stands in."""
    found: dict[str, dict[tuple[Message, str | None], list[str]]] = {}
    for path, message, context in _found():
        places = found.setdefault(part_of(path), {}).setdefault((message, context), [])
        if path.name not in places:
            places.append(path.name)
    for part in set(found) - {BASE}:
        # What everybody says is translated once.
        found[part] = {one: at for one, at in found[part].items() if one not in found[BASE]}
    return found


def _found() -> Iterator[tuple[Path, Message, str | None]]:
    for path in sorted([*_HERE.glob("*.py"), *_HERE.glob("templates/**/*.html")]):
        method = "python" if path.suffix == ".py" else "jinja2"
        source = BytesIO(path.read_bytes())
        options: Any = _OPTIONS if method == "jinja2" else {}
        for _, message, _, context in extract(method, source, keywords=_WORDS, options=options):
            yield path, message, context


def catalogue_path(code: str, part: str, folder: Path = FOLDER) -> Path:
    """Return where the catalogue of a part stands."""
    return folder / code / "LC_MESSAGES" / f"{part}.po"


def read_catalogue(path: Path, code: str) -> Catalog:
    """Return a catalogue, empty where there is none."""
    if not path.exists():
        return Catalog(locale=LANGUAGES[code].babel)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGES[code].babel)


def update() -> None:
    """Write every catalogue anew; translations that are still wanted stay."""
    for part, wanted in messages().items():
        for code in sorted(set(LANGUAGES) - {"en"}):
            path = catalogue_path(code, part)
            before = read_catalogue(path, code)
            after = Catalog(
                locale=LANGUAGES[code].babel, project="Homeward", fuzzy=False, charset="utf-8"
            )
            for (message, context), places in wanted.items():
                known = before.get(message, context)
                after.add(
                    message,
                    known.string if known is not None else None,
                    locations=[(place, 0) for place in places],
                    context=context,
                )
            if wanted or path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    write_po(file, after, omit_header=True, include_lineno=False, sort_output=True)


if __name__ == "__main__":
    update()
