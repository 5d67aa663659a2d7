"""Erasure, proved: what is searched for in every byte that is kept, before and after.

Sealing hides words from such a search, so it also runs with sealing that leaves them in clear:
what it then finds is what is really kept.
"""

import json
import logging
import shutil
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import structlog
from fastapi.testclient import TestClient

from service.adapters.store import subjects, vault
from service.adapters.store.sql import SqlStore
from service.cli.terminal import log_to_stderr
from service.domain.errors import NotFoundError, StorageError
from service.ports import Tools
from service.settings import Settings
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.wiring import open_tools
from tests.conftest import ADMIN, client_over

HER = ("Rokeyamark Khatun", "+8801711223344", "I did zarigarwork on veils in Jeddah for years")
HIM = ("Selimmark Uddin", "+8801811998877", "I cast ornamentsmith bronze in Muscat for years")
STAYS = ("Bashirmark Mia", "+8801911556677", "I lay mosaicmark tiles in Doha for years")
NOTE = "she said notemark to me"
HER_MARKS = ("Rokeyamark", "1711223344", "zarigarwork", "notemark", "case-her")
HIS_MARKS = ("Selimmark", "1811998877", "ornamentsmith", "case-him")
FILE = f"""id,name,phone,about,birth_year
case-him,{HIM[0]},{HIM[1]},{HIM[2]},1980
case-her,{HER[0]},{HER[1]},{HER[2]},never
,{HIM[0]},{HIM[1].replace("+880", "0")},other words,never
case-no,{STAYS[0]},{STAYS[1]},{STAYS[2]},never
"""
MAPPING = {"id": "external_id", "about": "text"}


@dataclass(frozen=True)
class House:
    """A folder that holds data, keys and log, as a deployment does."""

    folder: Path
    settings: Settings

    @contextmanager
    def open(self) -> Iterator[tuple[TestClient, Tools]]:
        """Serve it; restart by opening again."""
        with open_tools(self.settings) as tools:
            ensure_first_key(tools, ADMIN)
            for client in client_over(tools, self.settings):
                yield client, tools

    def files(self) -> dict[str, bytes]:
        """Return every file there is, by name."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}

    def holding(self, wanted: dict[str, bytes]) -> set[tuple[str, str]]:
        """Return (what, file) of all that is found."""
        return {
            (what, name)
            for name, content in self.files().items()
            for what, value in wanted.items()
            if value in content
        }


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[House]:
    """An empty house, whose log is a file in it."""
    with (tmp_path / "service.log").open("w") as log:
        log_to_stderr("DEBUG")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
        yield House(tmp_path, settings)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@pytest.fixture
def in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal without hiding anything: only here, to see what is kept."""

    def encrypted(_: object, plain: bytes, __: str) -> bytes:
        return bytes(12) + plain

    def decrypted(_: object, sealed: bytes, __: str) -> bytes:
        return sealed[12:]

    for module in (vault, subjects):
        monkeypatch.setattr(module, "encrypted", encrypted)
        monkeypatch.setattr(module, "decrypted", decrypted)


def _spelled(marks: tuple[str, ...]) -> dict[str, bytes]:
    """Return each mark as it may stand in a file: in several encodings, and within base64."""
    found: dict[str, bytes] = {}
    for mark in marks:
        raw = mark.encode()
        found |= {
            mark: raw,
            f"{mark} utf-16": mark.encode("utf-16-le"),
            f"{mark} hex": raw.hex().encode(),
        }
        for shift in range(3):
            # What stands before and after decides over the first and last characters.
            coded = b64encode(b"-" * shift + raw)
            found[f"{mark} base64 {shift}"] = coded[4 if shift else 0 : (shift + len(raw)) // 3 * 4]
    return found


def _vectors_of(tools: Tools, person_id: str) -> dict[str, bytes]:
    """Return stretches of a person's vectors in every width that vectors are kept in."""
    rows = tools.store.readings([person_id], tools.reading)[person_id].vectors
    found: dict[str, bytes] = {}
    for number, row in enumerate(np.asarray(rows)):
        forms = {
            "float32": row.astype("<f4"),
            "float16": row.astype("<f2"),
            "int8": np.round(row * 127).astype("i1"),
        }
        found |= {f"vector {number} {name}": form.tobytes()[32:96] for name, form in forms.items()}
    return found


def _keys_of(tools: Tools, person_id: str) -> dict[str, bytes]:
    """Return a person's key as it is kept and as it is."""
    assert isinstance(tools.store, SqlStore)
    keys = tools.store._subjects
    wrapped = keys.keys.wrapped([person_id])[person_id]
    return {"wrapped key": wrapped[20:], "key": keys.unwrap(person_id, wrapped)}


def _body(who: tuple[str, str, str]) -> dict[str, object]:
    name, phone, text = who
    consent = {"matching": True}
    return {"text": text, "name": name, "phone": phone, "home_country": "BD", "consent": consent}


def _fill(client: TestClient) -> tuple[str, str]:
    """Let her and him leave traces wherever the service keeps any; return their ids."""
    listing = client.put(
        "/v1/listings/board/one",
        json={"kind": "job", "title": "Zari embroiderer of veils", "country": "BD"},
    ).json()
    client.post(
        "/v1/subscriptions",
        json={"kind": "candidates", "url": "https://partner.example/told", "min_tier": "good"},
    ).raise_for_status()
    path = "/v1/returnees/register/case-her"
    hers = client.put(path, json=_body(HER) | {"text": f"{HER[2]}, and zarigarwork in Taif"}).json()
    client.put(path, json=_body(HER)).raise_for_status()
    client.post(
        "/v1/returnees", json=_body(STAYS), headers={"Idempotency-Key": "once"}
    ).raise_for_status()
    client.post(
        "/v1/subscriptions",
        json={"kind": "returnee", "url": "https://partner.example/hers", "returnee_id": hers["id"]},
    ).raise_for_status()
    said = {"returnee": hers["id"], "listing": listing["id"], "outcome": "referred", "note": NOTE}
    client.post("/v1/outcomes", json=said).raise_for_status()
    client.get(f"/v1/returnees/{hers['id']}/matches").raise_for_status()
    client.get(f"/v1/returnees/{hers['id']}/pathways").raise_for_status()
    client.get(f"/v1/listings/{listing['id']}/candidates").raise_for_status()
    for dry in ("true", "false"):
        _import(client, dry)
    his = client.get("/v1/returnees/register/case-him").json()
    return hers["id"], his["id"]


def _import(client: TestClient, dry: str) -> None:
    answer = client.post(
        "/v1/imports",
        params={
            "kind": "returnees",
            "source": "register",
            "country": "BD",
            "dry_run": dry,
            "mapping": json.dumps(MAPPING),
        },
        content=FILE.encode(),
        headers={"Content-Type": "text/csv"},
    )
    answer.raise_for_status()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = client.get(answer.headers["Location"]).json()
        if found["state"] in {"done", "failed"}:
            break
    assert found["counts"]["refused"] == 3, found
    assert found["counts"]["created"] == 1, found


def _wanted(tools: Tools, *people: str) -> dict[str, bytes]:
    found = _spelled((*HER_MARKS, *HIS_MARKS))
    for number, person_id in enumerate(people):
        made = _vectors_of(tools, person_id) | _keys_of(tools, person_id)
        found |= {f"{what} of {number}": value for what, value in made.items()}
    return found


@pytest.mark.usefixtures("in_clear")
def test_nothing_of_an_erased_person_is_kept_anywhere(house: House) -> None:
    """No byte of words, name, phone, vectors or key is left, nor comes back with a backup."""
    with house.open() as (client, tools):
        her, him = _fill(client)
        tools.index.tidy()
    yesterday = shutil.copytree(house.settings.data_dir, house.folder.parent / "yesterday")
    with house.open() as (client, tools):
        wanted = _wanted(tools, her, him)
        found = {what for what, _ in house.holding(wanted)}
        # The search finds what is there: their marks, and vectors as readings keep them.
        assert {*HER_MARKS, *HIS_MARKS, "vector 0 float16 of 0", "key of 1"} <= found
        for person_id in (her, him):
            assert client.delete(f"/v1/returnees/{person_id}").status_code == 204
        assert house.holding(wanted) == set()
        assert client.get(f"/v1/returnees/{her}").status_code == 404
    assert house.holding(wanted) == set()
    assert house.holding(_spelled(("mosaicmark", "Bashirmark")))
    shutil.rmtree(house.settings.data_dir)
    shutil.move(yesterday, house.settings.data_dir)
    assert {"zarigarwork", "ornamentsmith"} <= {what for what, _ in house.holding(wanted)}
    with house.open() as (client, tools):
        for path in (her, him, "register/case-her", "register/case-him"):
            assert client.get(f"/v1/returnees/{path}").status_code == 404
        assert [one["name"] for one in client.get("/v1/returnees").json()["items"]] == [STAYS[0]]
        tools.people.follow()
        assert tools.people.state.people == 1
        # Ids alone outlive them, in the access log, to tell who has looked.
        log = client.get("/v1/access-log", params={"returnee_id": her}).json()
        assert log["items"]
        assert house.holding(wanted) == set()
    assert house.holding(wanted) == set()
    assert b"erased again" in house.files()["service.log"]


def test_a_backup_alone_opens_nothing_of_an_erased_person(house: House) -> None:
    """Of her sealed values in yesterday's copy none opens with all the keys that are held today."""
    with house.open() as (client, tools):
        her, _ = _fill(client)
        yesterday = shutil.copytree(house.settings.data_dir, house.folder.parent / "sealed")
        assert isinstance(tools.store, SqlStore)
        with tools.store._database.read() as connection:
            record = connection.exec_driver_sql(
                "SELECT sealed FROM people WHERE id = ?", (her,)
            ).scalar_one()
        wanted = _wanted(tools, her)
        del wanted["case-her"], wanted["case-him"]
        assert {what for what, _ in house.holding(wanted)} == {"wrapped key of 0"}
        assert client.delete(f"/v1/returnees/{her}").status_code == 204
        held = tools.store._subjects
        with pytest.raises(NotFoundError):
            held.open(her, record, f"people/{her}")
        for subject in held.keys.subjects():
            with pytest.raises(StorageError):
                held.open(subject, record, f"people/{her}")
        with pytest.raises(StorageError):
            held.master.open(record, f"people/{her}")
    kept = b"".join(path.read_bytes() for path in yesterday.rglob("*") if path.is_file())
    assert record[20:60] in kept
    assert not [what for what, value in wanted.items() if value in kept]
    assert FIRST_ORGANISATION.encode() in kept
