"""Walk the access log's chain and say whether it is as it was written."""

from typing import Final

from service.domain.audit import Broken, Fault, Fit, Link, LogHead, Verdict
from service.domain.errors import StorageError
from service.ports import AuditStore, ProgressBar

_AT_ONCE: Final = 1000


def verify_log(store: AuditStore, bar: ProgressBar, seen: LogHead | None = None) -> Verdict:
    """Check every line against its seal and the line before, and the end against the head.

    seen: a number and (the end of) its seal from an earlier check, kept elsewhere. With it
    even a log that was put back whole to an earlier state, head and all, is noticed.
    """
    head, head_fault = _head(store)
    bar.start("Checking the access log", head.count if head else 0)
    last, first_at, last_at = 0, None, None
    while links := store.access_links(last, _AT_ONCE):
        for link in links:
            broken = _fault(store, link, last) or _against(link, head, seen)
            if broken is not None:
                return Verdict(last, first_at, last_at, head, broken)
            last, first_at, last_at = link.sequence, first_at or link.at, link.at
        bar.advance(len(links))
    broken = head_fault or _at_the_end(store, last, head, seen)
    return Verdict(last, first_at, last_at, head, broken)


def _head(store: AuditStore) -> tuple[LogHead | None, Broken | None]:
    try:
        head = store.access_head()
    except StorageError as error:
        return None, Broken(0, Fault.HEAD, f"The sealed head does not open: {error.detail}")
    if head is None:
        return None, Broken(0, Fault.HEAD, "The sealed head is missing.")
    return head, None


def _fault(store: AuditStore, link: Link, last: int) -> Broken | None:
    """Return what is wrong with a line behind the line `last`."""
    here = link.sequence
    if here != last + 1:
        gone = f"{last + 1}" if here == last + 2 else f"{last + 1} to {here - 1}"
        return Broken(last + 1, Fault.MISSING, f"Missing: {gone}.")
    if link.fit is Fit.FITS:
        return None
    if link.fit is Fit.KEY_UNKNOWN:
        detail = "It was sealed with a key that is not in the key file."
        return Broken(here, Fault.KEY_UNKNOWN, detail)
    written_as = store.written_as(here)
    if written_as is not None:
        detail = f"This entry was written as number {written_as}."
        return Broken(here, Fault.REORDERED, detail)
    detail = "It is not what was written here: it was changed, or put here by somebody else."
    return Broken(here, Fault.CHANGED, detail)


def _against(link: Link, head: LogHead | None, seen: LogHead | None) -> Broken | None:
    """Compare a line with what was sealed, or noted elsewhere, about its number."""
    if head is not None and link.sequence == head.count and link.seal != head.seal:
        return Broken(link.sequence, Fault.HEAD, "The sealed head ends with another entry.")
    if seen is not None and link.sequence == seen.count and not link.seal.endswith(seen.seal):
        detail = "When it was seen before, another entry stood here."
        return Broken(link.sequence, Fault.NOT_AS_SEEN, detail)
    return None


def _at_the_end(
    store: AuditStore, last: int, head: LogHead | None, seen: LogHead | None
) -> Broken | None:
    if head is not None and last < head.count:
        detail = (
            f"The sealed head says {head.count} entries; the last {head.count - last} are gone."
        )
        return Broken(last + 1, Fault.TAIL_CUT, detail)
    if seen is not None and last < seen.count:
        detail = f"{seen.count} entries were seen before; the log was put back to an earlier state."
        return Broken(last + 1, Fault.NOT_AS_SEEN, detail)
    # The service may have gone on writing while this walked.
    now, fault = _head(store)
    if fault is not None:
        return fault
    if now is not None and last > now.count:
        detail = f"The sealed head says {now.count} entries: it is older than the log."
        return Broken(now.count + 1, Fault.HEAD, detail)
    return None
