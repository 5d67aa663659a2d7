"""When mail goes out: at the hour its reader has asked for, on their clock."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from service.domain.alert import Digest, MailTo, Weekday

_GATHER: Final = timedelta(minutes=5)
_ORDER: Final = tuple(Weekday)


def next_mail(mail: MailTo, now: datetime) -> datetime:
    """Return when what is found at `now` (aware) is sent, in UTC.

    At once means the next full five minutes: what is found together comes together. A time that a
    clock skips in spring stands for the moment it would have been.
    """
    if mail.digest is Digest.IMMEDIATE:
        seconds = _GATHER.total_seconds()
        ends = (now.timestamp() // seconds + 1) * seconds
        return datetime.fromtimestamp(ends, UTC)
    zone = ZoneInfo(mail.time_zone)
    day = now.astimezone(zone).date()
    days = (day + timedelta(ahead) for ahead in range(9))
    if mail.digest is Digest.WEEKLY:
        days = (one for one in days if _ORDER[one.weekday()] is mail.weekday)
    times = (datetime.combine(one, mail.at, zone).astimezone(UTC) for one in days)
    # Nine days hold the weekday once more after today's hour has passed.
    return next(one for one in times if one > now)
