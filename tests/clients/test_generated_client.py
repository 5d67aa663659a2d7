"""A client made from the OpenAPI document alone: no warnings, and it does an integrator's work."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.clients.conftest import Served
from tests.webhooks.receivers import receiving, until

NAME = "client_of_the_document"
JOBS = (
    "id,title,country,skills,wage\r\n"
    "m1,Mason,BD,lay brick walls; plaster walls,22000-26000\r\n"
    "w1,Welder,BD,weld steel pipes,25000\r\n"
    "x1,,BD,,\r\n"
)
PERSON = {
    "text": "I lay bricks and plaster walls",
    "home_country": "BD",
    "consent": {"matching": True},
}


class Client:
    """The generated package: its operations and models by their names, and a client with a key."""

    def __init__(self, served: Served) -> None:
        """Call `served` with its key."""
        package = importlib.import_module(NAME)
        self.models: Any = importlib.import_module(f"{NAME}.models")
        self.types: Any = importlib.import_module(f"{NAME}.types")
        self._caller = package.AuthenticatedClient(
            base_url=served.url, token=served.key, raise_on_unexpected_status=True
        )
        self.nobody = package.AuthenticatedClient(base_url=served.url, token=served.key[:-1])

    def module(self, operation: str) -> ModuleType:
        """Return the module of an operation such as match.match_batch."""
        return importlib.import_module(f"{NAME}.api.{operation}")

    def detailed(self, operation: str, *path: str, **arguments: Any) -> Any:  # noqa: ANN401 - generated
        """Call an operation; return its whole response."""
        arguments.setdefault("client", self._caller)
        return self.module(operation).sync_detailed(*path, **arguments)

    def call(self, operation: str, *path: str, **arguments: Any) -> Any:  # noqa: ANN401 - generated
        """Call an operation; return what its answer was read as, which is no problem."""
        response = self.detailed(operation, *path, **arguments)
        assert response.status_code < httpx.codes.BAD_REQUEST, response.content
        return response.parsed

    def model(self, name: str, value: dict[str, Any]) -> Any:  # noqa: ANN401 - generated
        """Return a model of the generated package."""
        return getattr(self.models, name).from_dict(value)

    def imported(self, body: Any, **query: Any) -> Any:  # noqa: ANN401 - generated
        """Send a file; return its import when it is done."""
        kind = self.models.ImportKind.LISTINGS
        begun = self.call("imports.create_import", body=body, kind=kind, **query)
        found: list[Any] = []

        def done() -> bool:
            found.append(self.call("imports.get_import", begun.id))
            return found[-1].state in {
                self.models.BatchState.DONE,
                self.models.BatchState.FAILED,
            }

        until(done)
        return found[-1]


@pytest.fixture(scope="module")
def client(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client generated from the document that the service shows."""
    folder = tmp_path_factory.mktemp("generated")
    document = folder / "openapi.json"
    document.write_bytes(httpx.get(f"{served.url}/openapi.json").content)
    tools = Path(sys.executable).parent
    done = subprocess.run(  # noqa: S603 - a development tool
        [
            str(tools / "openapi-python-client"),
            "generate",
            f"--path={document}",
            f"--output-path={folder / NAME}",
            "--meta=none",
            "--fail-on-warning",
        ],
        env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warning" not in said.lower()
    sys.path.insert(0, str(folder))
    yield Client(served)
    sys.path.remove(str(folder))


def test_every_operation_is_in_the_generated_client(served: Served, client: Client) -> None:
    """The document is valid OpenAPI 3.1; each operation and each named schema is generated."""
    document = httpx.get(f"{served.url}/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    for item in document["paths"].values():
        for operation in item.values():
            tag = operation["tags"][0].replace(" ", "_")
            assert client.module(f"{tag}.{operation['operationId']}").sync_detailed
    made = {name.lower() for name in dir(client.models)}
    assert {name.lower() for name in document["components"]["schemas"]} <= made


def test_listings_and_people_are_matched(client: Client) -> None:
    """A listing and a person who agreed are stored; both kinds of match find the listing."""
    job = {"kind": "job", "title": "Mason", "country": "BD", "skills": ["lay brick walls"]}
    listing = client.call(
        "listings.put_listing", "generated", "m0", body=client.model("ListingIn", job)
    )
    person = client.call("returnees.create_returnee", body=client.model("ReturneeIn", PERSON))
    assert person.consent.matching is True
    question = client.model("MatchIn", {"text": PERSON["text"], "home_country": "BD", "limit": 3})
    for answer in (
        client.call("match.match", body=question),
        client.call("match.get_matches", person.id, limit=3),
    ):
        best = answer.routes.local[0]
        assert best.listing.id == listing.id
        assert best.tier in set(client.models.Tier)
        assert best.evidence[0].requirement == "lay brick walls"
    patch = client.model("ReturneePatch", {"consent": {"matching": False}})
    changed = client.call("returnees.patch_returnee", person.id, body=patch)
    assert (changed.consent.matching, changed.text) == (False, PERSON["text"])
    refused = client.detailed("match.get_matches", person.id)
    assert refused.parsed.code == "consent_missing"


def test_files_are_imported(client: Client) -> None:
    """A file goes in as a form and as plain bytes: dry run first, then for good."""
    file = client.types.File
    models = client.models
    form = models.ImportForm(
        file=file(payload=BytesIO(JOBS.encode()), file_name="jobs.csv", mime_type="text/csv")
    )
    dry = client.imported(form, dry_run=True, source="board", currency="BDT")
    assert (dry.counts.created, dry.counts.refused, dry.dry_run) == (2, 1, True)
    assert "title" in dry.errors[0].problems[0].field
    said = {"format_": models.FileFormat.CSV, "source": "board", "currency": "BDT"}
    real = client.imported(file(payload=BytesIO(JOBS.encode())), **said)
    assert (real.state, real.counts.created, real.counts.refused) == (models.BatchState.DONE, 2, 1)
    mason = client.call("listings.get_listing_by_source", "board", "m1")
    assert (mason.wage_min, mason.wage_max, mason.wage_currency) == (22000, 26000, "BDT")
    rows = client.call("imports.list_import_rows", real.id, effect=models.RowEffect.REFUSED)
    assert [row.row for row in rows.items] == [4]
    assert "title" in client.call("imports.get_refused_rows", real.id)


def test_outcomes_and_subscriptions(client: Client) -> None:
    """An outcome is recorded; a subscription tells of a listing that comes later, signed."""
    welder = {"kind": "job", "title": "Welder", "country": "BD", "skills": ["weld steel pipes"]}
    body = client.model("ListingIn", welder)
    listing = client.call("listings.put_listing", "generated", "w0", body=body)
    person = client.call("returnees.create_returnee", body=client.model("ReturneeIn", PERSON))
    said = {"returnee": person.id, "listing": listing.id, "outcome": "placed"}
    outcome = client.call("outcomes.create_outcome", body=client.model("OutcomeIn", said))
    read = client.call("outcomes.list_outcomes", returnee=person.id)
    assert [(one.id, one.outcome.value) for one in read.items] == [(outcome.id, "placed")]
    with receiving() as receiver:
        watch = {"kind": "listings", "url": receiver.url, "text": "I weld steel pipes"}
        watching = client.call(
            "subscriptions.create_subscription", body=client.model("WebhookSubscriptionIn", watch)
        )
        later = client.call("listings.put_listing", "generated", "w2", body=body)
        until(lambda: bool(receiver.got))
        message = receiver.got[0].verified(watching.secret)
        told = client.model("ListingMatched", message)
        assert (told.data.subscription, told.data.listing) == (watching.id, later.id)
        client.call("subscriptions.delete_subscription", watching.id)


def test_errors_are_typed(client: Client) -> None:
    """Whatever is refused is read as a Problem, with its code, its request id and each field."""
    nobody = client.detailed("listings.list_listings", client=client.nobody)
    assert isinstance(nobody.parsed, client.models.Problem)
    assert (nobody.status_code, nobody.parsed.code) == (401, "unauthenticated")
    assert nobody.parsed.request_id == nobody.headers["x-request-id"]
    wrong = client.model("ListingIn", {"kind": "job", "title": "Mason", "country": "Bangladesh"})
    refused = client.detailed("listings.put_listing", "generated", "wrong", body=wrong)
    assert [one.pointer for one in refused.parsed.errors] == ["/country"]
    assert client.detailed("returnees.get_returnee", "ret_none").parsed.code == "not_found"
    body = client.model("MatchIn", {"text": "Ελληνικά λόγια"})
    assert client.detailed("match.match", body=body).parsed.code == "language_unknown"


def test_pages_follow_the_cursor(client: Client) -> None:
    """Page after page brings every record once, until the cursor is null."""
    job = client.model("ListingIn", {"kind": "job", "title": "Cook", "country": "NP"})
    made = {client.call("listings.put_listing", "paged", str(n), body=job).id for n in range(5)}
    found: list[str] = []
    cursor = client.types.UNSET
    while cursor is not None:
        page = client.call("listings.list_listings", source="paged", limit=2, cursor=cursor)
        found.extend(one.id for one in page.items)
        cursor = page.next_cursor
    assert len(found) == len(made)
    assert set(found) == made


def test_a_batch_is_read_line_by_line(client: Client) -> None:
    """Each line of a batch is read as the model that the document names for it."""
    question = {"text": PERSON["text"], "home_country": "BD", "limit": 1}
    questions = [question, {"text": "Ελληνικά λόγια"}]
    body = client.model("MatchBatchIn", {"items": questions})
    text = client.call("match.match_batch", body=body)
    first, second = (client.model("BatchLineOut", json.loads(one)) for one in text.splitlines())
    assert (first.index, first.status, len(first.answer.routes.local)) == (0, 200, 1)
    assert (second.index, second.status, second.code) == (1, 422, "language_unknown")


_TWIN: Final = {"kind": "job", "title": "Mason", "country": "BD", "employer": "Nodi Builders"}


def test_the_documents_examples_are_taken(served: Served) -> None:
    """Every example of a body in the document is one that the service takes."""
    document = httpx.get(f"{served.url}/openapi.json").json()
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {served.key}"}) as c:
        twin = c.put("/v1/listings/other/1", json=_TWIN).json()["id"]
        kept: dict[str, str] = {"another_listing": twin}
        for operation, (method, path, body) in _examples(document).items():
            url = path.format(
                source="example",
                external_id="1",
                returnee_id=kept.get("create_returnee"),
                corridor_id=kept.get("create_corridor"),
                subscription_id=kept.get("create_subscription"),
                listing_id=kept.get("put_listing"),
                other_id=kept.get("another_listing"),
                key_id=kept.get("create_key"),
            )
            real = {"returnee": kept.get("create_returnee"), "listing": kept.get("put_listing")}
            sent = body | real if operation == "create_outcome" else body
            if operation == "print_referral":
                sent = body | {"listings": [kept.get("put_listing")]}
            answer = c.request(method, url, json=sent)
            assert answer.is_success, (operation, answer.text)
            if answer.headers["content-type"] == "application/json":
                kept[operation] = answer.json().get("id", "")
        # The next test has its own people in view.
        c.delete(f"/v1/returnees/{kept['create_returnee']}")
        c.delete(f"/v1/returnees/{kept['put_returnee']}")
    assert len(kept) >= 12


def _examples(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return (method, path, example) by operationId, in an order in which each can be sent."""
    found = {
        operation["operationId"]: (method, path, media["example"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
        for media in operation.get("requestBody", {}).get("content", {}).values()
        if "example" in media
    }
    bodies = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert set(found) == set(bodies)
    last = ("create_outcome", "rotate_key", "judge_duplicate", "print_referral")
    return dict(sorted(found.items(), key=lambda one: one[0] in last))
