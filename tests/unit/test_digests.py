"""When mail goes out, and what it says in each language."""

from datetime import UTC, datetime, time
from string import Formatter

import pytest

from service.domain.alert import Digest, MailTo, Weekday
from service.rules.digests import next_mail
from service.settings import bundled
from service.skills.phrases import LANGUAGES, Phrases
from service.skills.scripts import direction, in_digits

DAILY = MailTo(address="a@b.example", at=time(8), time_zone="Asia/Dhaka")
WEEKLY = MailTo(
    address="a@b.example",
    digest=Digest.WEEKLY,
    weekday=Weekday.SUNDAY,
    at=time(8, 30),
    time_zone="Asia/Kathmandu",
)


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("mail", "now", "then"),
    [
        (DAILY, "2026-11-22 01:59", "2026-11-22 02:00"),
        (DAILY, "2026-11-22 02:00", "2026-11-23 02:00"),
        (WEEKLY, "2026-11-22 02:44", "2026-11-22 02:45"),
        (WEEKLY, "2026-11-22 02:45", "2026-11-29 02:45"),
        (WEEKLY, "2026-11-22 20:00", "2026-11-29 02:45"),
    ],
)
def test_a_digest_goes_out_at_its_hour_where_its_reader_is(
    mail: MailTo, now: str, then: str
) -> None:
    """Strictly later, and at the next of its days."""
    assert next_mail(mail, at(now)) == at(then)


def test_what_is_told_at_once_is_gathered_for_five_minutes() -> None:
    """All of the same five minutes have the same moment."""
    mail = MailTo(address="a@b.example", digest=Digest.IMMEDIATE)
    moments = {next_mail(mail, at(f"2026-11-22 10:0{minute}")) for minute in range(5)}
    assert moments == {at("2026-11-22 10:05")}


def test_an_hour_that_a_clock_skips_is_not_missed() -> None:
    """The night of 28 March 2027 has no half past two in Berlin."""
    mail = MailTo(address="a@b.example", at=time(2, 30), time_zone="Europe/Berlin")
    found = next_mail(mail, at("2027-03-27 12:00"))
    assert found.date() == at("2027-03-28 00:00").date()
    assert next_mail(mail, found) == at("2027-03-29 00:30")


def test_every_sentence_has_the_same_gaps_in_every_language() -> None:
    """What is filled in in English is filled in in each."""
    phrases = Phrases.read(bundled("data", "mail", "phrases.csv"))
    gaps = {
        name: sorted(gap for _, gap, _, _ in Formatter().parse(text) if gap)
        for name, text in phrases.sentences.items()
    }
    for key, language in phrases.sentences:
        assert gaps[key, language] == gaps[key, "en"], (key, language)
    assert len(phrases.sentences) % len(LANGUAGES) == 0


def test_numbers_and_directions_follow_the_language() -> None:
    """Digits where others than 0 to 9 are usual, and scripts that run from the right."""
    written = [in_digits("104", one) for one in ("en", "bn", "ne", "ar", "hi", "ur")]
    assert written == ["104", "১০৪", "१०४", "\u0661\u0660\u0664", "104", "104"]
    assert (
        in_digits("1,204.5", "ar", separators=True) == "\u0661\u066c\u0662\u0660\u0664\u066b\u0665"
    )
    assert [direction(one) for one in ("fa-IR", "UR", "nb")] == ["rtl", "rtl", "ltr"]
    assert [direction(one) for one in LANGUAGES] == ["ltr", "ltr", "ltr", "rtl", "ltr", "rtl"]
