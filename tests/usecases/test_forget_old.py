"""What is kept long enough is forgotten, by a clock that is put forward."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from typer.testing import CliRunner

from service.adapters.store.keystore import KeyStore
from service.adapters.store.sql import SqlStore
from service.api.checks import Contract
from service.cli.commands import app
from service.domain.access import Caller, Scope
from service.domain.audit import AccessQuery, Action
from service.domain.errors import StorageError
from service.domain.imported import ImportKind
from service.domain.officer import DraftKey, Role, Session
from service.domain.person import Consent, Profile, StoredPerson
from service.domain.records import Put
from service.domain.retention import BRIEF, Forgotten, Kept, Retention
from service.ports import Tools
from service.settings import Settings
from service.usecases.forget_old import (
    erased_on,
    forget_brief,
    forget_old,
    has_ended,
    what_is_old,
)
from service.usecases.hold_file import hold
from service.usecases.import_records import run_imports
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.manage_officers import add_officer, new_password
from service.usecases.register_person import register_person
from service.usecases.submit_import import Upload, submit_import
from service.usecases.verify_log import verify_log
from service.web.middleware import Metrics
from service.worker import forget
from tests.contracts.test_audit_store import NoBar

TODAY = datetime.now(UTC).date()
WORK = "Zarigarwork"
Kept3 = tuple[Tools, str, dict[str, StoredPerson]]
"""Tools, the id of an import, people by their external ids."""


@dataclass(frozen=True)
class PutForward:
    """Implements `service.ports.Clock`: the present, and so many days later."""

    days: int
    hours: int = 0

    def now(self) -> datetime:
        """See the port."""
        return datetime.now(UTC) + timedelta(days=self.days, hours=self.hours)

    def today(self) -> date:
        """See the port."""
        return self.now().date()


def _in(tools: Tools, days: int, retention: Retention | None = None) -> Tools:
    return replace(tools, clock=PutForward(days), retention=retention or Retention(consents=30))


def _register(tools: Tools, name: str, until: date | None) -> StoredPerson:
    profile = Profile(
        text=f"I do {WORK}", home_country="BD", consent=Consent(matching=True, until=until)
    )
    put = Put(organisation_id=FIRST_ORGANISATION, content=profile, source="crm", external_id=name)
    return register_person(tools, put, None).record


def _import(tools: Tools) -> str:
    caller = Caller("key_1", FIRST_ORGANISATION, frozenset({Scope.ADMIN}))
    rows = f'{{"text": "I do {WORK}", "home_country": "Nowhereland"}}\n'.encode()
    stored = submit_import(tools, Upload(content=rows, kind=ImportKind.RETURNEES), caller)
    run_imports(tools, Contract())
    return stored.batch.id


@pytest.fixture
def kept(tools: Tools) -> Kept3:
    """Tools over an import with a refused row, and three people with consents of their own."""
    people = {
        "endless": _register(tools, "endless", None),
        "long": _register(tools, "long", TODAY + timedelta(days=1000)),
        "short": _register(tools, "short", TODAY + timedelta(days=10)),
    }
    return tools, _import(tools), people


def test_each_goes_in_its_time_and_no_sooner(kept: Kept3, settings: Settings) -> None:
    """Told first, then done; nothing is done twice, and the files hold no copy."""
    tools, batch, people = kept
    assert forget_old(_in(tools, 0)).counts == dict.fromkeys(Kept, 0)
    later = _in(tools, 92)
    sealed = _sealed(tools)
    assert all(one[8:40] in _files(settings) for one in sealed)
    expected = {Kept.REFUSED_ROWS: 1, Kept.CONSENTS: 1}
    assert {k: v for k, v in what_is_old(later).counts.items() if v} == expected
    assert len(tools.store.people([one.id for one in people.values()])) == 3
    found = forget_old(later)
    assert {k: v for k, v in found.counts.items() if v} == expected
    assert not any(forget_old(later).counts.values())
    assert {one.external_id for one in _people(tools)} == {"endless", "long"}
    (row,) = tools.store.page_of_rows(batch, after=0, limit=9, effect=None).items
    assert (row.problems, row.cells) == ((), {})
    still = _sealed(tools)
    assert len(still) == len(sealed) - 2
    assert not any(one[8:40] in _files(settings) for one in sealed if one not in still)
    assert tools.people.state.people == 2
    (line,) = tools.store.last_accesses(AccessQuery(subject=people["short"].id), 9)
    assert (line.access.action, line.access.key_id) == (Action.RETURNEE_ERASE, "retention")
    assert verify_log(tools.store, NoBar()).broken is None
    found = forget_old(_in(tools, 400))
    assert {k: v for k, v in found.counts.items() if v} == {Kept.IMPORTS: 1, Kept.CHANGES: 1}
    assert tools.store.page_of_batches(FIRST_ORGANISATION, after=0, limit=9).items == ()


def _sealed(tools: Tools) -> list[bytes]:
    """Return what was sealed of people and of refused rows, as it is stored."""
    with tools.store._database.read() as connection:  # type: ignore[attr-defined]
        people = connection.exec_driver_sql("SELECT sealed FROM people").scalars().all()
        rows = connection.exec_driver_sql("SELECT sealed FROM import_rows").scalars().all()
    return [one for one in (*people, *rows) if one is not None]


def _files(settings: Settings) -> bytes:
    return b"".join(one.read_bytes() for one in settings.data_dir.rglob("*.sqlite3*"))


def _people(tools: Tools) -> tuple[StoredPerson, ...]:
    return tools.store.page_of_people(FIRST_ORGANISATION, after=0, limit=9, where={}).items


def test_nothing_goes_where_all_is_kept(
    kept: Kept3,
) -> None:
    """0 stands for good; whose consent has ended is counted all the same, and stays."""
    tools, _, people = kept
    none = Retention(refused_rows=0, imports=0, deliveries=0, told=0, changes=0, keys=0, consents=0)
    later = _in(tools, 3000, none)
    # These alone have no setting that keeps them.
    brief = dict.fromkeys((*BRIEF, Kept.BROWSERS), 0)
    assert forget_old(later) == what_is_old(later) == Forgotten(brief, 2)
    assert len(_people(tools)) == 3
    assert erased_on(later, people["short"]) is None


def test_the_last_day_counts(kept: Kept3) -> None:
    """A consent holds on its last day; then there are so many days to renew it."""
    tools, _, people = kept
    short, ends = people["short"], TODAY + timedelta(days=10)
    assert not has_ended(_in(tools, 9), short)
    assert has_ended(_in(tools, 12), short)
    assert erased_on(_in(tools, 9), short) is None
    assert erased_on(_in(tools, 12), short) == ends + timedelta(days=31)
    assert what_is_old(_in(tools, 39)).counts[Kept.CONSENTS] == 0
    assert what_is_old(_in(tools, 42)).counts[Kept.CONSENTS] == 1
    _register(tools, "short", TODAY + timedelta(days=1000))
    assert what_is_old(_in(tools, 42)).counts[Kept.CONSENTS] == 0


def test_an_erasure_that_leaves_bytes_is_noted_and_told(
    kept: Kept3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is gone, so the log says so, and that it was not all; the run fails."""
    tools, _, people = kept
    monkeypatch.setattr(KeyStore, "_stays", lambda *_: True)
    with pytest.raises(StorageError, match="another process"):
        forget_old(_in(tools, 92, Retention(refused_rows=0, consents=30)))
    assert {one.external_id for one in _people(tools)} == {"endless", "long"}
    assert tools.people.state.people == 2
    (line,) = tools.store.last_accesses(AccessQuery(subject=people["short"].id), 9)
    assert (line.access.action, line.access.refused) == (
        Action.RETURNEE_ERASE,
        "erasure_incomplete",
    )


def test_what_officers_leave_behind_goes_within_days(tools: Tools) -> None:
    """Files that nobody came back for, drafts, sessions, sent forms; known browsers in a year."""
    store, now = tools.store, tools.clock.now()
    me = add_officer(
        tools,
        username="shirin",
        name="Shirin",
        password=new_password(),
        role=Role.OFFICER,
        organisation_id=FIRST_ORGANISATION,
    )
    store.save_draft(DraftKey(officer_id=me.id, form="match"), {"text": (WORK,)}, now)
    store.open_session(b"session", Session(officer=me, seen_at=now, ends_at=now))
    store.know_browser(b"browser", me.id, now)
    store.claim_submission(b"sent", me.id, now)
    caller = Caller("key_1", FIRST_ORGANISATION, frozenset({Scope.ADMIN}))
    rows = f'{{"text": "I do {WORK}"}}\n'.encode()
    hold(tools, Upload(content=rows, kind=ImportKind.RETURNEES), caller)
    goes = {1: Kept.HELD_FILES, 2: Kept.SENT_FORMS, 7: Kept.SESSIONS, 365: Kept.BROWSERS}
    assert not any(what_is_old(_in(tools, 0)).counts.values())
    assert set(what_is_old(_in(tools, 366)).counts.values()) == {0, 1}
    for days, what in goes.items():
        expected = {what: 1} | ({Kept.DRAFTS: 1} if days == 7 else {})
        later = replace(_in(tools, days), clock=PutForward(days, hours=1))
        assert {k: n for k, n in what_is_old(later).counts.items() if n} == expected
        done = forget_brief(later) if what in BRIEF else forget_old(later)
        assert {k: n for k, n in done.counts.items() if n} == expected
    assert not store.knows_browser(b"browser", me.id)
    assert isinstance(store, SqlStore)
    assert store._subjects.keys.subjects() == set()


def test_it_is_done_at_start_and_counted(
    kept: Kept3,
) -> None:
    """In a thread that ends when it is told to; figures say what went."""
    tools, _, _ = kept
    metrics, stopping = Metrics(), Event()

    def note(found: Forgotten) -> None:
        metrics.note_forgotten(found)
        stopping.set()

    forget(_in(tools, 92), stopping, note)
    value = metrics.registry.get_sample_value
    assert value("homeward_forgotten_total", {"what": "refused_rows"}) == 1
    assert value("homeward_forgotten_total", {"what": "consents"}) == 1
    assert value("homeward_consents_ended") == 0
    assert metrics.public.get_sample_value("homeward_consents_ended") is None


def test_the_command_says_what_would_go(
    kept: Kept3,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Beside the running service, and changes nothing."""
    monkeypatch.setenv("HOMEWARD_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("HOMEWARD_KEY_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("HOMEWARD_RETENTION_CONSENTS", "30")
    done = CliRunner().invoke(app, ["forget", "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "drafts  0" in done.output
    assert "refused_rows  0" in done.output
    assert "consents  0" in done.output
    assert len(_people(kept[0])) == 3
