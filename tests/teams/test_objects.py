"""The objects of Teams as clients see them: every field of every message is there when there is something to
tell, and of its type.

One team lives through everything that there is to see.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.http.documentation import teams_document
from kizuna.runtime.teams import GameTeamHooks
from kizuna.teams.config.loading import load
from kizuna.teams.hooks import CohortChoice
from kizuna.teams.protocol import requests
from kizuna.teams.protocol.fields import Message
from tests.support.players import Player
from tests.teams.everything import EVERYTHING
from tests.teams.schemas import conforms, resolved, response_of
from tests.teams.support import Cast, answered, ask, assemble

SCHEMAS = teams_document()["components"]["schemas"]

#: What has no value in this life: what the server never sets, and what these players do not have.
WITHOUT = {
    "TeamReward": {"member_reward_modifiers"},
    "TeamEventLeaderboard": {"tier"},  # of a first cohort it is 0
    "AvailableTeamMemberRewards": {"to_mailbox_expiry_sec"},
    "ChannelMessageAck": {"code", "room_name", "user_id_one", "user_id_two"},
    "TeamUser": {
        *("facebook_id", "google_id", "gamecenter_id", "steam_id", "apple_id", "facebook_instant_game_id"),
        *("online", "edge_count"),
    },
}


#: What is only sent to the server, and what is no answer of a function.
NO_ANSWERS = {
    *(each.name for each in vars(requests).values() if isinstance(each, Message)),
    "TeamFailure",
}


class Life:
    """Calls functions, checks the answers and keeps which fields they have had, by message."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.seen: dict[str, set[str]] = defaultdict(set)

    async def call(self, player: Player, function: str, **request: Any) -> dict[str, Any]:
        """A call about the team."""
        return self.note(function, await self.cast.call(player, function, **request))

    async def ask(self, player: Player, function: str, **request: Any) -> dict[str, Any]:
        """A call that is about no team, or names it otherwise."""
        return self.note(function, answered(await ask(self.cast.api, player, function, request)))

    def note(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        name = response_of(function)
        conforms(name, message)
        self._note({"$ref": f"#/components/schemas/{name}"}, message)
        return message

    def _note(self, schema: dict[str, Any], value: Any) -> None:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        schema = resolved(schema)
        if schema["type"] == "array":
            for item in value:
                self._note(schema["items"], item)
        elif "properties" in schema:
            self.seen[name] |= value.keys()
            for field, member in value.items():
                self._note(schema["properties"][field], member)
        elif isinstance(entry := schema.get("additionalProperties"), dict):
            for member in value.values():
                self._note(entry, member)


async def be_a_team(life: Life) -> None:
    """T-067 to T-079 are of these."""
    cast, somebody = life.cast, life.cast.outsider
    about = {"display_name": "Dee", "avatar_url": "dee.png", "location": "UK", "timezone": "UTC"}
    for player in (somebody, cast.member):
        answered(await cast.api.put("/v2/account", json=about, headers=player.headers))
    look = {"desc": "By night.", "avatar_url": "owl.png", "lang_tag": "de", "setup_metadata": '{"a":"b"}'}
    await life.ask(somebody, "TEAMS_CREATE", name=f"Owls {somebody.id}", open=True, **look)
    await life.ask(somebody, "TEAMS_LIST", limit=1)
    await life.ask(somebody, "TEAMS_SEARCH", input=f"Owls {somebody.id}")
    await life.ask(somebody, "TEAMS_USER_TEAMS_LIST")
    await life.call(cast.admin, "TEAMS_UPDATE", avatar_url="dee.png")
    await life.call(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="hello")


async def own_things(life: Life) -> None:
    cast = life.cast
    await life.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"gold": 5})
    for item in ("offer", "offer", "offer", "parcel"):
        await life.call(cast.member, "TEAMS_STORE_PURCHASE", item_id=item)
    await life.call(cast.member, "TEAMS_STORE_GET")
    await life.call(cast.member, "TEAMS_INVENTORY_LIST")
    owned = (await life.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY"))["items"]
    consumed = {"items": {"flag": "1"}, "instances": dict.fromkeys(owned, "1")}
    await life.call(cast.admin, "TEAMS_INVENTORY_CONSUME", **consumed)
    changes = {key: {"string_properties": {"colour": "blue"}} for key in owned}
    await life.call(cast.admin, "TEAMS_INVENTORY_UPDATE", item_updates=changes)
    entries = (await life.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST", limit=1))["entries"]
    await life.call(cast.member, "TEAMS_REWARD_MAILBOX_CLAIM", entry_id=entries[0]["id"])


async def achieve(life: Life) -> None:
    cast = life.cast
    stats = {"public": [{"name": "level", "value": 3}], "private": [{"name": "rating", "value": -5}]}
    await life.call(cast.admin, "TEAMS_STATS_UPDATE", **stats)
    await life.call(cast.member, "TEAMS_ACHIEVEMENTS_UPDATE", achievements={"first": 1, "deed": 1, "part": 1})
    await life.call(cast.member, "TEAMS_ACHIEVEMENTS_GET")
    await life.call(cast.member, "TEAMS_ACHIEVEMENTS_UPDATE", achievement_ids=["deed"], amount=1)
    await life.call(cast.member, "TEAMS_ACHIEVEMENTS_UPDATE", achievement_ids=["part"], amount=1)


async def compete(life: Life) -> None:
    cast, race = life.cast, {"event_leaderboard_id": "race"}
    await life.call(cast.member, "TEAMS_EVENT_LEADERBOARD_GET", **race)
    await life.call(cast.member, "TEAMS_EVENT_LEADERBOARD_ROLL", metadata='{"a":"b"}', **race)
    score = {"score": 9, "subscore": 2, "metadata": '{"c":"d"}'}
    await life.call(cast.member, "TEAMS_EVENT_LEADERBOARD_UPDATE", **score, **race)
    await life.call(cast.member, "TEAMS_EVENT_LEADERBOARD_UPDATE", **{**score, "score": 4}, **race)
    await life.call(cast.member, "TEAMS_EVENT_LEADERBOARD_CLAIM", **race)
    await life.call(cast.member, "TEAMS_EVENT_LEADERBOARD_LIST", with_scores=True)


async def give(life: Life, app: Application) -> None:
    member = life.cast.member
    await app.runtime.nk.wallet_update(member.id, {"coins": 100})
    await life.call(member, "TEAMS_GIFT_CONTRIBUTE", gift_id="feast", count=2)
    await life.call(member, "TEAMS_GIFT_LIST")
    await life.call(member, "TEAMS_GIFT_CLAIM", gift_id="feast")


@pytest_asyncio.fixture(scope="module")
async def life(app: Application, app_clock: ShiftedClock) -> AsyncIterator[Life]:
    """A life that has been lived, from nine in the morning on."""
    app_clock.offset = timedelta(hours=-3)
    versions, configured = app.teams.versions, app.teams.versions.current
    versions.current, _ = load(json.dumps(EVERYTHING), source="everything")
    deciding = pytest.MonkeyPatch()
    deciding.setattr(GameTeamHooks, "cohort", _placed)
    deciding.setattr(GameTeamHooks, "user_activity", _active)
    deciding.setattr(GameTeamHooks, "scores_activity", True)
    try:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://kizuna.test") as api:
            life = Life(await assemble(api))
            await be_a_team(life)
            await own_things(life)
            await achieve(life)
            await compete(life)
            await give(life, app)
            yield life
    finally:
        deciding.undo()
        versions.current = configured
        app_clock.offset = timedelta(0)


async def _placed(*_arguments: Any) -> CohortChoice:
    return CohortChoice("", {"region": "north"})


async def _active(_hooks: Any, user_ids: Sequence[str]) -> dict[str, int]:
    return dict.fromkeys(user_ids, 1)


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name not in NO_ANSWERS])
async def test_every_field_of_a_message_is_told(life: Life, name: str) -> None:
    """T-067 to T-079, T-177 to T-188, T-189 to T-212, T-244 to T-292, T-341 to T-357, T-384 to T-392,
    T-408 to T-418, T-432 to T-442, T-449 to T-451, T-460: each by its name, and nothing besides."""
    unseen = SCHEMAS[name]["properties"].keys() - life.seen[name]
    assert unseen == WITHOUT.get(name, set())
