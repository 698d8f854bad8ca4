"""An application with Teams and a game that has functions for all of them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.runtime.conftest import Folder
from tests.teams.support import CONFIG, Cast, assemble

#: Does what `deeds` says under the kind of a function, and notes what it is told in `told`.
GAME = """
deeds = {}
told = []

def register(app):
    for source in deeds_of:
        app.team_reward(source, decided)
    app.team_reward("", decided)
    app.team_event(noted)
    app.team_user_activity(scored)
    app.team_activity(weighed)
    app.team_profanity(read)
    app.team_cohort(placed)

    @app.rpc("grant")
    async def grant(ctx, payload):
        wallet = await ctx.nk.teams.wallet_grant(payload, {"guild_gold": 5}, user_id=ctx.user_id)
        return str(wallet.currencies["guild_gold"])

deeds_of = ["store_purchase", "gift_contribute_cost"]

async def decided(ctx, rolled):
    told.append((ctx.execution_mode, ctx.user_id, ctx.username, rolled))
    deed = deeds.get(rolled.source)
    return await deed(ctx, rolled) if deed else None

async def noted(ctx, event: rt.TeamEvent):
    told.append((ctx.execution_mode, event))

async def scored(ctx, user_ids):
    deed = deeds.get("user_activity")
    return deed(user_ids) if deed else {}

async def weighed(ctx, team):
    deed = deeds.get("activity")
    return deed(team) if deed else None

async def read(ctx, text):
    deed = deeds.get("profanity")
    return deed(text) if deed else False

async def placed(ctx, search):
    deed = deeds.get("cohort")
    answer = deed(search) if deed else None
    return await answer if hasattr(answer, "__await__") else answer
"""


@dataclass
class Told:
    """The game of the application: what its functions do, and what they have been told."""

    deeds: dict[str, Any] = field(default_factory=dict)
    told: list[Any] = field(default_factory=list)

    def rewards(self, source: str) -> list[Any]:
        """What was told of rewards of one source."""
        return [each for each in self.told if len(each) == 4 and each[3].source == source]

    def events(self, team_id: str) -> list[Any]:
        """What was told of a team."""
        return [each[1] for each in self.told if len(each) == 2 and each[1].metadata["teamId"] == team_id]


@pytest.fixture(scope="module")
def app_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With Teams and this game, whose functions take half a second at most."""
    folder = Folder(tmp_path_factory.mktemp("game"))
    folder.write("game.py", GAME)
    return {
        "teams": {"config": CONFIG, "debug_rpcs": True},
        "runtime": {"modules": [folder.path], "call_timeout_ms": 500},
    }


def told_of(app: Application) -> Told:
    """The game of an application."""
    variables = app.runtime._game.functions.callbacks["team_profanity"].call.__globals__
    return Told(variables["deeds"], variables["told"])


@pytest.fixture
def game(app: Application) -> Told:
    """The game, which does nothing in particular yet."""
    told = told_of(app)
    told.deeds.clear()
    told.told.clear()
    return told


@pytest_asyncio.fixture
async def cast(api: httpx.AsyncClient) -> Cast:
    """A new team with everybody around it."""
    return await assemble(api)


@pytest.fixture
def noon(clock: ShiftedClock) -> None:
    """A Tuesday afternoon, while every event and gift of the configuration goes on."""
    clock.offset = timedelta(days=-1, hours=1)
