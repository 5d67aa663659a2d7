"""The languages of the console: catalogues of messages, and who gets which."""

import gettext as stdlib_gettext
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from service.skills.scripts import direction

FOLDER: Final = Path(__file__).parent / "locale"
PSEUDO: Final = "qps"
"""No language: every message in brackets, so that a test sees what is not a message."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language. name: its own name; babel: whose formats it is written in."""

    code: str
    name: str
    babel: str

    @property
    def locale(self) -> Locale:
        """Babel's names and formats."""
        return _locale(self.babel)

    @property
    def direction(self) -> str:
        """Which way it is written: HTML's dir."""
        return direction(self.code)

    @property
    def rtl(self) -> bool:
        """Whether it is written from the right."""
        return self.direction == "rtl"


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)


LANGUAGES: Final[Mapping[str, Language]] = {
    one.code: one
    for one in (
        Language("bn", "বাংলা", "bn_BD"),
        Language("en", "English", "en_GB"),
        Language("hi", "हिन्दी", "hi_IN"),
        Language("ur", "اردو", "ur_PK"),
        Language("ne", "नेपाली", "ne_NP"),
        Language("ar", "العربية", "ar"),
    )
}
_PSEUDO: Final = Language(PSEUDO, "⟦pseudo⟧", "en_GB")


def N_(message: str) -> str:  # noqa: N802 - the name every extractor knows
    """Mark a message that is translated where it is shown."""
    return message


class Pseudo(stdlib_gettext.NullTranslations):
    """Brackets every message."""

    def gettext(self, message: str) -> str:
        """Return the message in brackets."""
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for n in brackets."""
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002 - the interface
        """Return the message in brackets."""
        return f"⟦{message}⟧"

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002 - the interface
        """Return the form for n in brackets."""
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


def catalogue_files(code: str, folder: Path = FOLDER) -> list[Path]:
    """Return a language's catalogues: one per part of the console, so that parts do not clash."""
    return sorted((folder / code / "LC_MESSAGES").glob("*.po"))


@cache
def translations(code: str) -> stdlib_gettext.NullTranslations:
    """Return a language's messages, read once; English is what the messages are written in."""
    if code == PSEUDO:
        return Pseudo()
    merged = Catalog(locale=LANGUAGES[code].babel)
    for path in catalogue_files(code):
        with path.open("rb") as file:
            for message in read_po(file, locale=LANGUAGES[code].babel):
                if message.id:
                    merged[message.id] = message
    packed = BytesIO()
    write_mo(packed, merged)
    packed.seek(0)
    return stdlib_gettext.GNUTranslations(packed)


def language(code: str | None, *, pseudo: bool = False) -> Language | None:
    """Return the language of a code the console has, else None."""
    if pseudo and code == PSEUDO:
        return _PSEUDO
    return LANGUAGES.get(code or "")


def negotiated(accepted: str, default: str) -> Language:
    """Return the first language of an Accept-Language header that the console has."""
    for tag in _tags(accepted):
        found = LANGUAGES.get(tag.split("-")[0].lower())
        if found is not None:
            return found
    return LANGUAGES[default]


def _tags(accepted: str) -> Iterable[str]:
    weighed = []
    for at, part in enumerate(accepted.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), at, tag))
        except ValueError:
            continue
    return [tag for _, _, tag in sorted(weighed)]
