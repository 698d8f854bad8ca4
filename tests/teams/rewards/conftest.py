"""A team that is given rewards."""

import pytest

from kizuna.app import Application
from kizuna.teams.held import PublisherEvent
from tests.teams.rewards.support import Recorder, Team, with_more_items
from tests.teams.support import Cast


@pytest.fixture
def team(app: Application, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Team:
    """A new team, whose rewards go through hooks that tell of them, and with more items than the example."""
    hooks = Recorder()
    events: list[PublisherEvent] = []
    versions = app.teams.versions
    monkeypatch.setattr(app.teams.rewards, "_hooks", hooks)
    monkeypatch.setattr(app.teams.calls, "publish", events.extend)
    monkeypatch.setattr(versions, "current", with_more_items(versions.current))
    return Team(app, cast, hooks, events)
