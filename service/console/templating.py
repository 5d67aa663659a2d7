"""Templates: one environment for each language, escaped, strict about names."""

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from service.console.assets import static
from service.console.formats import Formats
from service.console.languages import LANGUAGES, Language, translations
from service.console.words import OUTCOMES, REASONS, TIERS
from service.skills.scripts import direction

FOLDER: Final = Path(__file__).parent / "templates"
_FILTERS: Final = (
    "number",
    "plain",
    "percent",
    "date",
    "moment",
    "clock",
    "money",
    "currency",
    "country",
    "language_name",
    "foreign",
    "isolated",
    "lines",
)


@cache
def environment(language: Language) -> Environment:
    """Return the templates in one language."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # Put on by the extension, so no type knows it.
    install: Any = made.install_gettext_translations  # type: ignore[attr-defined]
    install(translations(language.code), newstyle=True)
    formats = Formats(language)
    made.filters |= {name: getattr(formats, name) for name in _FILTERS}
    made.globals |= {
        "static": static,
        "language": language,
        "languages": tuple(LANGUAGES.values()),
        "tiers": TIERS,
        "outcome_words": OUTCOMES,
        "decline_reasons": REASONS,
        "direction_of": direction,
        # A token of a form that is no `forms.Form`: a button that does something once.
        "one_time": partial(token_urlsafe, 16),
        # A message that was marked with N_ elsewhere.
        "said": partial(_said, translations(language.code)),
    }
    return made


def _said(catalogue: Any, message: str) -> str:  # noqa: ANN401 - gettext's classes share no type
    return str(catalogue.gettext(message))


def render(language: Language, template: str, context: dict[str, Any]) -> str:
    """Return a template's HTML."""
    return environment(language).get_template(template).render(context)


def template_names() -> Sequence[str]:
    """Return every template there is."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
