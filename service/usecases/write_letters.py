"""What mail says: titles of listings, ids and counts of people, and links; nothing else."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from itertools import groupby
from typing import Final

from service.domain.alert import AlertType, Delivery, StoredSubscription, Watch
from service.domain.letter import Letter, Link, LinkPurpose
from service.domain.listing import StoredListing
from service.ports import Tools
from service.skills.scripts import direction, in_digits

CONFIRM_WITHIN: Final = timedelta(hours=72)
_TITLE: Final = 120
_PEOPLE_SHOWN: Final = 20
_UNSEEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202f\u2066-\u2069]+")
_NOTHING: Final[Mapping[str, StoredListing]] = {}


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry: a title, and lines of ids beneath it."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What one mail says, before it is text or a page. button: what its link says, and the link."""

    subject: str
    said: tuple[str, ...]
    items: tuple[_Item, ...]
    button: tuple[str, str]
    foot: tuple[str, ...]
    stop: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes mail for one subscription, in its language."""

    tools: Tools
    stored: StoredSubscription
    language: str

    @classmethod
    def of(cls, tools: Tools, stored: StoredSubscription) -> "Writer":
        """Return who writes to this subscription's mailbox."""
        mail = stored.content.mail
        return cls(tools, stored, "en" if mail is None else mail.language)

    def letter(
        self,
        name: str,
        at: datetime,
        deliveries: Sequence[Delivery],
        listings: Mapping[str, StoredListing] = _NOTHING,
    ) -> Letter:
        """Write one mail that carries these messages, all of one type, one at least."""
        kind = deliveries[0].type
        if kind is AlertType.CONFIRMATION:
            sheet = self._confirmation(at)
        elif kind is AlertType.TEST:
            sheet = self._sheet("test_subject", (self.say("test_text"),))
        else:
            sheet = self._digest(deliveries, listings)
        mail = self.stored.content.mail
        return Letter(
            id=name,
            to="" if mail is None else mail.address,
            subject=sheet.subject,
            text=_as_text(sheet),
            html=_as_page(sheet, self.language),
            language=self.language,
            unsubscribe=sheet.stop[1],
            at=at,
        )

    def say(self, key: str, **filled: str) -> str:
        """Say a sentence of data/mail/phrases.csv in the subscription's language."""
        return self.tools.mail_phrases.say(key, self.language, **filled)

    @property
    def organisation(self) -> str:
        """The name of the organisation that watches."""
        named = {one.id: one.name for one in self.tools.store.organisations()}
        return one_line(named.get(self.stored.organisation_id, self.stored.organisation_id))

    def url(self, purpose: LinkPurpose, until: datetime | None = None) -> str:
        """Return a link that acts without a key."""
        link = Link(purpose, self.stored.id, self.stored.mailbox or "", until)
        return f"{self.tools.mail.home}/mail/{purpose}/{self.tools.links.token(link)}"

    def _sheet(
        self,
        subject: str,
        said: tuple[str, ...],
        items: tuple[_Item, ...] = (),
        count: int = 0,
    ) -> _Sheet:
        return _Sheet(
            subject=self.say(subject, count=in_digits(str(count), self.language)),
            said=said,
            items=items,
            button=(self.say("open"), f"{self.tools.mail.home}/console/"),
            foot=(self.say("why", organisation=self.organisation),),
            stop=(self.say("stop"), self.url(LinkPurpose.UNSUBSCRIBE)),
        )

    def _confirmation(self, at: datetime) -> _Sheet:
        hours = in_digits(str(CONFIRM_WITHIN // timedelta(hours=1)), self.language)
        return _Sheet(
            subject=self.say("confirm_subject"),
            said=(self.say("confirm_text", organisation=self.organisation, hours=hours),),
            items=(),
            button=(
                self.say("confirm_button"),
                self.url(LinkPurpose.CONFIRM, at + CONFIRM_WITHIN),
            ),
            foot=(self.say("confirm_ignore"),),
            stop=(self.say("stop"), self.url(LinkPurpose.UNSUBSCRIBE)),
        )

    def _digest(
        self, deliveries: Sequence[Delivery], listings: Mapping[str, StoredListing]
    ) -> _Sheet:
        watch = self.stored.content.watch
        if watch is Watch.CANDIDATES:
            said, items = self.say("people_heading"), self._people(deliveries, listings)
        else:
            said = self.say("listings_heading")
            if watch is Watch.RETURNEE:
                said = self.say("person_heading", person=self.stored.content.returnee_id or "")
            items = (
                _Item(self._title(one.listing_id, listings), (self._ids(one),))
                for one in deliveries
            )
        return self._sheet("matches_subject", (said,), tuple(items), len(deliveries))

    def _people(
        self, deliveries: Sequence[Delivery], listings: Mapping[str, StoredListing]
    ) -> Iterable[_Item]:
        """Yield each listing with how many people match it, and the ids of the first of them."""
        by_listing = sorted(deliveries, key=lambda one: one.listing_id or "")
        for name, some in groupby(by_listing, key=lambda one: one.listing_id):
            found = list(some)
            lines = [
                name or "",
                self.say("people_count", count=in_digits(str(len(found)), self.language)),
            ]
            lines += [
                f"{one.person_id}, {self.say(one.tier or 'good')}" for one in found[:_PEOPLE_SHOWN]
            ]
            if len(found) > _PEOPLE_SHOWN:
                lines.append(
                    self.say(
                        "more", count=in_digits(str(len(found) - _PEOPLE_SHOWN), self.language)
                    )
                )
            yield _Item(self._title(name, listings), tuple(lines))

    def _ids(self, one: Delivery) -> str:
        return f"{one.listing_id}, {self.say(one.tier or 'good')}"

    @staticmethod
    def _title(name: str | None, listings: Mapping[str, StoredListing]) -> str:
        found = listings.get(name or "")
        return "" if found is None else one_line(found.content.title)


def one_line(text: str) -> str:
    """Return somebody's words as one short line without signs that turn or break it."""
    line = _UNSEEN.sub(" ", text).strip()
    return line if len(line) <= _TITLE else f"{line[: _TITLE - 1]}…"


def _as_text(sheet: _Sheet) -> str:
    items = ["\n".join((one.title, *(f"  {line}" for line in one.lines))) for one in sheet.items]
    button, stop = ("\n".join(one) for one in (sheet.button, sheet.stop))
    return "\n\n".join([*sheet.said, *items, button, *sheet.foot, stop]) + "\n"


def _as_page(sheet: _Sheet, language: str) -> str:
    items = "".join(
        f"<li><strong><bdi>{escape(one.title)}</bdi></strong>"
        + "".join(f"<br><bdi>{escape(line)}</bdi>" for line in one.lines)
        + "</li>"
        for one in sheet.items
    )
    said = "".join(f"<p>{escape(one)}</p>" for one in sheet.said)
    foot = "".join(f"<p>{escape(one)}</p>" for one in sheet.foot)
    return (
        f'<!doctype html><html lang="{language}" dir="{direction(language)}"><head>'
        f'<meta charset="utf-8"><title>{escape(sheet.subject)}</title></head>'
        f"<body><h1>{escape(sheet.subject)}</h1>{said}"
        + (f"<ul>{items}</ul>" if items else "")
        + f"<p>{_anchor(*sheet.button)}</p><hr>{foot}<p>{_anchor(*sheet.stop)}</p></body></html>"
    )


def _anchor(words: str, url: str) -> str:
    return f'<a href="{escape(url)}">{escape(words)}</a>'
