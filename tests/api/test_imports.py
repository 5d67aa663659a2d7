"""Files of other makers over HTTP: read, dry-run, refused by row, repeated, resumed."""

import csv
import io
import json
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.domain.access import Scope
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION, new_key
from tests.api.support import JSON, errors, problem

JOBS = """\
Job Title,Company Name,Vacancy,Job Responsibilities,Job Location,Salary,Application Deadline
Mason,Padma Builders,5,"Lay bricks; plaster walls",Savar,"Tk 18,000 - 22,000 (Monthly)",31/12/2026
Welder,Karnaphuli Yard,2,Weld pipe and plate,Chattogram,Negotiable,15/01/2027
Cook,Hotel,one,Cook for 200,Sylhet,=1+1,20/12/2026
,Nameless,1,Sweep,Dhaka,9000,20/12/2026
"""
PEOPLE = """\
Sl No;Name of returnee;Father's name;Mobile;District;Skills;Reason of return;Consent
1;Rahima;Abdul;01711000000;Cumilla;cooking, ironing, child care;abused;yes
2;Kamal;Jabbar;+8801811000000;Sylhet;ইটের কাজ, প্লাস্টার;visa ended;no
"""


def _sent(
    api: TestClient,
    content: str | bytes,
    kind: str = "listings",
    headers: dict[str, str] | None = None,
    **query: str,
) -> JSON:
    """Send a file, wait until it has been read, and return the import."""
    params = {"kind": kind} | query
    answer = api.post("/v1/imports", params=params, content=content, headers=headers)
    assert answer.status_code == 202, answer.text
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        found: JSON = api.get(answer.headers["location"]).json()
        if found["state"] in {"done", "failed"}:
            return found
        time.sleep(0.02)
    raise AssertionError(found)


def _counts(found: JSON) -> tuple[int, ...]:
    counts = found["counts"]
    return tuple(counts[name] for name in ("created", "changed", "unchanged", "refused"))


def test_a_boards_table_becomes_listings(client: TestClient) -> None:
    """Columns are told from their names; what cannot be used is refused with the cell's column."""
    found = _sent(client, JOBS, country="BD", source="board")
    assert _counts(found) == (2, 0, 0, 2)
    assert (found["rows"], found["done"], found["format"]) == (4, 4, "csv")
    taken = {one["column"]: one["field"] for one in found["columns"]}
    assert taken["Job Title"] == "title"
    assert taken["Application Deadline"] == "valid_through"
    formula, nameless = found["errors"]
    assert (formula["row"], formula["problems"][0]["field"]) == (4, "Salary")
    assert "formula" in formula["problems"][0]["detail"]
    assert (nameless["row"], nameless["problems"][0]["field"]) == (5, "Job Title")
    mason, welder = client.get("/v1/listings?source=board").json()["items"]
    assert (mason["title"], mason["employer"], mason["positions"]) == ("Mason", "Padma Builders", 5)
    wage = tuple(mason[name] for name in ("wage_min", "wage_max", "wage_currency", "wage_period"))
    assert wage == (18_000, 22_000, "BDT", "month")
    assert (mason["valid_through"], welder["wage_max"]) == ("2026-12-31", None)
    match = client.post("/v1/match", json={"text": "I lay bricks", "home_country": "BD"}).json()
    assert match["routes"]["local"][0]["listing"]["id"] == mason["id"]


def test_a_dry_run_tells_and_stores_nothing(client: TestClient, tools: Tools) -> None:
    """Row by row what would happen: then it happens just so, and again it changes nothing."""
    trial = _sent(client, JOBS, country="BD", source="board", dry_run="true")
    assert (_counts(trial), tools.store.count_listings()) == ((2, 0, 0, 2), 0)
    rows = client.get(f"/v1/imports/{trial['id']}/rows").json()["items"]
    assert [one["effect"] for one in rows] == ["created", "created", "refused", "refused"]
    assert [one["record_id"] for one in rows] == [None] * 4
    assert _counts(_sent(client, JOBS, country="BD", source="board")) == (2, 0, 0, 2)
    assert _counts(_sent(client, JOBS, country="BD", source="board")) == (0, 0, 2, 2)
    again = _sent(client, JOBS, country="BD", source="board", dry_run="true")
    assert _counts(again) == (0, 0, 2, 2)
    assert tools.store.count_listings() == 2


def test_a_record_with_a_name_of_its_own_is_changed(client: TestClient) -> None:
    """The same external id again is the same record; twice in one file it is refused."""
    line = {"external_id": "7", "kind": "job", "title": "Mason", "country": "BD"}
    assert _counts(_sent(client, json.dumps(line), source="board")) == (1, 0, 0, 0)
    changed = [line | {"title": "Head mason"}, line]
    text = "\n".join(json.dumps(one) for one in changed)
    found = _sent(client, text, source="board", format="jsonl")
    assert _counts(found) == (0, 1, 0, 1)
    assert "Row 1" in found["errors"][0]["problems"][0]["detail"]
    assert client.get("/v1/listings/board/7").json()["title"] == "Head mason"


def test_people_are_read_without_what_nobody_may_ask(client: TestClient, tools: Tools) -> None:
    """Neither a father's name nor why somebody came back is kept; consent is only what was said."""
    found = _sent(client, PEOPLE, kind="returnees", country="BD", source="union")
    assert _counts(found) == (2, 0, 0, 0)
    taken = {one["column"]: one["field"] for one in found["columns"]}
    assert {taken["Father's name"], taken["Reason of return"]} <= {"ignore", None}
    rahima, kamal = client.get("/v1/returnees").json()["items"]
    assert (rahima["name"], rahima["region"]) == ("Rahima", "Cumilla")
    assert [one["text"] for one in rahima["skills"]] == ["cooking", "ironing", "child care"]
    assert (rahima["consent"]["matching"], kamal["consent"]["matching"]) == (True, False)
    assert rahima["return_category"] is None
    held = str(tools.store.page_of_people(FIRST_ORGANISATION, after=0, limit=9, where={}))
    assert "Abdul" not in held
    assert client.get(f"/v1/returnees/{rahima['id']}/matches").status_code == 200


def test_words_in_a_script_that_nobody_reads_refuse_their_row_only(client: TestClient) -> None:
    """The others are taken, and read at once."""
    people = [{"text": "I weld pipes"}, {"text": "მე ვმუშაობ"}, {"text": "আমি রান্না করি"}]
    rows = "\n".join(json.dumps(one | {"home_country": "BD"}) for one in people)
    found = _sent(client, rows, kind="returnees", source="union")
    assert found["state"] == "done"
    assert _counts(found) == (2, 0, 0, 1)
    assert "script" in found["errors"][0]["problems"][0]["detail"]


def test_a_file_keeps_a_return_category_that_its_sender_may_not_know(
    client: TestClient, tools: Tools
) -> None:
    """Dry or for good, it tells nothing of it; the sender who may know of it takes it away."""
    scopes = frozenset({Scope.RETURNEES_READ, Scope.RETURNEES_WRITE})
    _, secret = new_key(tools, FIRST_ORGANISATION, "plain", scopes)
    plain = {"Authorization": f"Bearer {secret}"}
    people = "ID,Name,Skills\n1,Rahima,ironing\n2,Kamal,plastering\n"
    changed = people.replace("ironing", "embroidery")

    def counted(
        content: str, headers: dict[str, str] | None = None, dry_run: str = "false"
    ) -> tuple[int, ...]:
        sent = _sent(
            client, content, "returnees", headers, country="BD", source="union", dry_run=dry_run
        )
        return _counts(sent)

    assert counted(people) == (2, 0, 0, 0)
    for one in client.get("/v1/returnees").json()["items"]:
        client.patch(f"/v1/returnees/{one['id']}", json={"return_category": "victim_of_abuse"})
    assert counted(people, plain, "true") == (0, 0, 2, 0)
    assert counted(people, plain) == (0, 0, 2, 0)
    assert counted(changed, plain) == (0, 1, 1, 0)
    kept = [one["return_category"] for one in client.get("/v1/returnees").json()["items"]]
    assert kept == ["victim_of_abuse"] * 2
    assert counted(changed) == (0, 2, 0, 0)


def test_the_same_person_from_two_sources_is_proposed(client: TestClient) -> None:
    """However the number is written; of the own organisation only, and nobody is merged."""
    union = _sent(client, PEOPLE, kind="returnees", country="BD", source="union")
    again = "Name,Mobile,Skills\nRahima B.,+880 1711-000000,cooking\nSomebody,0190,tailoring\n"
    trial = _sent(client, again, kind="returnees", country="BD", source="ngo", dry_run="true")
    for found in (trial, _sent(client, again, kind="returnees", country="BD", source="ngo")):
        rows = client.get(f"/v1/imports/{found['id']}/rows").json()["items"]
        first = client.get(f"/v1/imports/{union['id']}/rows").json()["items"][0]
        assert [one["possible_duplicates"] for one in rows] == [[first["record_id"]], []]
    assert len(client.get("/v1/returnees").json()["items"]) == 4


def test_what_has_closed_is_taken_in_and_shown_to_nobody(client: TestClient) -> None:
    """A board's file holds its past."""
    past = "Job Title,Country,Deadline\nMason,BD,2017-03-18\n"
    assert _counts(_sent(client, past, source="board")) == (1, 0, 0, 0)
    answer = client.post("/v1/match", json={"text": "mason", "home_country": "BD"}).json()
    assert answer["routes"]["local"] == []


def test_a_page_that_holds_a_posting_becomes_a_listing(client: TestClient) -> None:
    """HTML is stripped of its tags before anything is made of it."""
    posting = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": "Scaffolder",
        "description": "<p>Erect <b>tube &amp; fitting</b> scaffold.</p>",
        "jobLocation": {"address": {"addressLocality": "Doha", "addressCountry": "QA"}},
        "identifier": {"value": "GA-77"},
    }
    page = f'<html><script type="application/ld+json">{json.dumps(posting)}</script></html>'
    assert _counts(_sent(client, page, source="gulf")) == (1, 0, 0, 0)
    stored = client.get("/v1/listings/gulf/GA-77").json()
    assert (stored["title"], stored["country"]) == ("Scaffolder", "QA")
    assert stored["description"] == "Erect tube & fitting scaffold."


def test_a_file_may_come_as_a_form(client: TestClient) -> None:
    """Its name then names the source."""
    resume = {
        "basics": {"name": "A", "summary": "Electrician"},
        "work": [{"position": "Electrician"}],
    }
    file = ("Rokeya Begum.json", json.dumps(resume), "application/json")
    answer = client.post("/v1/imports?kind=returnees", files={"file": file})
    assert answer.status_code == 202
    assert (answer.json()["source"], answer.json()["format"]) == ("import", "json_resume")
    assert answer.json()["file_name"] is None
    problem(client.post("/v1/imports?kind=listings", files={"data": file}), 422, "invalid_input")


def test_a_mapping_is_kept_for_its_source(client: TestClient) -> None:
    """What somebody said of a column is how this source is read from then on."""
    table = "What,Where\nMason,Dhaka\n"
    said = json.dumps({"What": "title", "Where": "region"})
    assert _counts(_sent(client, table, source="odd", country="BD", mapping=said)) == (1, 0, 0, 0)
    later = _sent(client, "What,Where\nCook,Sylhet\n", source="odd", country="BD")
    assert _counts(later) == (1, 0, 0, 0)
    assert "before" in later["columns"][0]["reason"]
    unknown = client.post(
        "/v1/imports", params={"kind": "listings", "mapping": '{"What": "titel"}'}, content=table
    )
    assert errors(unknown)["/mapping/What"]
    broken = client.post("/v1/imports", params={"kind": "listings", "mapping": "x"}, content=table)
    assert "query:mapping" in errors(broken)


def test_refused_rows_can_be_mended_and_sent_again(client: TestClient) -> None:
    """They come back as they were sent, with the reasons, and no cell that a spreadsheet runs."""
    risky = "Job Title,Country,Salary\n,BD,+5\n,BD,@cmd\n"
    found = _sent(client, risky, source="board")
    answer = client.get(f"/v1/imports/{found['id']}/refused.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    header, first, second = csv.reader(io.StringIO(answer.text))
    assert header == ["row", "reasons", "Job Title", "Country", "Salary"]
    assert (first[0], first[4], second[4]) == ("2", "'+5", "'@cmd")
    assert "Job Title" in first[1]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"PK\x03\x04 no archive", "file_damaged"),
        (b"\x00\x01\x02", "file_format_unknown"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old office", "file_format_unknown"),
    ],
)
def test_what_is_no_table_is_refused_at_once(client: TestClient, content: bytes, code: str) -> None:
    """With what is wrong and what to do."""
    problem(client.post("/v1/imports?kind=listings", content=content), 422, code)


def test_what_turns_out_unreadable_further_down_leaves_nothing_half_done(
    client: TestClient, tools: Tools
) -> None:
    """A damaged end is found before the first row is taken."""
    rows = "\n".join(f"Mason {n},BD" for n in range(300))
    found = _sent(client, f'Title,Country\n{rows}\n"never closed,BD\n')
    assert found["state"] == "failed"
    assert found["failure"]["code"] == "file_damaged"
    assert tools.store.count_listings() == 0


def test_a_file_beyond_the_limit_is_refused(client: TestClient) -> None:
    """Whatever length it claims, and before it is all in memory."""
    app: Any = client.app
    app.state.most_import_bytes = 1000
    problem(client.post("/v1/imports?kind=listings", content=b"x" * 1001), 413, "too_large")
    form = {"file": ("a.csv", b"x" * 2000, "text/csv")}
    problem(client.post("/v1/imports?kind=listings", files=form), 413, "too_large")


def test_another_organisation_and_another_kind_see_no_import(client: TestClient) -> None:
    """Not its state, not its rows, not that it is there."""
    found = _sent(client, PEOPLE, kind="returnees", country="BD")
    client.post("/v1/organisations", json={"id": "ngo", "name": "NGO"})
    everything = ["listings:write", "returnees:write", "restricted"]
    bodies = (
        {"name": "theirs", "scopes": everything, "organisation": "ngo"},
        {"name": "listings only", "scopes": ["listings:write"]},
    )
    for body in bodies:
        key = client.post("/v1/keys", json=body).json()["key"]
        sent = {"Authorization": f"Bearer {key}"}
        url = f"/v1/imports/{found['id']}"
        for path in (url, f"{url}/rows", f"{url}/refused.csv"):
            problem(client.get(path, headers=sent), 404, "not_found")
        assert client.get("/v1/imports", headers=sent).json()["items"] == []
    assert len(client.get("/v1/imports").json()["items"]) == 1


def test_what_was_sent_is_forgotten_and_never_in_clear(client: TestClient, tools: Tools) -> None:
    """While it waits it is sealed; once read it is gone, and refused rows stay sealed."""
    store: Any = tools.store
    bad = PEOPLE.replace("cooking, ironing, child care", "")
    _sent(client, bad, kind="returnees", country="BD")
    store._database.forget_deleted()
    held = b"".join(
        path.read_bytes() for path in store._database.path.parent.rglob("*") if path.is_file()
    )
    for word in (b"Rahima", b"01711000000", b"Kamal", "ইটের".encode()):
        assert word not in held


def test_an_imported_person_who_is_erased_leaves_nothing(client: TestClient, tools: Tools) -> None:
    """Not in the rows of the import either."""
    store: Any = tools.store
    found = _sent(client, PEOPLE, kind="returnees", country="BD", source="union")
    rahima, _ = client.get("/v1/returnees").json()["items"]
    assert client.delete(f"/v1/returnees/{rahima['id']}").status_code == 204
    row = client.get(f"/v1/imports/{found['id']}/rows").json()["items"][0]
    assert (row["effect"], row["record_id"], row["external_id"]) == ("created", None, None)
    with store._database.read() as connection:
        kept = connection.exec_driver_sql("SELECT record_id, sealed FROM import_rows").all()
    assert kept[0] == (None, None)
    assert kept[1][0] is not None
