"""Health, readiness, metrics, documentation and the way to the console."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from service.app import create_app
from service.domain.errors import StorageError
from service.ports import Tools
from service.settings import Settings
from tests.api.support import QUESTION, ROUTES, problem
from tests.conftest import ADMIN
from tests.waiting import until, until_ready

HEADERS = {"Authorization": f"Bearer {ADMIN}"}


def test_the_service_is_alive_before_it_is_ready(api_tools: Tools, settings: Settings) -> None:
    """While the tools open, /healthz is 200 and all else 503; then everything answers."""
    opened = threading.Event()

    @contextmanager
    def opener() -> Iterator[Tools]:
        assert opened.wait(60)
        yield api_tools

    with TestClient(create_app(settings, opener), headers=HEADERS) as client:
        try:
            assert client.get("/healthz").json() == {"status": "ok"}
            assert client.get("/metrics").status_code == 200
            for answer in (client.get("/readyz"), client.post("/v1/match", json=QUESTION)):
                problem(answer, 503, "not_ready")
                assert int(answer.headers["retry-after"]) > 0
        finally:
            opened.set()
        until_ready(client)
        ready = client.get("/readyz")
        assert ready.json()["status"] == "ready"
        assert ready.json()["model"] == api_tools.encoder.model.id
        assert ready.json()["listings"] == api_tools.index.state.listings
        assert client.post("/v1/match", json=QUESTION).status_code == 200


def test_a_service_that_cannot_start_says_why(settings: Settings) -> None:
    """An opener that fails leaves a living process whose every answer names the reason."""

    @contextmanager
    def opener() -> Iterator[Tools]:
        message = "The disk is away."
        raise StorageError(message)
        yield

    with TestClient(create_app(settings, opener), headers=HEADERS) as client:
        until(lambda: client.get("/readyz").json()["code"] != "not_ready", "the failure")
        answer = client.get("/readyz")
        assert problem(answer, 503, "storage")["detail"] == "The disk is away."
        assert client.get("/healthz").status_code == 200


def test_metrics_are_prometheus_text(api: TestClient, api_tools: Tools) -> None:
    """They parse, count each request once under its route's pattern, and tell the index."""

    def count(path: str, status: str) -> float:
        families = text_string_to_metric_families(api.get("/metrics").text)
        samples = [sample for family in families for sample in family.samples]
        return sum(
            sample.value
            for sample in samples
            if sample.name == "homeward_http_requests_total"
            and (sample.labels["path"], sample.labels["status"]) == (path, status)
        )

    pattern = "/v1/listings/{listing_id}"
    before = count(pattern, "404")
    api.get("/v1/listings/lst_some_id")
    assert count(pattern, "404") == before + 1
    text = api.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain")
    assert "lst_some_id" not in text.text
    gauges = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text.text)
        for sample in family.samples
    }
    assert gauges["homeward_index_listings"] == api_tools.index.state.listings


def test_the_api_documents_itself(api: TestClient) -> None:
    """OpenAPI 3.1 names errors as what they are, under every call, and the key they need."""
    document = api.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    refused = document["components"]["responses"]
    names = set()
    for path, item in document["paths"].items():
        for operation in item.values():
            names.add(operation["operationId"])
            errors = {k: v for k, v in operation["responses"].items() if int(k) >= 400}
            assert {"500", "503"} <= set(errors)
            for error in errors.values():
                named = refused[error["$ref"].rpartition("/")[2]]
                assert list(named["content"]) == ["application/problem+json"]
            assert bool(operation.get("security")) == path.startswith("/v1/")
            assert not operation["summary"].endswith(".")
            assert set(operation["tags"]) <= {tag["name"] for tag in document["tags"]}
    assert "code" in document["components"]["schemas"]["Problem"]["required"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert all(re.fullmatch("[a-z]+(_[a-z]+){0,3}", name) for name in names), names
    assert {"match", "put_listing", "create_import", "find_candidates"} <= names


def test_the_document_names_the_scopes_of_every_route(api: TestClient) -> None:
    """Beside each operation stand the scopes that its key needs."""
    paths = api.get("/openapi.json").json()["paths"]
    for route in ROUTES:
        needed = paths[route.path][route.method.lower()]["security"]
        if route.path == "/v1/subscriptions" and route.method == "POST":
            # What else it needs depends on what is to be watched.
            assert needed == [{"key": ["subscriptions"]}]
        elif "imports" not in route.path:
            assert needed == [{"key": list(route.scopes)}], route


def test_the_page_of_calls_asks_nobody_else(api: TestClient) -> None:
    """/docs names no other host, and each file it asks for is there."""
    page = api.get("/docs").text
    asked = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(asked) == 3
    for path in asked:
        assert path.startswith("/docs/assets/")
        assert api.get(path).status_code == 200
    assert "://" not in page


def test_the_root_leads_to_the_console(api: TestClient) -> None:
    """A person who opens the address lands on a page."""
    answer = api.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/console/")
    assert "Homeward" in api.get("/console/").text


def test_operations_need_no_key(api: TestClient) -> None:
    """Whoever runs the service can look without one."""
    for url in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"):
        assert api.get(url, headers={"Authorization": ""}).status_code == 200
