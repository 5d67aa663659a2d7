"""Generated requests against the OpenAPI document: no 5xx, and every answer as documented."""

import os
from typing import Any

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import ADMIN

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
HEADERS = {"Authorization": f"Bearer {ADMIN}"}
# HOMEWARD_SCHEMA_EXAMPLES=60 asks some 8,000 times instead of 1,600.
EXAMPLES = int(os.environ.get("HOMEWARD_SCHEMA_EXAMPLES", "12"))
generated = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_generated_requests_are_answered_as_documented(api: TestClient) -> None:
    """Valid and invalid requests to every route: no 5xx, no answer outside the document."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", api.app)
    asked: set[str] = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        def ask(case: Case[Any]) -> None:
            case.call_and_validate(headers=HEADERS, checks=CHECKS)
            asked.add(case.operation.label)

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                generated(given(case=operation.as_strategy(generation_mode=mode))(ask))()
            except Unsatisfiable:
                # Nothing about such a request can be wrong.
                assert mode is GenerationMode.NEGATIVE
    paths = api.get("/openapi.json").json()["paths"]
    assert asked == {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
