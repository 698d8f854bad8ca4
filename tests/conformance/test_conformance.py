"""Recorded conversations, replayed against a running server.

What cannot agree yet stands in pending.md and fails here as soon as it could be taken off that list; what we
answer otherwise on purpose stands in differences.md with our answer, which is compared just as strictly.
"""

import httpx
import pytest

from tests.conformance.replay import NotServed, replay
from tests.conformance.scenarios import load_differences, load_pending, load_scenarios, with_differences
from tests.support.processes import Server

SCENARIOS = load_scenarios()
PENDING = load_pending()
DIFFERENCES = load_differences()


def _parameters() -> list[object]:
    """One per scenario; a pending one has to fail, and for the reason that the list gives."""
    waiting = {
        name: pytest.mark.xfail(raises=NotServed, strict=True, reason=f"waits for {operation}")
        for name, operation in PENDING.items()
    }
    return [pytest.param(name, id=name, marks=waiting.get(name, ())) for name in SCENARIOS]


@pytest.mark.parametrize("name", _parameters())
def test_conversation(name: str, conformance_server: Server) -> None:
    scenario = with_differences(SCENARIOS[name], DIFFERENCES)
    with httpx.Client(base_url=conformance_server.base_url, timeout=30) as client:
        assert replay(client, scenario, waits_for=PENDING.get(name)) == []


def test_pending_names_scenarios_and_their_operations() -> None:
    for name, operation in PENDING.items():
        assert name in SCENARIOS
        assert SCENARIOS[name].asks(operation), f"{name} never asks {operation}"


def test_differences_name_steps_that_were_recorded_otherwise() -> None:
    for difference in DIFFERENCES:
        recorded = SCENARIOS[difference.scenario].steps[difference.step]["expect"]
        assert difference.answer != recorded, f"{difference.scenario} has nothing to differ in"
