"""What game code is told of teams, once it is done."""

import logging
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest

import kizuna.runtime as rt
from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.runtime import Nakama
from tests.runtime.teams.conftest import Told
from tests.support.players import sign_in_async
from tests.support.waiting import wait_until_async
from tests.teams.support import Cast, answered, ask, refused


async def told_of(game: Told, team_id: str, count: int) -> list[rt.TeamEvent]:
    """Events of a team, when there are so many."""

    async def enough() -> list[rt.TeamEvent]:
        events = game.events(team_id)
        return events if len(events) >= count else []

    return await wait_until_async(enough, what=f"{count} events")


async def test_an_event_has_its_name_id_time_metadata_and_value(
    cast: Cast, game: Told, clock: ShiftedClock
) -> None:
    """T-035: and the function knows what it is called for."""
    before = int(clock.unix())
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 5, "ember_shards": 2})
    events = {event.metadata["currencyId"]: event for event in await told_of(game, cast.team, 2)}
    gold = events["guild_gold"]
    assert (gold.name, gold.value) == ("currencyGranted", 5)
    assert gold.metadata == {"teamId": cast.team, "currencyId": "guild_gold", "source": "wallet_grant"}
    assert before <= gold.timestamp <= clock.unix()
    assert uuid.UUID(gold.id).version == 4
    assert gold.id != events["ember_shards"].id
    assert {each[0] for each in game.told if len(each) == 2} == {"team_event"}


#: The members of each event's metadata besides `teamId`, and whether it has a value.
EVENTS = {
    "teamCreated": ({"open"}, True),
    "achievementUpdated": ({"achievementId"}, True),
    "teamAchievementClaimed": ({"achievementId"}, False),
    "teamEventLeaderboardRolled": ({"eventLeaderboardId"}, False),
    "teamEventLeaderboardUpdated": ({"eventLeaderboardId", "subscore"}, True),
    "teamEventLeaderboardClaimed": ({"eventLeaderboardId"}, False),
    "teamItemsGranted": ({"itemId", "source"}, True),
    "teamItemsConsumed": ({"itemId"}, True),
    "teamItemUpdated": ({"itemId", "stringProperties", "numericProperties"}, False),
    "statUpdated": ({"name", "operator"}, True),
    "currencyGranted": ({"currencyId", "source"}, True),
    "currencySpent": ({"currencyId", "source"}, True),
    "rewardModifierGranted": ({"id", "type", "operator", "durationSec"}, True),
}


async def everything(nk: Nakama, player: str, clock: ShiftedClock) -> str:
    """Do all that there is an event for, with a new team; its id."""
    calls = nk.teams
    team = (await calls.create(player, f"busy {uuid.uuid4()}", open=True)).id
    await calls.achievements_update(team, ["first_raid"], 1)
    await calls.achievements_claim(team, ["first_raid"])
    await calls.event_leaderboard_roll(team, "weekly_siege")
    await calls.event_leaderboard_update(team, player, "weekly_siege", 1, 2)
    items = await calls.inventory_grant(team, {"raid_key": 1, "war_banner": 1})
    banner = next(id for id, item in items.items() if item.id == "war_banner")
    await calls.inventory_update(team, {banner: rt.ItemProperties({"colour": "blue"})})
    await calls.inventory_consume(team, {"raid_key": 1})
    await calls.stats_update(team, public=[rt.StatUpdate("level", 2, "delta")])
    await calls.wallet_grant(team, {"ember_shards": 5})
    await calls.store_purchase(team, "double_gold_day")
    clock.offset += timedelta(days=5)
    await calls.event_leaderboard_claim(team, "weekly_siege")
    return team


async def test_there_is_an_event_of_everything(
    nk: Nakama, api: httpx.AsyncClient, game: Told, clock: ShiftedClock, noon: None
) -> None:
    """T-035: with the members and values of the list."""
    player = await sign_in_async(api)
    team = await everything(nk, player.id, clock)

    async def all_of_them() -> bool:
        return {event.name for event in game.events(team)} >= EVENTS.keys()

    await wait_until_async(all_of_them, what="one event of each kind")
    for event in game.events(team):
        members, has_value = EVENTS[event.name]
        assert event.metadata.keys() == {"teamId", *members}, event
        assert (event.value is not None) is has_value, event
    of = {event.name: event for event in game.events(team)}
    assert (of["teamCreated"].value, of["teamCreated"].metadata["open"]) == (20, "true")
    assert (of["statUpdated"].value, of["statUpdated"].metadata["operator"]) == (
        3,
        "STAT_UPDATE_OPERATOR_DELTA",
    )
    assert of["teamEventLeaderboardUpdated"].metadata["subscore"] == "2"


async def test_nothing_is_told_of_what_was_refused(nk: Nakama, cast: Cast, game: Told) -> None:
    """T-035: only of what is committed."""

    async def refusing(ctx: rt.Context, rolled: rt.RolledReward) -> None:
        raise rt.Error("no")

    game.deeds["store_purchase"] = refusing
    refused(await cast.ask(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle"))
    refused(await cast.ask(cast.member, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 1}))
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"ember_shards": 9})
    events = await told_of(game, cast.team, 1)
    assert [(event.name, event.value) for event in events] == [("currencyGranted", 9)]


async def test_a_function_that_fails_is_logged_and_nothing_else(
    cast: Cast,
    game: Told,
    app: Application,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def failing(ctx: rt.Context, event: rt.TeamEvent) -> None:
        event.metadata.clear()
        raise LookupError("what now?")

    handler = app.runtime._game.functions.handlers["team_event"][0]
    failing_first = [type(handler)("team_event", failing), handler]
    monkeypatch.setitem(app.runtime._game.functions.handlers, "team_event", failing_first)
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 5})
    assert (await told_of(game, cast.team, 1))[0].metadata["currencyId"] == "guild_gold"
    error = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert "'currencyGranted': what now?" in error.getMessage()


async def test_an_event_takes_up_memory_by_its_texts() -> None:
    def size(**metadata: str) -> int:
        return rt.TeamEvent("name", "id", 1, metadata, None).size

    assert size(a="x" * 10_000) - size(a="x") > 9_000
    assert size(a="", b="") > size(a="")


async def test_an_answer_does_not_wait_for_functions(cast: Cast, game: Told, api: httpx.AsyncClient) -> None:
    """T-035: a team is created while nobody has been told of it yet."""
    answer: Any = answered(
        await ask(api, cast.outsider, "TEAMS_CREATE", {"name": f"quick {cast.team}", "open": False})
    )
    (event,) = await told_of(game, answer["id"], 1)
    assert (event.name, event.metadata, event.value) == (
        "teamCreated",
        {"teamId": answer["id"], "open": "false"},
        20,
    )
