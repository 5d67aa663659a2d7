"""How messages travel: again after a failure, never elsewhere, never in another's way."""

import socket
import threading
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from service.adapters.webhooks.sender import HttpWebhooks
from service.domain.alert import (
    Answered,
    DeliveryState,
    Message,
    StoredSubscription,
    Subscription,
    Watch,
)
from service.usecases.deliver_alerts import BACKOFF, claim_due, deliver
from service.usecases.manage_subscriptions import exchange_secret
from service.worker import send
from tests.webhooks.conftest import Office
from tests.webhooks.receivers import receiving, until

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - made up


def _watching(office: Office, url: str) -> tuple[StoredSubscription, str]:
    return office.watch(Subscription(watch=Watch.CANDIDATES, url=url))


def _try(office: Office, stored: StoredSubscription) -> str:
    return office.tools.store.add_test(stored, office.clock.now()).id


def test_a_failure_is_tried_again_under_the_same_id(office: Office) -> None:
    """Not before its time; what was answered last stands in the log."""
    with receiving(answers=[500, 503, 200]) as receiver:
        stored, secret = _watching(office, receiver.url)
        _try(office, stored)
        office.send()
        office.send()
        (one,) = office.log(stored)
        assert (one.state, one.status, one.error) == (DeliveryState.PENDING, 500, "status")
        assert one.next_attempt_at is not None
        assert BACKOFF[0] <= one.next_attempt_at - office.clock.now() + timedelta(seconds=1)
        office.clock.by = BACKOFF[0] * 1.5
        office.send()
        office.clock.by += BACKOFF[1] * 1.5
        office.send()
        office.send()
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len(receiver.got) == 3
    assert receiver.got[0].verified(secret)["type"] == "subscription.test"
    (one,) = office.log(stored)
    assert (one.state, one.attempts, one.status) == (DeliveryState.DELIVERED, 3, 200)


def test_after_three_days_it_has_failed_and_can_be_replayed(office: Office) -> None:
    """Ten attempts; then it waits for somebody to ask."""
    with receiving(answers=[500] * len(BACKOFF) + [500, 204]) as receiver:
        stored, _ = _watching(office, receiver.url)
        name = _try(office, stored)
        for wait in (*BACKOFF, timedelta()):
            office.send()
            office.clock.by += wait * 1.3
        (one,) = office.log(stored)
        assert (one.state, one.attempts) == (DeliveryState.FAILED, len(BACKOFF) + 1)
        assert one.next_attempt_at is None
        office.tools.store.replay_delivery(stored.id, name, office.clock.now())
        office.send()
        (one,) = office.log(stored)
    assert (one.state, one.id) == (DeliveryState.DELIVERED, name)
    assert {got.headers["webhook-id"] for got in receiver.got} == {name}


def test_gone_ends_the_subscription(office: Office) -> None:
    """410 is a receiver's last word."""
    with receiving(answers=[410]) as receiver:
        stored, _ = _watching(office, receiver.url)
        _try(office, stored)
        office.send()
    (one,) = office.log(stored)
    assert (one.state, one.error) == (DeliveryState.FAILED, "gone")
    after = office.tools.store.subscription(stored.organisation_id, stored.id)
    assert not after.content.active
    assert after.version == stored.version + 1


def test_a_redirect_is_not_followed(office: Office) -> None:
    """Wherever it leads."""
    with receiving() as elsewhere, receiving(answers=[307]) as receiver:
        receiver.headers = {"Location": elsewhere.url}
        stored, _ = _watching(office, receiver.url)
        _try(office, stored)
        office.send()
        (one,) = office.log(stored)
        assert (one.status, one.error) == (307, "redirect_not_followed")
        assert elsewhere.got == []


@pytest.mark.parametrize("raw", [b"\x00\xff garbage\r\n\r\n", b"", b"HTTP/1.1 200"])
def test_garbage_is_a_failure_and_no_more(office: Office, raw: bytes) -> None:
    """An answer that is no HTTP, or none at all."""
    with receiving(raw=raw) as receiver:
        stored, _ = _watching(office, receiver.url)
        _try(office, stored)
        office.send()
    (one,) = office.log(stored)
    assert (one.state, one.status, one.error) == (DeliveryState.PENDING, None, "not_http")


def test_both_secrets_sign_while_they_change(office: Office) -> None:
    """For a day; then the old one does not any more."""
    with receiving() as receiver:
        stored, old = _watching(office, receiver.url)
        new = exchange_secret(office.tools, stored)
        _try(office, stored)
        office.send()
        (got,) = receiver.got
        assert got.verified(old) == got.verified(new)
        assert got.headers["webhook-signature"].count("v1,") == 2
        with pytest.raises(WebhookVerificationError):
            got.verified(SECRET)
        office.clock.by = timedelta(hours=25)
        _try(office, stored)
        office.send()
        assert receiver.got[1].headers["webhook-signature"].count("v1,") == 1


def test_one_that_hangs_holds_up_nobody_else(office: Office) -> None:
    """Nor does one that fails: the others get theirs while it waits."""
    stopping, hang = threading.Event(), threading.Event()
    with receiving(hangs=hang) as hanging, receiving() as quick, receiving(answers=[500]) as bad:
        slow, _ = _watching(office, hanging.url)
        failing, _ = _watching(office, bad.url)
        other, _ = _watching(office, quick.url)
        for _ in range(12):
            _try(office, slow)
            _try(office, failing)
            _try(office, other)
        sender = threading.Thread(target=send, args=(office.tools, stopping))
        sender.start()
        try:
            until(lambda: len(quick.got) == 12)
            assert len(hanging.got) == 1
        finally:
            hang.set()
            stopping.set()
            sender.join()
    assert len({got.headers["webhook-id"] for got in quick.got}) == 12


def test_a_receiver_that_fails_is_left_alone_for_a_while(office: Office) -> None:
    """What else waits for it does not hammer it."""
    with receiving(answers=[500, 204]) as receiver:
        stored, _ = _watching(office, receiver.url)
        names = [_try(office, stored) for _ in range(2)]
        due = claim_due(office.tools, 8)
        assert [one.delivery.id for one in due] == names[:1]
        assert claim_due(office.tools, 8) == []
        assert deliver(office.tools, due[0]) is DeliveryState.PENDING
        # A test is somebody waiting: it is sent all the same.
        assert [one.delivery.id for one in claim_due(office.tools, 8)] == names[1:]


def test_a_claim_outlives_no_crash(office: Office) -> None:
    """What was claimed and never noted is given out again, under the same id."""
    with receiving() as receiver:
        stored, _ = _watching(office, receiver.url)
        name = _try(office, stored)
        assert len(claim_due(office.tools, 8)) == 1
        assert claim_due(office.tools, 8) == []
        office.clock.by = timedelta(minutes=3)
        assert [one.delivery.id for one in claim_due(office.tools, 8)] == [name]


def _message(office: Office, url: str) -> Message:
    return Message(url, "msg_1", office.clock.now(), "{}", (SECRET,))


PRIVATE = (
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25eth0]:{port}/",
    "http://[fc00::1]:{port}/",
    "http://[ff02::1]:{port}/",
    "http://[::]:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://\uff11\uff12\uff17.0.0.1:{port}/",
    "http://10.1.2.3:{port}/",
    "http://172.16.0.1:{port}/",
    "http://192.168.1.1:{port}/",
    "http://169.254.169.254:{port}/latest/meta-data/",
    "http://100.64.0.1:{port}/",
    "http://224.0.0.1:{port}/",
    "http://240.0.0.1:{port}/",
    "http://255.255.255.255:{port}/",
    "http://0.0.0.0:{port}/",
    "http://user@partner.example:{port}/",
    "ftp://partner.example:{port}/",
    "file:///etc/hosts",
    "//partner.example/",
    "partner.example",
    "http://",
    "http://[::1",
)


@pytest.mark.parametrize("url", PRIVATE)
def test_nothing_is_sent_where_only_this_network_reaches(office: Office, url: str) -> None:
    """However the URL writes it: refused when it is given, and again when it is sent."""
    careful = HttpWebhooks()
    with receiving() as receiver:
        whole = url.replace("{port}", str(receiver.port))
        assert careful.refusal(whole)
        assert careful.send(_message(office, whole)) == Answered(error="url_not_allowed")
        assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    ["https://partner.example/x", "http://93.184.216.34:8080/", "https://[2606:2800:220:1::1]/"],
)
def test_the_open_network_may_be_named(url: str) -> None:
    """By name or by address, on any port."""
    assert HttpWebhooks().refusal(url) is None


def test_a_name_that_leads_inside_is_not_followed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One private address among others is enough; a name is asked for once."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", (one, port)) for one in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    with receiving() as receiver:
        sent = _message(office, f"http://partner.example:{receiver.port}/")
        assert HttpWebhooks().send(sent) == Answered(error="url_not_allowed")
        assert receiver.got == []
    assert asked == ["partner.example"]


def test_the_connection_goes_to_the_address_that_was_checked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is asked for once, and stays in the Host header."""
    plain, asked = socket.getaddrinfo, list[str]()

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> Any:  # noqa: ANN401
        if host == "partner.example":
            asked.append(host)
            return [(2, 1, 6, "", ("127.0.0.1", port))]
        return plain(host, port, *rest, **more)

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    with receiving() as receiver:
        url = f"http://partner.example:{receiver.port}/"
        assert HttpWebhooks(private=True).send(_message(office, url)) == Answered(status=204)
        (got,) = receiver.got
    assert got.headers["host"] == f"partner.example:{receiver.port}"
    assert asked == ["partner.example"]
    Webhook(SECRET).verify(got.body, got.headers)


def test_a_drip_gains_no_time(office: Office) -> None:
    """Every wait ends at the same moment, however often a byte comes."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            while not over.wait(0.1):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    answered = HttpWebhooks(private=True, seconds=0.5).send(_message(office, url))
    over.set()
    thread.join()
    listening.close()
    assert answered.status is None
    assert answered.error in {"timeout", "not_http"}


def test_nobody_there_is_told_apart(office: Office) -> None:
    """A closed port, and TLS where there is none."""
    with receiving() as receiver:
        url = receiver.url
        tls = _message(office, url.replace("http:", "https:"))
        assert HttpWebhooks(private=True, seconds=5).send(tls) == Answered(error="tls")
    assert HttpWebhooks(private=True).send(_message(office, url)) == Answered(error="connect")
