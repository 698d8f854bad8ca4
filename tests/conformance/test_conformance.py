"""Recorded conversations, replayed against a running server.

What we answer otherwise on purpose stands in differences.md with our answer, which is compared just as
strictly.
"""

import httpx
import pytest

from tests.conformance.replay import replay
from tests.conformance.scenarios import load_differences, load_scenarios, with_differences
from tests.support.processes import Server

SCENARIOS = load_scenarios()
DIFFERENCES = load_differences()


@pytest.mark.parametrize("name", SCENARIOS)
def test_conversation(name: str, conformance_server: Server) -> None:
    scenario = with_differences(SCENARIOS[name], DIFFERENCES)
    with httpx.Client(base_url=conformance_server.base_url, timeout=30) as client:
        assert replay(client, scenario) == []


def test_differences_name_steps_that_were_recorded_otherwise() -> None:
    for difference in DIFFERENCES:
        recorded = SCENARIOS[difference.scenario].steps[difference.step]["expect"]
        assert difference.answer != recorded, f"{difference.scenario} has nothing to differ in"
