"""Nobody's words, name or phone number enters a log line, an error or a problem document."""

import io
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from fastapi.testclient import TestClient

from service.adapters.store import person_writes as module
from service.cli.terminal import log_to_stderr
from service.domain.errors import StorageError
from service.ports import Tools
from tests.contracts.examples import person_put, reading

MARK = "Rokeyamark"
WORDS = f"{MARK} zarigarwork for years"
DIGITS = "1711223344"
"""As a phone number it fits; everywhere else it is wrong or only words."""
FIELDS = (
    *("text", "home_country", "region", "lat", "lon", "education", "birth_year", "gender"),
    *("name", "phone", "experiences", "skills", "languages", "preferences", "remigration"),
    *("visa_expires", "return_category", "consent"),
)
VALUES: tuple[Any, ...] = (
    WORDS,
    f"+880{DIGITS}",
    int(DIGITS),
    [WORDS],
    {"text": WORDS, "title": WORDS, "code": WORDS, "level": WORDS},
    [{"text": WORDS, "title": WORDS, "code": WORDS, "level": WORDS, "status": WORDS}],
    {"vetoes": [{"text": WORDS, "isco08": WORDS}], "countries": [WORDS], "routes": [WORDS]},
    {"matching": WORDS, "share_with": [WORDS], "until": WORDS},
    f"{WORDS}\x00",
    WORDS * 400,
)
PERSON = {"text": "I lay bricks", "home_country": "BD"}


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[io.StringIO]:
    """Everything that any part logs, from DEBUG on, as the service writes it."""
    said = io.StringIO()
    log_to_stderr("DEBUG")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(said))
    handler = logging.StreamHandler(said)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for client in ("httpx", "httpx2"):
        # Who asks may note the address asked; it is no part of the service.
        logging.getLogger(client).setLevel(logging.WARNING)
    yield said
    root.removeHandler(handler)
    root.setLevel(level)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    said.write(capsys.readouterr().err)


def _silent(text: str) -> None:
    assert MARK.lower() not in text.lower()
    assert DIGITS not in text


def test_no_field_of_a_person_comes_back_in_an_error_or_a_log(
    api: TestClient, logs: io.StringIO
) -> None:
    """Right or wrong, in each field of each call that takes people."""
    refused = 0
    made = api.put("/v1/returnees/words/in-errors", json=PERSON).json()
    patched = f"/v1/returnees/{made['id']}"
    for field in FIELDS:
        for value in VALUES:
            body = {**PERSON, field: value}
            question = {name: body[name] for name in ("text", "home_country")}
            profile = {name: one for name, one in body.items() if name not in {"name", "phone"}}
            for method, path, sent in (
                ("PUT", "/v1/returnees/words/in-errors", body),
                ("PATCH", patched, {field: value}),
                ("POST", "/v1/match", {**question, "profile": {field: value}}),
                ("POST", "/v1/match:batch", {"items": [{**question, "profile": profile}]}),
            ):
                if path.endswith(":batch") and field != "text":
                    continue  # its items are held against what a single question is
                answer = api.request(method, path, json=sent)
                assert answer.status_code < 500, answer.text
                if answer.status_code >= 400:
                    refused += 1
                    _silent(answer.text)
    assert refused > 200
    for path in (f"/v1/returnees?source={MARK}x", f"/v1/outcomes?returnee={MARK}"):
        api.get(path)
    outcome = {"returnee": made["id"], "listing": "lst_none", "outcome": MARK, "note": WORDS}
    _silent(api.post("/v1/outcomes", json=outcome).text)
    _silent(api.post("/v1/outcomes", json={**outcome, "outcome": "referred", "at": WORDS}).text)
    subscription = {"kind": "listings", "url": WORDS, "text": WORDS, "home_country": WORDS}
    _silent(api.post("/v1/subscriptions", json=subscription).text)
    kind = {"Content-Type": "application/json"}
    _silent(api.post("/v1/returnees", content=f'{{"text": "{WORDS}', headers=kind).text)
    _silent(logs.getvalue())


@pytest.mark.parametrize("kind", ["text/csv", "application/x-ndjson", "application/octet-stream"])
def test_no_row_of_a_file_comes_into_a_log(api: TestClient, logs: io.StringIO, kind: str) -> None:
    """Rows taken, rows refused, and files that cannot be read."""
    rows = [{"text": WORDS, "name": MARK, "phone": f"0{DIGITS}", "birth_year": WORDS}]
    table = f"text,name,phone,birth_year\n{WORDS},{MARK},0{DIGITS},{WORDS}\n{WORDS},{MARK},,1980\n"
    sent = {
        "text/csv": table,
        "application/x-ndjson": "\n".join(json.dumps(one) for one in (*rows, PERSON)),
        "application/octet-stream": f"PK\x03\x04{WORDS}",
    }[kind]
    query = {"kind": "returnees", "source": "words", "country": "BD"}
    answer = api.post(
        "/v1/imports", params=query, content=sent.encode(), headers={"Content-Type": kind}
    )
    if answer.status_code == 202:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if api.get(answer.headers["Location"]).json()["state"] in {"done", "failed"}:
                break
    else:
        _silent(answer.text)
    _silent(logs.getvalue())


def test_an_error_of_the_database_does_not_quote_what_was_written(tools: Tools) -> None:
    """Its text goes to the log with its traceback, and the values do not."""
    put = person_put(WORDS, organisation_id="nobody", source="words", external_id=MARK)
    with pytest.raises(sa.exc.IntegrityError) as raised:
        tools.store.put_person(put, None, reading(WORDS))
    _silent(str(raised.value))


def test_a_record_that_does_not_fit_is_not_quoted() -> None:
    """A record that cannot be read any more says so, and not what stands in it."""
    packed = (2).to_bytes(4, "little") + b"{}" + json.dumps({"lat": WORDS}).encode()
    with pytest.raises(StorageError) as raised:
        module.unpack(packed)
    _silent(repr(raised.value))
    assert raised.value.__suppress_context__
