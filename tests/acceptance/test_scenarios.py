"""What an officer would expect of one answer, written down person by person."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.usecases.manage_keys import ensure_first_key
from service.wiring import open_tools
from tests.acceptance.playing import Scenario, play, read_scenarios, told
from tests.conftest import ADMIN, client_over, settings_in

SCENARIOS = read_scenarios()


@pytest.fixture(scope="module")
def empty_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service that holds nothing but the corridors it ships with."""
    settings = settings_in(tmp_path_factory.mktemp("scenarios"))
    with open_tools(settings) as tools:
        ensure_first_key(tools, ADMIN)
        yield from client_over(tools, settings)


def test_there_are_enough_of_them() -> None:
    """Sixty that hold at least, each with its words and its checks."""
    assert sum(one.known_shortfall is None for one in SCENARIOS) >= 60
    assert all(one.story and one.expect and one.checks for one in SCENARIOS)


def _marked(scenario: Scenario) -> object:
    """Return a scenario as a case; a known shortfall has to fail until it is mended."""
    short = scenario.known_shortfall
    marks = [pytest.mark.xfail(reason=short, strict=True)] if short else []
    return pytest.param(scenario, id=scenario.id, marks=marks)


@pytest.mark.parametrize("scenario", [_marked(one) for one in SCENARIOS])
def test_scenario(empty_api: TestClient, scenario: Scenario) -> None:
    """The answer is what the scenario's words say."""
    problems = play(empty_api, scenario)
    assert not problems, "\n".join([*told(scenario), "but:", *problems])
