"""What is told by mail: asked first, gathered, sent once, stopped without a key."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.domain.alert import (
    AlertType,
    DeliveryState,
    Digest,
    MailTo,
    StoredSubscription,
    Subscription,
    Watch,
)
from service.domain.errors import ConflictError
from service.domain.letter import Letter, LinkPurpose
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.person import Consent, Contact, Profile, ReturnCategory, StoredPerson
from service.domain.records import Put
from service.usecases.answer_mail import Standing, act_on_link, follow_link
from service.usecases.deliver_alerts import BACKOFF
from service.usecases.deliver_letters import claim_letters, deliver_letter
from service.usecases.find_twins import say_of_pair
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.usecases.manage_subscriptions import (
    change_subscription,
    replay_message,
    try_subscription,
)
from service.usecases.put_listings import put_listing
from service.usecases.register_person import register_person
from service.usecases.write_letters import CONFIRM_WITHIN, Writer
from service.worker import post, send
from tests.conftest import ADMIN, client_over, settings_in
from tests.webhooks.conftest import Office
from tests.webhooks.mailboxes import (
    Arrived,
    PostOffice,
    babbling,
    free_port,
    post_office,
    write_certificate,
)
from tests.webhooks.receivers import receiving, until

WORDS = "I lay bricks, plaster walls and set tiles, ten years as a mason"
MASON = Listing(
    kind=Kind.JOB, title="Mason", country="BD", skills=("lay bricks", "plaster walls", "set tiles")
)
PERSON = Profile(
    text=f"{WORDS}. My wife Rokeya waits in Shariatpur.",
    home_country="BD",
    consent=Consent(matching=True),
    return_category=ReturnCategory.VICTIM_OF_ABUSE,
)
ADDRESS = "officer@partner.example"
NOW = MailTo(address=ADDRESS, digest=Digest.IMMEDIATE)
SOON = timedelta(minutes=6)


@dataclass
class Desk:
    """An office whose mail goes through a real server."""

    office: Office
    post: PostOffice

    def watch(self, mail: MailTo = NOW, **content: Any) -> StoredSubscription:  # noqa: ANN401 - fields of many types
        """Subscribe a mailbox that has not agreed yet."""
        asked = {"watch": Watch.LISTINGS, "text": WORDS, "home_country": "BD"} | content
        return self.office.watch(Subscription(mail=mail, **asked))[0]

    def agreed(self, mail: MailTo = NOW, **content: Any) -> StoredSubscription:  # noqa: ANN401 - fields of many types
        """Subscribe a mailbox and press the button in its first mail."""
        stored = self.watch(mail, **content)
        self.send()
        token = self.post.got.pop().link("confirm").rsplit("/", 1)[1]
        followed = act_on_link(self.office.tools, LinkPurpose.CONFIRM, token)
        assert followed.standing is Standing.DONE
        assert followed.stored is not None
        assert followed.stored.id == stored.id
        return followed.stored

    def offer(self, name: str, content: Listing = MASON) -> StoredListing:
        """Put a listing on the board."""
        put = Put(
            organisation_id=FIRST_ORGANISATION, content=content, source="board", external_id=name
        )
        return put_listing(self.office.tools, put).record

    def register(self, profile: Profile = PERSON) -> StoredPerson:
        """Register the mason."""
        put = Put(
            organisation_id=FIRST_ORGANISATION, content=profile, source="crm", external_id="mason"
        )
        contact = Contact(name="Rokeya Khatun", phone="+8801711223344")
        return register_person(self.office.tools, put, contact).record

    def send(self) -> list[Arrived]:
        """Send all mail that is due; return all that arrived so far."""
        while claimed := claim_letters(self.office.tools, 8):
            for due in claimed:
                deliver_letter(self.office.tools, due)
        return self.post.got

    def later(self, wait: timedelta = SOON) -> list[Arrived]:
        """Look, let time pass, and send what is due then."""
        self.office.look()
        self.office.clock.by += wait
        return self.send()


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    """An office with a mail server that takes everything."""
    with post_office() as server:
        yield _desk(office, server)


def _desk(office: Office, server: PostOffice, **more: Any) -> Desk:  # noqa: ANN401 - fields of many types
    office.tools = replace(office.tools, mail=server.sender(**more))
    return Desk(office, server)


def test_nothing_is_told_before_somebody_has_agreed(desk: Desk) -> None:
    """Not even what appears meanwhile; only the question goes out, and only once."""
    stored = desk.watch()
    (asked,) = desk.send()
    desk.offer("before")
    assert desk.later() == [asked]
    assert asked.to == [ADDRESS]
    assert WORDS not in asked.text
    token = asked.link("confirm").rsplit("/", 1)[1]
    tools = desk.office.tools
    assert follow_link(tools, LinkPurpose.CONFIRM, token).standing is Standing.OPEN
    assert tools.store.subscription(FIRST_ORGANISATION, stored.id).confirmed_at is None
    with pytest.raises(ConflictError):
        try_subscription(tools, stored)
    act_on_link(tools, LinkPurpose.CONFIRM, token)
    new = desk.offer("new")
    _, told = desk.later()
    assert new.id in told.text
    (question, match) = desk.office.log(stored)
    assert question.type is AlertType.CONFIRMATION
    assert (match.listing_id, match.state, match.status) == (new.id, DeliveryState.DELIVERED, 250)
    assert desk.later() == [asked, told]


def test_a_mail_is_whole_and_in_its_language(desk: Desk) -> None:
    """Bangla survives the way; every header that machines look at is there."""
    desk.agreed(replace(NOW, language="bn"))
    listing = desk.offer("new", replace(MASON, title="রাজমিস্ত্রি <b>চাই</b>"))
    (got,) = desk.later()
    mail = got.mail
    assert mail["Subject"] == "Homeward: নতুন মিল (১)"
    assert mail["From"] == "Homeward <alerts@homeward.example>"
    assert (mail["To"], got.to, got.sender) == (ADDRESS, [ADDRESS], "alerts@homeward.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "bn"
    assert mail["Date"].datetime.tzinfo is not None
    assert mail["Message-ID"].startswith("<mail_")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].endswith(f"{got.link('unsubscribe')}>")
    assert mail.get_content_type() == "multipart/alternative"
    assert mail.defects == []
    assert mail.as_bytes().isascii()
    assert "রাজমিস্ত্রি <b>চাই</b>" in got.text
    assert listing.id in got.text
    assert "রাজমিস্ত্রি &lt;b&gt;চাই&lt;/b&gt;" in got.page
    assert 'lang="bn" dir="ltr"' in got.page


@pytest.mark.parametrize("language", ["en", "hi", "ur", "ne", "ar"])
def test_every_language_is_written(desk: Desk, language: str) -> None:
    """Subject, both halves and the direction of the script."""
    desk.agreed(replace(NOW, language=language))
    desk.offer("new")
    (got,) = desk.later()
    phrases = desk.office.tools.mail_phrases
    assert phrases.say("listings_heading", language) in got.text
    assert phrases.say("stop", language) in got.page
    assert f'dir="{"rtl" if language in {"ur", "ar"} else "ltr"}"' in got.page


def test_a_digest_waits_for_its_hour_and_gathers(desk: Desk) -> None:
    """Two matches of one day come in one mail, each once, and nothing comes where there is none."""
    hour = (desk.office.clock.now() + timedelta(hours=5)).time().replace(microsecond=0)
    stored = desk.agreed(replace(NOW, digest=Digest.DAILY, at=hour))
    names = [desk.offer("a").id]
    assert desk.later() == []
    names += [desk.offer("b", replace(MASON, title="Bricklayer")).id]
    (got,) = desk.later(timedelta(hours=5))
    assert "(2)" in got.mail["Subject"]
    assert all(got.text.count(name) == 1 for name in names)
    assert len({one.mail_id for one in desk.office.log(stored)[1:]}) == 1
    assert desk.later(timedelta(days=3)) == [got]


def test_people_stand_there_by_id_alone(desk: Desk) -> None:
    """No name, no telephone, no word of theirs, and not why they came back."""
    desk.agreed(watch=Watch.CANDIDATES, text=None, home_country=None)
    listing, person = desk.offer("own"), desk.register()
    (got,) = desk.later()
    for half in (got.text, got.page):
        assert person.id in half
        assert listing.id in half
        assert "Mason" in half
        for secret in ("Rokeya", "Khatun", "0171", "Shariatpur", "bricks", "victim", "wife"):
            assert secret not in half
    assert "People: 1" in got.text


def test_what_holds_no_longer_is_left_out(desk: Desk) -> None:
    """A consent that ended, a person erased, a listing withdrawn or closed by a rule."""
    person = desk.register()
    stored = desk.agreed(watch=Watch.RETURNEE, text=None, home_country=None, returnee_id=person.id)
    kept, gone = desk.offer("kept"), desk.offer("gone", replace(MASON, title="Bricklayer"))
    closing = desk.offer("closing", replace(MASON, title="Tiler"))
    desk.office.look()
    desk.office.tools.store.delete_listing(gone, if_version=None)
    over = desk.office.clock.today() - timedelta(days=1)
    desk.offer("closing", replace(closing.content, valid_through=over))
    desk.office.clock.by += SOON
    (got,) = desk.send()
    assert kept.id in got.text
    assert gone.id not in got.text
    assert closing.id not in got.text
    errors = {one.listing_id: one.error for one in desk.office.log(stored)[1:]}
    assert errors == {kept.id: None, gone.id: "listing_gone", closing.id: "rule_against"}
    desk.offer("last", replace(MASON, title="Plasterer"))
    desk.office.look()
    desk.register(replace(PERSON, consent=Consent()))
    assert desk.later() == [got]
    assert desk.office.log(stored)[-1].error == "consent_ended"


def test_one_vacancy_stands_in_a_mail_once(desk: Desk) -> None:
    """Though both adverts were found before somebody said that they are one."""
    stored = desk.agreed()
    first, second = desk.offer("here"), desk.offer("there")
    desk.office.look()
    say_of_pair(desk.office.tools, FIRST_ORGANISATION, first.id, second.id, same=True)
    (got,) = desk.later()
    assert (first.id in got.text) != (second.id in got.text)
    assert [one.error for one in desk.office.log(stored)[1:]] == [None, "told_as_twin"]


def test_who_is_erased_is_in_no_mail(desk: Desk) -> None:
    """Erased between looking and sending."""
    desk.agreed(watch=Watch.CANDIDATES, text=None, home_country=None)
    person = desk.register()
    desk.offer("own")
    assert desk.office.look() == 1
    desk.office.tools.store.delete_person(person, if_version=None)
    assert desk.later() == []


def test_a_mail_not_taken_comes_again_as_the_same(desk: Desk) -> None:
    """Under the same Message-ID and with the same matches, for three days; then it has failed."""
    stored = desk.agreed()
    desk.offer("a")
    desk.post.data = ["451 4.3.0 later"]
    desk.later()
    (one,) = desk.office.log(stored)[1:]
    assert (one.state, one.status, one.error) == (DeliveryState.PENDING, 451, "message_refused")
    desk.offer("b", replace(MASON, title="Bricklayer"))
    desk.post.data = ["250 taken"]
    desk.later()
    first, second = desk.post.got
    assert {f"<{one.mail_id}@homeward.example>" for one in desk.office.log(stored)[1:]} == {
        first.mail["Message-ID"],
        second.mail["Message-ID"],
    }
    desk.post.data = ["451 4.3.0 later"]
    desk.offer("c", replace(MASON, title="Tiler"))
    desk.office.look()
    for wait in (SOON, *BACKOFF):
        desk.office.clock.by += wait * 1.3
        desk.send()
    last = desk.office.log(stored)[-1]
    assert (last.state, last.attempts) == (DeliveryState.FAILED, len(BACKOFF) + 1)
    desk.post.data = ["250 taken"]
    replay_message(desk.office.tools, stored, last.id)
    desk.send()
    assert desk.office.log(stored)[-1].state is DeliveryState.DELIVERED
    assert desk.office.tools.store.subscription(FIRST_ORGANISATION, stored.id).content.active


@pytest.mark.parametrize(
    ("replies", "state", "active"),
    [
        ({"rcpt": ["550 5.1.1 nobody here"]}, DeliveryState.FAILED, False),
        ({"rcpt": ["550 no such user"]}, DeliveryState.FAILED, False),
        ({"rcpt": ["452 4.2.2 full"]}, DeliveryState.PENDING, True),
        ({"rcpt": ["554 5.7.1 relay denied"]}, DeliveryState.PENDING, True),
        ({"data": ["554 5.6.0 do not like it"]}, DeliveryState.FAILED, True),
    ],
)
def test_a_refusal_for_good_ends_what_it_is_about(
    desk: Desk, replies: dict[str, list[str]], state: DeliveryState, *, active: bool
) -> None:
    """A mailbox that is not there ends the subscription; a mail not liked, that mail alone."""
    stored = desk.agreed()
    desk.offer("new")
    for name, some in replies.items():
        setattr(desk.post, name, some)
    assert desk.later() == []
    (one,) = desk.office.log(stored)[1:]
    assert one.state is state
    assert one.status == int(next(iter(replies.values()))[0][:3])
    after = desk.office.tools.store.subscription(FIRST_ORGANISATION, stored.id)
    assert after.content.active is active


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (b"\x00\xff garbage\r\n", {"connection_lost", "not_smtp"}),
        (b"", {"timeout"}),
        (b"220", {"timeout"}),
        (b"554 go away\r\n", {"connect", "not_smtp"}),
    ],
)
def test_what_is_no_mail_server_is_a_failure_and_no_more(
    desk: Desk, words: bytes, error: set[str]
) -> None:
    """Garbage, silence, half a word, a closed door: tried again later."""
    stored = desk.agreed()
    with babbling(words) as other:
        desk.office.tools = replace(desk.office.tools, mail=other.sender(seconds=0.3))
        try_subscription(desk.office.tools, stored)
        desk.send()
    one = desk.office.log(stored)[-1]
    assert one.state is DeliveryState.PENDING
    assert one.error in error


def test_nobody_there_is_tried_again(desk: Desk) -> None:
    """A closed port."""
    stored = desk.agreed()
    nowhere = PostOffice(port=free_port()).sender()
    desk.office.tools = replace(desk.office.tools, mail=nowhere)
    try_subscription(desk.office.tools, stored)
    desk.send()
    one = desk.office.log(stored)[-1]
    assert (one.state, one.error) == (DeliveryState.PENDING, "connect")


def test_a_login_goes_over_an_encrypted_way_only(office: Office, tmp_path: Path) -> None:
    """STARTTLS and a certificate somebody vouches for; else no word is sent."""
    trusted = write_certificate(tmp_path / "mail.pem")
    login: dict[str, Any] = {"user": "homeward", "password": "made-up"}
    with post_office(trusted, ("homeward", "made-up")) as server:
        desk = _desk(office, server, security="starttls", ca_file=trusted, **login)
        stored = desk.agreed()
        try_subscription(desk.office.tools, stored)
        (got,) = desk.send()
        assert got.encrypted
        wrong = {
            "login": {"ca_file": trusted, "user": "homeward", "password": "wrong"},
            "tls": login,
        }
        for error, some in wrong.items():
            office.tools = replace(office.tools, mail=server.sender("starttls", **some))
            try_subscription(office.tools, stored)
            desk.send()
            one = office.log(stored)[-1]
            assert (one.state, one.error) == (DeliveryState.PENDING, error)
        assert server.got == [got]
    with post_office() as plain:
        office.tools = replace(office.tools, mail=plain.sender("starttls", **login))
        try_subscription(office.tools, stored)
        desk.send()
        assert office.log(stored)[-1].error in {"not_supported", "tls", "unexpected"}
        assert plain.tried == []


def test_one_that_hangs_holds_up_nobody_else(desk: Desk) -> None:
    """Neither other mailboxes nor webhooks."""
    slow = desk.agreed(replace(NOW, address="slow@partner.example"))
    quick = desk.agreed()
    desk.post.hangs = ("slow@partner.example",)
    tools, stopping = desk.office.tools, threading.Event()
    with receiving() as receiver:
        hook, _ = desk.office.watch(Subscription(watch=Watch.CANDIDATES, url=receiver.url))
        for _ in range(3):
            for one in (slow, quick, hook):
                try_subscription(tools, one)
        threads = [threading.Thread(target=run, args=(tools, stopping)) for run in (post, send)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: len(desk.post.got) == 3 and len(receiver.got) == 3)
            assert {one.to[0] for one in desk.post.got} == {ADDRESS}
            assert desk.post.tried.count("slow@partner.example") == 2
        finally:
            desk.post.released.set()
            stopping.set()
            for thread in threads:
                thread.join()


def test_links_do_one_thing_for_one_mailbox(desk: Desk) -> None:
    """Altered, for another purpose, too late, or for an address that changed: nothing happens."""
    tools, stored = desk.office.tools, desk.watch()
    (asked,) = desk.send()
    token = asked.link("confirm").rsplit("/", 1)[1]
    for purpose, tried in (
        (LinkPurpose.CONFIRM, f"{token}x"),
        (LinkPurpose.CONFIRM, "nothing"),
        (LinkPurpose.UNSUBSCRIBE, token),
        (LinkPurpose.CONFIRM, asked.link("unsubscribe").rsplit("/", 1)[1]),
    ):
        assert act_on_link(tools, purpose, tried).standing is Standing.BROKEN
    desk.office.clock.by = CONFIRM_WITHIN + timedelta(minutes=1)
    assert act_on_link(tools, LinkPurpose.CONFIRM, token).standing is Standing.ENDED
    desk.office.clock.by = timedelta()
    content = replace(stored.content, mail=replace(NOW, address="other@partner.example"))
    change_subscription(tools, desk.office.caller, stored, content, None)
    assert act_on_link(tools, LinkPurpose.CONFIRM, token).standing is Standing.BROKEN
    assert tools.store.subscription(FIRST_ORGANISATION, stored.id).confirmed_at is None
    assert desk.send()[-1].to == ["other@partner.example"]


def test_another_address_has_to_agree_anew(desk: Desk) -> None:
    """And so has one that wanted no more."""
    tools, caller, stored = desk.office.tools, desk.office.caller, desk.agreed()
    content = replace(stored.content, mail=replace(NOW, address="other@partner.example"))
    changed = change_subscription(tools, caller, stored, content, None)
    assert changed.confirmed_at is None
    back = change_subscription(tools, caller, changed, stored.content, None)
    assert back.confirmed_at is None
    assert [one.to for one in desk.send()] == [[ADDRESS]]
    desk.post.got.clear()
    agreed = desk.agreed()
    sleeping = replace(agreed.content, active=False)
    assert change_subscription(tools, caller, agreed, sleeping, None).confirmed_at is not None


def test_one_mailbox_is_not_asked_over_and_over(desk: Desk) -> None:
    """Neither by new subscriptions nor by asking again."""
    stored = next(iter([desk.watch() for _ in range(5)]))
    with pytest.raises(ConflictError):
        desk.watch()
    desk.send()
    (asked,) = desk.office.log(stored)
    with pytest.raises(ConflictError):
        replay_message(desk.office.tools, stored, asked.id)
    desk.office.clock.by = timedelta(hours=2)
    replay_message(desk.office.tools, stored, asked.id)
    assert len(desk.send()) == 6


def test_no_header_can_be_slipped_in(desk: Desk) -> None:
    """Whatever a title or an address says."""
    desk.agreed()
    desk.offer("new", replace(MASON, title="Mason\r\nBcc: all@partner.example\u202e"))
    (got,) = desk.later()
    assert got.mail["Bcc"] is None
    assert "Mason Bcc: all@partner.example\n" in got.text
    sender = desk.post.sender()
    letter = next(iter(_letters(desk)))
    for bad in (
        replace(letter, to="a@b.example\r\nRCPT TO:<c@d.example>"),
        replace(letter, subject="Hello\r\nBcc: all@partner.example"),
        replace(letter, unsubscribe="https://x.example/>\r\nBcc: all@partner.example"),
    ):
        assert sender.send(bad).error == "not_writable"
    assert len(desk.post.got) == 1


def _letters(desk: Desk) -> Iterator[Letter]:
    store = desk.office.tools.store
    (stored,) = store.page_of_subscriptions(FIRST_ORGANISATION, after=0, limit=1).items
    writer = Writer.of(desk.office.tools, stored)
    yield writer.letter("mail_1", datetime.now(UTC), desk.office.log(stored)[:1])


def test_mail_over_http_from_the_question_to_the_end(desk: Desk, tmp_path: Path) -> None:
    """Asked, opened without effect, confirmed by its button, tried, stopped by one click."""
    tools = desk.office.tools
    ensure_first_key(tools, ADMIN)
    over = contextmanager(client_over)(tools, settings_in(tmp_path))
    with over as api:
        body = {
            "kind": "listings",
            "email": {"address": ADDRESS, "language": "ur"},
            "text": WORDS,
            "home_country": "BD",
        }
        made = api.post("/v1/subscriptions", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["confirmed"] is False
        assert "secret" not in made.json()
        url = f"/v1/subscriptions/{made.json()['id']}"
        assert api.post(f"{url}/test").json()["code"] == "address_unconfirmed"
        until(lambda: len(desk.post.got) == 1)
        # Links carry no key, and nobody who opens one has any.
        api.headers.pop("Authorization")
        key = {"Authorization": f"Bearer {ADMIN}"}
        link = desk.post.got[0].link("confirm")
        page = api.get(link)
        assert page.status_code == 200
        assert '<html lang="ur" dir="rtl">' in page.text
        assert '<form method="post">' in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert api.get(url, headers=key).json()["confirmed"] is False
        assert api.post(link).status_code == 200
        assert api.get(url, headers=key).json()["confirmed"] is True
        assert api.get(url, headers=key).headers["etag"] == '"v2"'
        assert api.post(f"{url}/test", headers=key).status_code == 202
        until(lambda: len(desk.post.got) == 2)
        stop = desk.post.got[1].link("unsubscribe")
        assert api.get(stop).status_code == 200
        assert api.get(url, headers=key).json()["active"] is True
        clicked = api.post(stop, data={"List-Unsubscribe": "One-Click"})
        assert clicked.status_code == 200
        after = api.get(url, headers=key).json()
        assert (after["active"], after["confirmed"]) == (False, False)
        assert "<form" not in api.get(stop).text
        assert api.get(f"{stop}x").status_code == 404
        assert api.post(f"{stop}x", files={"a": b"x"}).status_code == 404
        log = api.get(f"{url}/deliveries", headers=key).json()["items"]
        assert [one["type"] for one in log] == ["subscription.confirmation", "subscription.test"]
        assert all(one["state"] == "delivered" and one["mail"] for one in log)
