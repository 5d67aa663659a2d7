"""What links in mail do: agree to it, and stop it, both without a key."""

from dataclasses import dataclass
from enum import StrEnum

from service.domain.alert import StoredSubscription
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.letter import LinkPurpose
from service.ports import Tools


class Standing(StrEnum):
    """How a link stands: it can act, has done so, has ended, or was not made here."""

    OPEN = "open"
    DONE = "done"
    ENDED = "ended"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Followed:
    """A link as it stands now. stored: None where nothing is told to that mailbox any more."""

    standing: Standing
    stored: StoredSubscription | None = None


def follow_link(tools: Tools, purpose: LinkPurpose, token: str) -> Followed:
    """Say how a link stands; changes nothing, so that whoever looks ahead does no harm."""
    link = tools.links.link(token)
    if link is None or link.purpose is not purpose:
        return Followed(Standing.BROKEN)
    stored = tools.store.subscription_by_mail(link.subscription_id)
    if stored is None or stored.mailbox != link.mailbox:
        # Nothing goes there any more: what whoever wants to stop it wished for.
        stops = purpose is LinkPurpose.UNSUBSCRIBE
        return Followed(Standing.DONE if stops else Standing.BROKEN)
    if purpose is LinkPurpose.UNSUBSCRIBE:
        ended = not stored.content.active and stored.confirmed_at is None
        return Followed(Standing.DONE if ended else Standing.OPEN, stored)
    if stored.confirmed_at is not None:
        return Followed(Standing.DONE, stored)
    over = link.until is not None and link.until <= tools.clock.now()
    if over or not stored.content.active:
        return Followed(Standing.ENDED, stored)
    return Followed(Standing.OPEN, stored)


def act_on_link(tools: Tools, purpose: LinkPurpose, token: str) -> Followed:
    """Do what a link is for, if it can; return how it stands afterwards."""
    found = follow_link(tools, purpose, token)
    if found.standing is not Standing.OPEN or found.stored is None:
        return found
    agreed = purpose is LinkPurpose.CONFIRM
    try:
        stored = tools.store.answer_mail(found.stored, tools.clock.now(), agreed=agreed)
    except (NotFoundError, PreconditionFailedError):
        # Removed, or led to another mailbox, this very moment.
        return follow_link(tools, purpose, token)
    return Followed(Standing.DONE, stored)
