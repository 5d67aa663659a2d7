"""How something that will go is told: in the document, and on the answers it concerns alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field

from service.app import create_app, given
from service.ports import Tools
from service.web.deprecation import NOTICE, Deprecated
from tests.conftest import ADMIN, settings_in
from tests.waiting import until_ready

SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
OLD_CALL: Final = Deprecated(
    since=SINCE,
    sunset=datetime(2027, 1, 1, tzinfo=UTC),
    instead="Use /v1/tried.",
    link="https://homeward.example/changes#old",
)
OLD_NAME: Final = Deprecated(
    since=SINCE + timedelta(days=31),
    sunset=datetime(2026, 10, 1, 12, tzinfo=UTC),
    instead="Say title.",
    link="https://homeward.example/changes#name",
)


class Inner(BaseModel):
    """Something inside a body."""

    title: str = ""
    name: Annotated[str | None, OLD_NAME, Field(description="A name.")] = None


class Outer(BaseModel):
    """A body with something inside."""

    items: list[Inner] = []


router = APIRouter(prefix="/v1")


@router.get("/old", dependencies=[Depends(OLD_CALL)])
def old() -> int:
    """Answer the old way."""
    return 1


@router.get("/old/{number}", dependencies=[Depends(OLD_CALL)])
def old_number(number: int) -> int:
    """Answer the old way, or refuse."""
    return number


@router.get("/tried")
def tried(name: Annotated[str | None, OLD_NAME, Query(description="A name.")] = None) -> str | None:
    """Take an old parameter."""
    return name


@router.post("/tried")
def try_body(body: Outer) -> int:
    """Take an old field."""
    return len(body.items)


@pytest.fixture(scope="module")
def trying(api_tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The whole application with a few calls of its own beside."""
    settings = settings_in(tmp_path_factory.mktemp("deprecation"))
    app = create_app(settings, lambda: given(api_tools))
    app.include_router(router)
    with TestClient(app, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        until_ready(client)
        yield client


def _told(answer: Any) -> tuple[str | None, str | None, list[str]]:  # noqa: ANN401 - a response
    headers = answer.headers
    return headers.get("deprecation"), headers.get("sunset"), headers.get_list("link")


CALL: Final = (
    "@1767225600",
    "Fri, 01 Jan 2027 00:00:00 GMT",
    ['<https://homeward.example/changes#old>; rel="deprecation"; type="text/html"'],
)
NAME: Final = (
    "@1769904000",
    "Thu, 01 Oct 2026 12:00:00 GMT",
    ['<https://homeward.example/changes#name>; rel="deprecation"; type="text/html"'],
)


def test_an_old_call_says_so_on_every_answer(trying: TestClient) -> None:
    """On a refusal too; since when (RFC 9745), until when (RFC 8594), and where it is told."""
    assert _told(trying.get("/v1/old")) == CALL
    refused = trying.get("/v1/old/many")
    assert refused.status_code == 422
    assert _told(refused) == CALL


def test_an_old_name_says_so_to_who_used_it(trying: TestClient) -> None:
    """A parameter or a field, however deep, but not to those who have left it."""
    none: tuple[None, None, list[str]] = (None, None, [])
    assert _told(trying.get("/v1/tried")) == none
    assert _told(trying.get("/v1/tried?name=x")) == NAME
    assert _told(trying.post("/v1/tried", json={"items": [{"title": "x"}]})) == none
    assert _told(trying.post("/v1/tried", json={"items": [{}, {"name": "x"}]})) == NAME
    assert _told(trying.get("/v1/listings")) == none


def test_the_document_marks_what_is_old(trying: TestClient) -> None:
    """The call, the parameter and the field, with what to use instead; nothing else."""
    document = trying.get("/openapi.json").json()
    paths = document["paths"]
    assert paths["/v1/old"]["get"]["deprecated"] is True
    assert "2027-01-01. Use /v1/tried." in paths["/v1/old"]["get"]["description"]
    (parameter,) = paths["/v1/tried"]["get"]["parameters"]
    assert parameter["deprecated"] is True
    assert parameter["description"].startswith("A name. Deprecated; works until 2026-10-01. Say")
    field = document["components"]["schemas"]["Inner"]["properties"]["name"]
    assert (field["deprecated"], field["description"]) == (True, "A name.")
    assert "Say title." in field["x-deprecation"]
    marked = str(document).count("'deprecated': True")
    # The parameter has its mark twice: its schema says so as well.
    assert marked == 5


def test_nothing_is_deprecated_in_this_release(api: TestClient) -> None:
    """When that changes, the README's policy begins to count."""
    assert isinstance(api.app, FastAPI)
    assert "'deprecated'" not in str(api.get("/openapi.json").json())


def test_what_is_deprecated_goes_on_for_half_a_year() -> None:
    """A declaration that ends sooner is refused where it is written."""
    Deprecated(SINCE, SINCE + NOTICE, "", "")
    with pytest.raises(ValueError, match="180 days"):
        Deprecated(SINCE, SINCE + NOTICE - timedelta(seconds=1), "", "")
