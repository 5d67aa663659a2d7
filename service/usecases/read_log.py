"""Read the access log, as far as an organisation may."""

from dataclasses import replace

from service.domain.access import Caller
from service.domain.audit import AccessQuery, Action, LoggedAccess
from service.domain.errors import NotFoundError
from service.domain.records import Page
from service.ports import Tools
from service.usecases.erase_person import INCOMPLETE
from service.usecases.manage_keys import administered_by


def read_log(
    tools: Tools, caller: Caller, query: AccessQuery, *, after: int, limit: int
) -> Page[LoggedAccess]:
    """Return lines that the caller's organisation may see, behind the number `after`.

    Its own lines; of a person it looks after, or has erased, everybody's, so that it can tell
    them: without the other organisation's key and request, and whom else they concerned.
    The first organisation sees all.
    """
    mine = administered_by(caller)
    if mine is None:
        return tools.store.page_of_accesses(query, after=after, limit=limit)
    if query.subject is None or not _theirs(tools, mine, query.subject):
        query = replace(query, organisation_id=mine)
    page = tools.store.page_of_accesses(query, after=after, limit=limit)
    return replace(page, items=tuple(_shown_to(mine, one, query) for one in page.items))


def last_who_looked(
    tools: Tools, organisation_id: str, person_id: str, limit: int
) -> list[LoggedAccess]:
    """Return the last lines about one of an organisation's own people, the newest first.

    Others' lines are shown as `read_log` shows them. Raises NotFoundError.
    """
    person = tools.store.person(organisation_id, person_id)
    query = AccessQuery(subject=person.id)
    lines = tools.store.last_accesses(query, limit)
    return [_shown_to(organisation_id, one, query) for one in reversed(lines)]


def _theirs(tools: Tools, organisation_id: str, person_id: str) -> bool:
    """Tell whether a person is, or was until erased, this organisation's."""
    try:
        tools.store.person(organisation_id, person_id)
    except NotFoundError:
        erased = AccessQuery(
            organisation_id=organisation_id, subject=person_id, action=Action.RETURNEE_ERASE
        )
        lines = tools.store.page_of_accesses(erased, after=0, limit=1000).items
        return any(one.access.refused in {None, INCOMPLETE} for one in lines)
    return True


def _shown_to(organisation_id: str, logged: LoggedAccess, query: AccessQuery) -> LoggedAccess:
    access = logged.access
    if access.organisation_id == organisation_id or query.subject is None:
        return logged
    kept = replace(access, key_id="", subjects=(query.subject,), request_id="")
    return replace(logged, access=kept)
