"""HTTP manners: many questions at once, what was read before, packed answers."""

import json

from fastapi.testclient import TestClient

from tests.api.support import JOB, JSON, errors, problem

MASON: JSON = {"text": "I lay bricks and plaster walls", "home_country": "BD"}


def test_many_questions_are_answered_line_by_line(sample_client: TestClient) -> None:
    """Each as if it had been asked alone; one that cannot be answered does not stop the rest."""
    questions = [MASON, {"text": "Ελληνικά λόγια"}, MASON | {"limit": 1, "routes": ["local"]}]
    answer = sample_client.post("/v1/match:batch", json={"items": questions})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    first, second, third = (json.loads(line) for line in answer.text.splitlines())
    alone = sample_client.post("/v1/match", json=questions[0]).json()
    assert first == {"index": 0, "status": 200, "answer": alone}
    assert (second["index"], second["status"], second["code"]) == (1, 422, "language_unknown")
    assert [len(some) for some in third["answer"]["routes"].values()] == [1]


def test_a_bad_question_is_named_by_its_place(api: TestClient) -> None:
    """Before the first one is answered."""
    wrong = MASON | {"filters": {"isco08": ["9999"]}}
    refused = api.post("/v1/match:batch", json={"items": [MASON, wrong]})
    assert "/items/1/filters/isco08/0" in errors(refused)
    unknown = api.post("/v1/match:batch", json={"items": [MASON | {"txt": "x"}]})
    assert "/items/0/txt" in errors(unknown)
    assert errors(api.post("/v1/match:batch", json={"items": []}))


def test_what_was_read_before_is_not_sent_again(client: TestClient) -> None:
    """With its ETag a reader is told that nothing changed, until something has."""
    made = client.put("/v1/listings/board/mason", json=JOB)
    url, tag = made.headers["location"], made.headers["etag"]
    for sent in (tag, f'"v9", {tag}', f"W/{tag}"):
        again = client.get(url, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(url, headers={"If-None-Match": '"v9"'}).status_code == 200
    client.put("/v1/listings/board/mason", json=JOB | {"title": "Head mason"})
    assert client.get(url, headers={"If-None-Match": tag}).json()["title"] == "Head mason"
    problem(client.get("/v1/listings/lst_no", headers={"If-None-Match": tag}), 404, "not_found")


def test_long_answers_are_packed_for_who_can_unpack(sample_client: TestClient) -> None:
    """And for nobody else."""
    packed = sample_client.post("/v1/match", json=MASON, headers={"Accept-Encoding": "gzip"})
    plain = sample_client.post("/v1/match", json=MASON, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
