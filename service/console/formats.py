"""Numbers, moments, money and names as a language writes them; foreign words kept apart.

Every result that may hold letters of another script is isolated (`<bdi>`), so that it turns
nothing around it; every name comes from Babel, so that no code is shown to anybody.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent
from markupsafe import Markup, escape

from service.console.languages import PSEUDO, Language
from service.skills.scripts import direction, in_digits

Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Formats:
    """Everything a template shows that is no message, in one language and time zone."""

    language: Language
    zone: tzinfo | None = None

    def _digits(self, text: str, *, separators: bool = False) -> str:
        return in_digits(text, self.language.code, separators=separators)

    def number(self, value: Number) -> str:
        """Return a number with the language's digits and grouping."""
        plain = format_decimal(value, locale=self.language.babel, numbering_system="latn")
        return self._digits(plain, separators=True)

    def plain(self, value: Number | str) -> str:
        """Return digits as the language writes them, without grouping: years, counters, codes."""
        return self._digits(str(value))

    def percent(self, share: float) -> str:
        """Return a share of 0 to 1 as per cent."""
        plain = format_percent(share, locale=self.language.babel, numbering_system="latn")
        return self._digits(plain, separators=True)

    def date(self, value: date | None) -> Markup:
        """Return a day as `<time>`, or nothing for None."""
        if value is None:
            return Markup()
        text = self._digits(format_date(value, "long", locale=self.language.babel))
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat()[:10], text)

    def moment(self, value: datetime) -> Markup:
        """Return day and time as `<time>`, in the office's zone."""
        local = value.astimezone(self.zone)
        text = f"{format_date(local, 'long', locale=self.language.babel)}, {local:%H:%M}"
        return Markup('<time datetime="{}">{}</time>').format(
            value.isoformat(timespec="seconds"), self._digits(text)
        )

    def clock(self, value: datetime) -> Markup:
        """Return the time of day as `<time>`, 24 hours: Babel has no words for AM in Bangla."""
        local = value.astimezone(self.zone)
        text = self._digits(f"{local:%H:%M}")
        return Markup('<time datetime="{}">{}</time>').format(
            value.isoformat(timespec="seconds"), text
        )

    def money(self, amount: Number, currency: str) -> Markup:
        """Return an amount with the currency's name: "25,000 Bangladeshi takas"."""
        text = format_currency(
            amount,
            currency,
            locale=self.language.babel,
            format_type="name",
            currency_digits=False,
            decimal_quantization=False,
            numbering_system="latn",
        )
        return self._own(self._digits(text, separators=True))

    def currency(self, code: str) -> Markup:
        """Return a currency's name."""
        return self._own(self.language.locale.currencies.get(code, code))

    def country(self, code: str | None) -> Markup:
        """Return a country's name; of none, nothing."""
        if not code:
            return Markup()
        return self._own(self.language.locale.territories.get(code.upper(), code))

    def language_name(self, code: str) -> Markup:
        """Return a language's name in this language."""
        try:
            name = Locale.parse(code, sep="-").get_display_name(self.language.babel)
        except (ValueError, UnknownLocaleError):
            name = None
        return self._own(name or code)

    def _own(self, text: str) -> Markup:
        """Return a name of this language; only the pseudo language must see that it is one."""
        if self.language.code == PSEUDO:
            text = f"⟦{text}⟧"
        return Markup("<bdi>{}</bdi>").format(text)

    def foreign(self, text: str | None, lang: str | None = None) -> Markup:
        """Return words that are not the page's own, isolated, with their language if known."""
        if not text:
            return Markup()
        if lang is None or lang == self.language.code:
            return Markup("<bdi>{}</bdi>").format(text)
        return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(lang, direction(lang), text)

    def isolated(self, text: str) -> str:
        """Return words that are not the page's own for places without tags, as a page's title."""
        return f"\u2068{text}\u2069"

    def lines(self, text: str) -> Markup:
        """Return somebody's words with their line breaks, isolated paragraph by paragraph."""
        parts = (Markup('<p dir="auto">{}</p>').format(one) for one in text.split("\n") if one)
        return Markup().join(escape(one) for one in parts)
