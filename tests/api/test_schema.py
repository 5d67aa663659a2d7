"""Generated requests against the OpenAPI document: no 5xx, and every answer as documented.

Short, in this process. tests/clients/test_schema_at_length.py asks a real service, longer, and in
the phases that only the command of schemathesis has (boundaries, unexpected methods, sequences).
"""

from pathlib import Path
from typing import Any

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok

from tests.clients import schema_hooks
from tests.conftest import ADMIN

HEADERS = {"Authorization": f"Bearer {ADMIN}"}
EXAMPLES = 6
CONFIGURATION = Path(schema_hooks.__file__).with_name("schemathesis.toml")
generated = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_generated_requests_are_answered_as_documented(client: TestClient) -> None:
    """Valid and invalid requests to every route: no 5xx, no answer outside the document.

    Of an application of its own, as schemathesis ends what it has asked, and its workers.
    """
    load_all_checks()
    # In its place stands refused_only_by_a_rule: see schema_hooks.
    names = [name for name in CHECKS.get_all_names() if name != "positive_data_acceptance"]
    checks: Any = CHECKS.get_by_names(names)
    assert schema_hooks.refused_only_by_a_rule in checks
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", client.app, config=SchemathesisConfig.from_path(CONFIGURATION)
    )
    asked: dict[str, int] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()

        def ask(case: Case[Any]) -> None:
            case.call_and_validate(headers=HEADERS, checks=checks)
            asked[case.operation.label] = asked.get(case.operation.label, 0) + 1

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                generated(given(case=operation.as_strategy(generation_mode=mode))(ask))()
            except Unsatisfiable:
                # Nothing about such a request can be wrong.
                assert mode is GenerationMode.NEGATIVE
    print(f"{sum(asked.values())} requests to {len(asked)} operations")  # noqa: T201 - pytest -s
    paths = client.get("/openapi.json").json()["paths"]
    assert set(asked) == {f"{m.upper()} {path}" for path, item in paths.items() for m in item}
