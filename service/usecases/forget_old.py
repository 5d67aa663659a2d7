"""Forget what has been kept long enough, a little at a time, and say how much that was."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import structlog

from service.domain.audit import Access, Action
from service.domain.errors import NotFoundError, PreconditionFailedError, StorageError
from service.domain.person import StoredPerson
from service.domain.retention import BRIEF, Forgotten, Kept
from service.ports import Records, Tools
from service.rules.calendar import today_in
from service.usecases.erase_person import INCOMPLETE, erase_person
from service.usecases.log_command import RETENTION_KEY

_log = structlog.get_logger(__name__)

_CHUNK: Final = 500
_PAGE: Final = 200


def what_is_old(tools: Tools | Records) -> Forgotten:
    """Return what `forget_old` would forget now; change nothing."""
    now = tools.clock.now()
    counts: dict[Kept, int] = {
        what: tools.store.count_old(what, before)
        for what in Kept
        if what is not Kept.CONSENTS and (before := tools.retention.before(what, now)) is not None
    }
    ended = list(_ended(tools))
    if tools.retention.consents:
        counts[Kept.CONSENTS] = sum(_is_due(tools, one) for one in ended)
    return Forgotten(counts, len(ended))


def forget_old(tools: Tools | Records, stopping: Callable[[], bool] = lambda: False) -> Forgotten:
    """Forget all that is kept no longer, until told to stop; the next time goes on from there."""
    counts = _forgotten(tools, [what for what in Kept if what is not Kept.CONSENTS], stopping)
    ended, erased = 0, 0
    for person in _ended(tools):
        if stopping():
            break
        if _is_due(tools, person) and _erased(tools, person):
            erased += 1
        else:
            ended += 1
    if tools.retention.consents:
        counts[Kept.CONSENTS] = erased
    done = {what: count for what, count in counts.items() if count}
    _log.info("forgotten", ended_consents=ended, **{what.value: n for what, n in done.items()})
    return Forgotten(counts, ended)


def forget_brief(tools: Tools | Records, stopping: Callable[[], bool] = lambda: False) -> Forgotten:
    """Forget, of all that, what is kept for a few days or hours only."""
    return Forgotten(_forgotten(tools, BRIEF, stopping))


def _forgotten(
    tools: Tools | Records, kinds: Sequence[Kept], stopping: Callable[[], bool]
) -> dict[Kept, int]:
    now = tools.clock.now()
    counts: dict[Kept, int] = {}
    try:
        for what in kinds:
            before = tools.retention.before(what, now)
            if before is None:
                continue
            old = tools.store.count_old(what, before)
            while not stopping() and tools.store.forget_old(what, before, _CHUNK):
                pass
            counts[what] = old - tools.store.count_old(what, before)
            if what is Kept.CHANGES:
                tools.store.mark_feeds(now, before)
    finally:
        if any(counts.values()):
            tools.store.wipe()
    return counts


def has_ended(tools: Tools | Records, person: StoredPerson) -> bool:
    """Tell whether the last day of a person's consent has passed where they live."""
    last = person.profile.consent.until
    return last is not None and last < _today(tools, person)


def erased_on(tools: Tools | Records, person: StoredPerson) -> date | None:
    """Return the day on which a person is erased unless their consent is renewed, if ever."""
    last, days = person.profile.consent.until, tools.retention.consents
    if last is None or not days or not has_ended(tools, person):
        return None
    return last + timedelta(days=days + 1)


def _today(tools: Tools | Records, person: StoredPerson) -> date:
    return today_in(person.profile.home_country, tools.clock.now())


def _is_due(tools: Tools | Records, person: StoredPerson) -> bool:
    day = erased_on(tools, person)
    return day is not None and day <= _today(tools, person)


def _ended(tools: Tools | Records) -> Iterator[StoredPerson]:
    for organisation in tools.store.organisations():
        after: int | None = 0
        while after is not None:
            page = tools.store.page_of_people(organisation.id, after=after, limit=_PAGE, where={})
            yield from (one for one in page.items if has_ended(tools, one))
            after = page.next_after


def _erased(tools: Tools | Records, person: StoredPerson) -> bool:
    """Erase a person as their organisation would; False where they were changed meanwhile."""
    try:
        erase_person(tools, person, if_version=person.version)
    except (NotFoundError, PreconditionFailedError):
        return False
    except StorageError as error:
        if error.code == INCOMPLETE:
            _log_erasure(tools, person, refused=error.code)
        raise
    _log_erasure(tools, person)
    return True


def _log_erasure(tools: Tools | Records, person: StoredPerson, refused: str | None = None) -> None:
    line = Access(
        at=tools.clock.now(),
        organisation_id=person.organisation_id,
        key_id=RETENTION_KEY,
        action=Action.RETURNEE_ERASE,
        subjects=(person.id,),
        refused=refused,
        request_id=RETENTION_KEY,
    )
    tools.store.log_accesses([line])
