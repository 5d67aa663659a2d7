"""Coming in, staying, locking, leaving; what guards forms."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from service.domain.audit import AccessQuery, Action
from service.domain.officer import Role
from service.usecases.manage_keys import secret_hash
from service.usecases.manage_officers import (
    change_role,
    disable_officer,
    officer_named,
    set_password,
)
from service.usecases.sign_in import choose_locale
from tests.console.support import PASSWORD, Office, heading, hidden, sign_in

COOKIE = "homeward-session"


def test_nobody_sees_a_page_without_signing_in(office: Office) -> None:
    """Every page leads to the sign-in, and from there back."""
    with office.visitor() as client:
        answer = client.get("/console/account?x=1")
        assert heading(answer.text) == "Sign in"
        fields = hidden(answer.text, "/console/sign-in")
        assert fields["next"] == "/console/account?x=1"
        sent = fields | {"username": " Shirin ", "password": PASSWORD}
        answer = client.post("/console/sign-in", data=sent)
        assert str(answer.url).endswith("/console/account?x=1")


def test_a_wrong_password_keeps_the_username_and_leaves_a_line(office: Office) -> None:
    """The summary leads to the field; the log names the account that was tried."""
    with office.visitor() as client:
        fields = hidden(client.get("/console/sign-in").text, "/console/sign-in")
        sent = fields | {"username": "shirin", "password": "a bad guess"}
        answer = client.post("/console/sign-in", data=sent)
        assert answer.status_code == 403
        assert 'value="shirin"' in answer.text
        assert 'href="#f-password"' in answer.text
        assert "a bad guess" not in answer.text
    office.app.state.accesses.flush()
    query = AccessQuery(action=Action.OFFICER_SIGN_IN)
    (line,) = office.tools.store.last_accesses(query, 1)
    assert line.access.key_id.startswith("off_")
    assert line.access.refused == "sign_in_refused"


def test_a_language_chosen_at_the_door_keeps_what_was_typed(office: Office) -> None:
    """Without a script as well."""
    with office.visitor() as client:
        fields = hidden(client.get("/console/sign-in").text, "/console/sign-in")
        sent = fields | {"username": "shirin", "_language": "bn"}
        answer = client.post("/console/sign-in", data=sent)
        assert heading(answer.text) == "প্রবেশ করুন"
        assert 'value="shirin"' in answer.text
        assert 'lang="bn"' in client.get("/console/sign-in").text


def test_strangers_who_guess_do_not_keep_an_officer_out(office: Office) -> None:
    """After five failures elsewhere nobody may try there; a known browser still lets in."""
    office.hire("tareq")
    with office.visitor() as known, office.visitor() as stranger:
        sign_in(known, "tareq")
        fields = hidden(known.get("/console/").text, "/console/sign-out")
        known.post("/console/sign-out", data=fields)
        for _ in range(5):
            assert "not right" in sign_in(stranger, "tareq", "a guess")
        assert "Too many attempts" in sign_in(stranger, "tareq")
        assert heading(sign_in(known, "tareq")) == "Good day, Shirin Akter"


def test_unknown_usernames_wait_as_known_ones_do(office: Office) -> None:
    """Nobody learns who has an account."""
    with office.visitor() as client:
        for _ in range(5):
            assert "not right" in sign_in(client, "nobody-here", "a guess")
        assert "Too many attempts" in sign_in(client, "nobody-here", "a guess")


def test_a_session_that_rested_locks_and_gives_the_work_back(
    office: Office, officer: TestClient
) -> None:
    """What is sent too late is kept as a draft; the password opens a new session on that page."""
    fields = hidden(officer.get("/console/account").text, "/console/account/password")
    token = officer.cookies[COOKIE]
    store = office.tools.store
    long_ago = office.tools.clock.now() - timedelta(hours=1)
    store.touch_session(secret_hash(token), long_ago, locked=False)
    sent = fields | {"_form": "late", "note": "Eight years in Dammam", "password": "hidden one"}
    answer = officer.post("/console/account/password", data=sent)
    assert heading(answer.text) == "Locked"
    assert "Dammam" not in answer.text
    session = store.session(secret_hash(token))
    assert session is not None
    draft = store.draft(session.officer.id, "late")
    assert draft is not None
    assert draft.fields == {"note": ("Eight years in Dammam",)}
    unlocking = hidden(answer.text, "/console/locked")
    wrong = officer.post("/console/locked", data=unlocking | {"password": "no"})
    assert (wrong.status_code, heading(wrong.text)) == (403, "Locked")
    answer = officer.post("/console/locked", data=unlocking | {"password": PASSWORD})
    assert str(answer.url).endswith("/console/account")
    assert officer.cookies[COOKIE] != token
    assert store.session(secret_hash(token)) is None


def test_an_ended_session_keeps_what_was_sent(office: Office, officer: TestClient) -> None:
    """It shows nothing any more, and loses nothing."""
    fields = hidden(officer.get("/console/account").text, "/console/account/password")
    hashed = secret_hash(officer.cookies[COOKIE])
    store = office.tools.store
    session = store.session(hashed)
    assert session is not None
    store.close_sessions(session.officer.id, only=hashed)
    store.open_session(hashed, replace(session, ends_at=session.seen_at))
    sent = fields | {"_form": "ended", "note": "kept"}
    answer = officer.post("/console/account/password", data=sent)
    assert heading(answer.text) == "Sign in"
    assert store.draft(session.officer.id, "ended") is not None


def test_signing_out_everywhere_ends_every_session(office: Office) -> None:
    """On the other machine too."""
    office.hire("rahima")
    with office.visitor() as here, office.visitor() as there:
        sign_in(here, "rahima")
        sign_in(there, "rahima")
        fields = hidden(here.get("/console/account").text, "/console/sign-out")
        here.post("/console/sign-out", data=fields | {"everywhere": "yes"})
        assert heading(there.get("/console/").text) == "Sign in"


def test_a_disabled_account_is_out_at_once(office: Office) -> None:
    """Its sessions end, and its password opens nothing."""
    office.hire("leaving")
    with office.visitor() as client:
        sign_in(client, "leaving")
        disable_officer(office.tools, "leaving")
        assert heading(client.get("/console/").text) == "Sign in"
        assert "not right" in sign_in(client, "leaving")


def test_an_old_copy_of_an_account_gives_nothing_back(office: Office) -> None:
    """What was taken away meanwhile stays so, whichever field somebody writes."""
    tools = office.tools
    old = officer_named(tools, office.hire("stale", Role.ADMIN))
    change_role(tools, old, Role.OFFICER)
    disable_officer(tools, "stale")
    choose_locale(tools, old, "ur")
    set_password(tools, old, "five brown goats", keep_session=b"mine")
    now = officer_named(tools, "stale")
    assert (now.role, now.disabled, now.locale) == (Role.OFFICER, True, "ur")
    set_password(tools, old, "five brown goats")
    assert not officer_named(tools, "stale").disabled


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_does_nothing(officer: TestClient, headers: dict[str, str]) -> None:
    """Even with the right token."""
    fields = hidden(officer.get("/console/").text, "/console/sign-out")
    answer = officer.post("/console/sign-out", data=fields, headers=headers)
    assert answer.status_code == 403
    assert officer.get("/console/account").status_code == 200


def test_a_form_without_its_token_does_nothing(office: Office, officer: TestClient) -> None:
    """Neither none nor another session's."""
    with office.visitor() as other:
        sign_in(other, "boss")
        theirs = hidden(other.get("/console/").text, "/console/sign-out")
    for fields in ({}, theirs):
        assert officer.post("/console/sign-out", data=fields).status_code == 403
    assert heading(officer.get("/console/account").text) == "My account"


def test_changing_the_password_takes_the_old_one(office: Office) -> None:
    """A bad new one is refused beside its field; a good one holds, and other sessions end."""
    office.hire("mizan", Role.MANAGER)
    with office.visitor() as client, office.visitor() as other:
        sign_in(client, "mizan")
        sign_in(other, "mizan")
        for now, new, said in (
            ("wrong", "four yellow kites", "The password is not right."),
            (PASSWORD, "short", "Use at least 10 characters"),
            (PASSWORD, "mizan mizan mizan", "Use at least 10 characters"),
        ):
            fields = hidden(client.get("/console/account").text, "/console/account/password")
            sent = fields | {"password": now, "new_password": new}
            answer = client.post("/console/account/password", data=sent)
            assert answer.status_code == 422
            assert said in answer.text
        sent |= {"new_password": "four yellow kites"}
        answer = client.post("/console/account/password", data=sent)
        assert "The password is changed" in answer.text
        assert heading(other.get("/console/").text) == "Sign in"
        assert heading(sign_in(other, "mizan", "four yellow kites")).startswith("Good day")


def test_cookies_over_https_are_bound_to_the_host(office: Office) -> None:
    """__Host-, Secure, HttpOnly, SameSite."""
    client = TestClient(office.app, base_url="https://testserver")
    fields = hidden(client.get("/console/sign-in").text, "/console/sign-in")
    sent = fields | {"username": "shirin", "password": PASSWORD}
    answer = client.post("/console/sign-in", data=sent, follow_redirects=False)
    (cookie,) = [x for x in answer.headers.get_list("set-cookie") if "-session=" in x]
    assert cookie.startswith("__Host-homeward-session=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    client.close()


def test_pages_say_what_a_browser_may_do(officer: TestClient) -> None:
    """No script or style but our own, nothing kept, nothing framed, nothing told elsewhere."""
    headers = officer.get("/console/").headers
    assert (
        "default-src 'none'; script-src 'self'; style-src 'self'"
        in headers["content-security-policy"]
    )
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    missing = officer.get("/console/nowhere")
    assert (missing.status_code, heading(missing.text)) == (404, "There is no such page")
    assert missing.headers["x-request-id"] in missing.text
