"""Nothing typed is lost, nothing sent happens twice."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from service.domain.errors import ConflictError, SentAlreadyError
from service.domain.officer import DraftKey
from service.domain.retention import Kept
from service.usecases.forget_old import forget_brief
from service.usecases.keep_drafts import submit_once
from service.usecases.manage_keys import secret_hash
from service.usecases.manage_officers import officer_named
from tests.console.support import Office, hidden, sign_in

WORDS = "Zarigar gates, eight years in Dammam"


def _csrf(client: TestClient) -> dict[str, str]:
    return {"_csrf": hidden(client.get("/console/").text, "/console/sign-out")["_csrf"]}


def test_a_draft_is_kept_sealed_and_forgotten(office: Office, officer: TestClient) -> None:
    """Typed words say when they were saved, lie encrypted, and an emptied form leaves nothing."""
    sent = _csrf(officer) | {"text": WORDS, "_page": "/console/", "password": "no"}
    answer = officer.post("/console/drafts/try", data=sent)
    assert "Saved at" in answer.text
    assert "<html" not in answer.text
    me = officer_named(office.tools, "shirin")
    draft = office.tools.store.draft(me.id, "try")
    assert draft is not None
    assert draft.fields == {"text": (WORDS,)}
    with office.tools.store._database.read() as connection:  # type: ignore[attr-defined]
        rows = connection.exec_driver_sql("SELECT * FROM officer_drafts").all()
    assert "Zarigar" not in repr(rows)
    officer.post("/console/drafts/try", data=sent | {"text": "  "})
    assert office.tools.store.draft(me.id, "try") is None


def test_another_language_keeps_what_was_typed(office: Office) -> None:
    """The menu sends the form along; the account remembers the language."""
    office.hire("polyglot")
    with office.visitor() as client:
        sign_in(client, "polyglot")
        sent = _csrf(client) | {"_form": "speak", "_page": "/console/about", "text": WORDS}
        answer = client.post("/console/language", data=sent | {"_language": "ur"})
        assert str(answer.url).endswith("/console/about")
        assert 'lang="ur" dir="rtl"' in answer.text
    me = officer_named(office.tools, "polyglot")
    assert me.locale == "ur"
    assert office.tools.store.draft(me.id, "speak") is not None


def test_a_draft_about_somebody_who_is_not_there_is_not_kept(office: Office) -> None:
    """Erased while an officer still typed: nothing of them stays."""
    me = officer_named(office.tools, "shirin")
    key = DraftKey(officer_id=me.id, form="about", about=f"ret_{'0' * 32}")
    office.tools.store.save_draft(key, {"text": (WORDS,)}, office.tools.clock.now())
    assert office.tools.store.draft(me.id, "about") is None


def test_a_form_happens_once(office: Office) -> None:
    """Sent twice it leads to the same result; what failed may be sent again; a crash says so."""
    tools, me, done = office.tools, officer_named(office.tools, "shirin"), []

    def act() -> str:
        done.append(1)
        return f"/console/made/{len(done)}"

    assert {submit_once(tools, me, "one", act) for _ in range(3)} == {"/console/made/1"}

    def fail() -> str:
        raise ConflictError

    with pytest.raises(ConflictError):
        submit_once(tools, me, "two", fail)
    assert submit_once(tools, me, "two", act) == "/console/made/2"
    tools.store.claim_submission(secret_hash("three"), me.id, tools.clock.now())
    with pytest.raises(SentAlreadyError):
        submit_once(tools, me, "three", act)


def test_old_drafts_are_swept(office: Office) -> None:
    """After as many days as the setting says."""
    tools, me = office.tools, officer_named(office.tools, "shirin")
    now = tools.clock.now()
    for form, days in (("old", 8), ("new", 6)):
        key = DraftKey(officer_id=me.id, form=form)
        tools.store.save_draft(key, {"text": (WORDS,)}, now - timedelta(days=days))
    assert forget_brief(tools).counts[Kept.DRAFTS] >= 1
    assert {"old", "new"} & {form for form, _ in tools.store.drafts(me.id)} == {"new"}
