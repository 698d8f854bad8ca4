"""What game code decides about Teams, and what becomes of calls when it fails."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import kizuna.runtime as rt
from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError
from kizuna.runtime import Nakama
from kizuna.runtime.api import teams
from kizuna.runtime.errors import RegistrationError
from kizuna.runtime.functions import CallbackFunction
from kizuna.teams.rewards.sources import SourceKind
from tests.runtime.conftest import Folder
from tests.runtime.teams.conftest import GAME, Told
from tests.support.applications import client_of, running_application
from tests.support.waiting import wait_until_async
from tests.teams.support import CONFIG, Cast, answered, ask, assemble, refused

DOCS = Path(__file__).parents[3] / "docs"

GOLD = {"guaranteed": {"currencies": {"guild_gold": {"min": 10}}}}

Earn = Callable[[Nakama, Cast, ShiftedClock], Awaitable[Any]]


async def buy(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    return await nk.teams.store_purchase(cast.team, "key_bundle", user_id=cast.member.id)


async def consume(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    await nk.teams.inventory_grant(cast.team, {"raid_key": 1})
    return await nk.teams.inventory_consume(cast.team, {"raid_key": 1}, user_id=cast.admin.id)


async def achieve(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    return await nk.teams.achievements_update(cast.team, ["feast"], 5, user_id=cast.member.id)


async def achieve_in_part(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    await nk.teams.achievements_update(cast.team, ["first_raid"], 1)
    return await nk.teams.achievements_update(cast.team, ["raid_master_25"], 25)


async def achieve_all(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    await achieve_in_part(nk, cast, clock)
    await nk.teams.achievements_update(cast.team, ["raid_master"], 100)
    return await nk.teams.achievements_update(cast.team, ["raid_master_50"], 50)


async def win(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    await nk.teams.event_leaderboard_roll(cast.team, "weekly_siege")
    await nk.teams.event_leaderboard_update(cast.team, cast.member.id, "weekly_siege", 1)
    clock.offset += timedelta(days=5)
    return await nk.teams.event_leaderboard_claim(cast.team, "weekly_siege")


async def open_mail(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    entry = await nk.teams.mailbox_grant(cast.team, GOLD)
    return await nk.teams.mailbox_claim(cast.team, entry.id)


async def contribute(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    await nk.wallet_update(cast.member.id, {"coins": 1000})
    return await nk.teams.gift_contribute(cast.team, cast.member.id, "winter_feast", 5)


async def unwrap(nk: Nakama, cast: Cast, clock: ShiftedClock) -> Any:
    for player in cast.members:
        await nk.wallet_update(player.id, {"coins": 1000})
        await nk.teams.gift_contribute(cast.team, player.id, "winter_feast", 5)
    return await nk.teams.gift_claim(cast.team, cast.member.id, "winter_feast")


#: How a reward of each kind comes about, the id of what it is for, and a part of it.
EARNED: dict[SourceKind, tuple[Earn, str, dict[str, int]]] = {
    SourceKind.STORE_PURCHASE: (buy, "key_bundle", {"raid_key": 3}),
    SourceKind.INVENTORY_CONSUME: (consume, "raid_key", {}),
    SourceKind.ACHIEVEMENT: (achieve, "feast", {"guild_gold": 5}),
    SourceKind.SUB_ACHIEVEMENT: (achieve_in_part, "raid_master_25", {"guild_gold": 100}),
    SourceKind.ACHIEVEMENT_TOTAL: (achieve_all, "raid_master", {"ember_shards": 25}),
    SourceKind.EVENT_LEADERBOARD: (win, "weekly_siege", {"guild_gold": 300}),
    SourceKind.MAILBOX_CLAIM: (open_mail, "", {"guild_gold": 10}),
    SourceKind.GIFT_CONTRIBUTE_REWARD: (contribute, "winter_feast", {}),
    SourceKind.GIFT_CONTRIBUTE_COST: (contribute, "winter_feast", {"coins": 25}),
    SourceKind.GIFT_CLAIM: (unwrap, "winter_feast", {"coins": 40}),
}


@pytest.mark.parametrize("kind", EARNED)
async def test_rewards_of_every_source_pass_the_games_function(
    nk: Nakama, cast: Cast, clock: ShiftedClock, game: Told, noon: None, kind: SourceKind
) -> None:
    """T-167: with what they are for and what they give."""
    earn, source_id, contents = EARNED[kind]
    await earn(nk, cast, clock)
    told = game.rewards(kind)
    assert told
    mode, _, _, rolled = told[0]
    assert mode == (
        f"team_reward {kind}" if kind in ("store_purchase", "gift_contribute_cost") else "team_reward"
    )
    assert (rolled.team_id, rolled.source) == (cast.team, kind)
    assert game.rewards("mailbox_grant") == []  # which the game has sent itself
    assert type(rolled.source) is str
    if source_id:
        assert rolled.source_id == source_id
    given = {**rolled.reward.currencies, **rolled.reward.items}
    assert {id: given[id] for id in contents} == contents


async def test_a_function_is_told_whose_call_it_is(
    nk: Nakama, cast: Cast, clock: ShiftedClock, game: Told
) -> None:
    await buy(nk, cast, clock)
    await open_mail(nk, cast, clock)
    assert game.rewards("store_purchase")[0][1:3] == (cast.member.id, cast.member.username)
    assert game.rewards("mailbox_claim")[0][1:3] == ("", "")


async def changed_in_place(ctx: rt.Context, rolled: rt.RolledReward) -> None:
    rolled.reward.items["raid_key"] = 5
    rolled.reward.currencies["ember_shards"] = 7


async def replaced(ctx: rt.Context, rolled: rt.RolledReward) -> teams.Reward:
    return teams.Reward(items={"raid_key": 5}, currencies={"ember_shards": 7})


@pytest.mark.parametrize("deed", [changed_in_place, replaced])
async def test_what_a_function_makes_of_a_reward_is_granted(cast: Cast, game: Told, deed: Any) -> None:
    """T-167: in place of what was rolled, through the wire."""
    game.deeds["store_purchase"] = deed
    ack = await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")
    assert (ack["reward"]["items"], ack["reward"]["currencies"]) == ({"raid_key": "5"}, {"ember_shards": "7"})
    assert ack["wallet"] == {"guild_gold": "10", "ember_shards": "7"}
    assert [item["count"] for item in ack["inventory"]["items"].values()] == ["5"]


async def nothing_at_all(ctx: rt.Context, rolled: rt.RolledReward) -> teams.Reward:
    return teams.Reward()


async def test_a_reward_of_nothing_grants_nothing(cast: Cast, game: Told) -> None:
    game.deeds["store_purchase"] = nothing_at_all
    ack = await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")
    assert ack["wallet"] == {"guild_gold": "10", "ember_shards": "0"}
    assert "inventory" not in ack


async def refusing(ctx: rt.Context, rolled: rt.RolledReward) -> None:
    raise rt.Error("not on my watch", 9)


async def failing(ctx: rt.Context, rolled: rt.RolledReward) -> None:
    raise LookupError("who is there?")


async def forwarding(ctx: rt.Context, rolled: rt.RolledReward) -> None:
    await ctx.nk.teams.wallet_grant(rolled.team_id, {"no_such_currency": 1})


async def hanging(ctx: rt.Context, rolled: rt.RolledReward) -> None:
    await asyncio.sleep(60)


async def leaving(ctx: rt.Context, rolled: rt.RolledReward) -> None:
    raise asyncio.CancelledError


async def talking(ctx: rt.Context, rolled: rt.RolledReward) -> Any:
    return {"items": {}}


async def counting_wrong(ctx: rt.Context, rolled: rt.RolledReward) -> None:
    rolled.reward.items["raid_key"] = "many"  # type: ignore[assignment]


FAULT = "internal error occurred"


@pytest.mark.parametrize(
    ("deed", "status", "code", "message", "logged"),
    [
        (refusing, 400, 9, "not on my watch", ""),
        (failing, 500, 13, FAULT, "who is there?"),
        (forwarding, 500, 13, FAULT, "is being changed by the call that asks"),
        (hanging, 504, 4, "context deadline exceeded", "it took longer than runtime.call_timeout_ms"),
        (leaving, 500, 13, FAULT, "CancelledError"),
        (talking, 500, 13, FAULT, "nonsense: it must be Reward, not dict"),
        (counting_wrong, 500, 13, FAULT, "nonsense: .items['raid_key'] must be an int, not str"),
    ],
)
async def test_a_function_that_fails_ends_the_call_without_a_trace(
    cast: Cast,
    game: Told,
    caplog: pytest.LogCaptureFixture,
    deed: Any,
    status: int,
    code: int,
    message: str,
    logged: str,
) -> None:
    """T-025, T-167, T-175: nothing is committed, and the team is free again. The player is told what the game
    refuses with, and of anything else nothing that the log has."""
    game.deeds["store_purchase"] = deed
    answer = await cast.ask(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")
    assert refused(answer) == (status, code, message)
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [logged in record.getMessage() for record in errors] == ([True] if logged else [])
    assert all(record.exc_info for record in errors if "nonsense" not in logged)
    del game.deeds["store_purchase"]
    wallet = await cast.call(cast.member, "TEAMS_WALLET_GET")
    assert wallet["currencies"]["guild_gold"] == "100"
    assert (await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle"))["reward"]


async def test_a_refusal_stands_in_rest_answers_too(cast: Cast, game: Told) -> None:
    game.deeds["store_purchase"] = refusing
    answer = await cast.api.post(
        f"/v2/team/{cast.team}/store/key_bundle/purchase", headers=cast.member.headers
    )
    assert answer.json() == {"error": "not on my watch", "code": 9, "message": "not on my watch"}


async def test_a_function_can_read_its_team_but_not_change_it(
    cast: Cast, game: Told, caplog: pytest.LogCaptureFixture
) -> None:
    """A change would wait for the very call that waits for it: it is refused at once."""
    read: list[teams.TeamWallet] = []

    async def reading_and_changing(ctx: rt.Context, rolled: rt.RolledReward) -> None:
        read.append(await ctx.nk.teams.wallet_get(rolled.team_id))
        await ctx.nk.teams.wallet_grant(rolled.team_id, {"guild_gold": 1})

    game.deeds["store_purchase"] = reading_and_changing
    answer = await cast.ask(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")
    assert refused(answer) == (500, 13, FAULT)
    assert f"group {cast.team} is being changed by the call that asks" in caplog.text
    assert read[0].currencies["guild_gold"] == 100


async def test_a_function_can_change_another_team(nk: Nakama, cast: Cast, game: Told) -> None:
    other = await nk.group_create(cast.outsider.id, f"other {cast.team}")

    async def sharing(ctx: rt.Context, rolled: rt.RolledReward) -> None:
        await ctx.nk.teams.wallet_grant(other.id, {"guild_gold": 1})

    game.deeds["store_purchase"] = sharing
    await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")
    assert (await nk.teams.wallet_get(other.id)).currencies["guild_gold"] == 101


# --- activity ---


class Together:
    """Where functions wait until two of them are within their calls."""

    def __init__(self) -> None:
        self._came = 0
        self._enough = asyncio.Event()

    async def wait(self) -> None:
        self._came += 1
        if self._came == 2:
            self._enough.set()
        await self._enough.wait()


async def test_functions_that_write_wait_for_nobody_who_waits_for_them(
    app: Application, nk: Nakama, game: Told
) -> None:
    """However many there are: others, and what they write themselves, always find a connection."""

    together = Together()

    async def deed(ctx: rt.Context, rolled: rt.RolledReward) -> None:
        await together.wait()
        await ctx.nk.wallet_update(ctx.user_id, {"bonus": 1})
        await ctx.nk.storage_write([rt.StorageWrite("bonus", "seen", {}, user_id=ctx.user_id)])

    game.deeds["store_purchase"] = deed
    async with client_of(app) as api:
        casts = [await assemble(api) for _ in range(8)]
        buyers = [cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle") for cast in casts]
        async with asyncio.timeout(8):
            await asyncio.gather(*buyers)
        for cast in casts:
            account = await nk.account_get(cast.member.id)
            assert account.wallet == {"bonus": 1}


async def test_functions_that_change_one_team_of_all(app: Application, nk: Nakama, game: Told) -> None:
    """A tithe to a team that others change as well, and whose own rewards go the same way."""
    async with client_of(app) as api:
        hub, *casts = [await assemble(api) for _ in range(7)]

        together = Together()

        async def tithe(ctx: rt.Context, rolled: rt.RolledReward) -> None:
            if rolled.team_id != hub.team:
                await together.wait()
                await ctx.nk.teams.wallet_grant(hub.team, {"guild_gold": 1})

        game.deeds["store_purchase"] = tithe
        buyers = [
            cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle") for cast in (*casts, hub)
        ]
        grants = [hub.call(hub.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 10}) for _ in range(5)]
        async with asyncio.timeout(8):
            await asyncio.gather(*buyers, *grants)
        wallet = await nk.teams.wallet_get(hub.team)
        assert wallet.currencies["guild_gold"] == 100 - 90 + 6 + 50


async def test_functions_whose_changes_ask_the_game_again(app: Application, nk: Nakama, game: Told) -> None:
    """Three teams at once, each of which changes a second one, whose function writes as well."""
    async with client_of(app) as api:
        casts = [await assemble(api) for _ in range(6)]
        second = {casts[n].team: casts[n + 3].team for n in range(3)}

        together = Together()

        async def chain(ctx: rt.Context, rolled: rt.RolledReward) -> None:
            if rolled.team_id in second:
                await together.wait()
                await ctx.nk.teams.store_purchase(second[rolled.team_id], "key_bundle")
            else:
                await ctx.nk.wallet_update(casts[0].outsider.id, {"bonus": 1})

        game.deeds["store_purchase"] = chain
        async with asyncio.timeout(8):
            await asyncio.gather(
                *(cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle") for cast in casts[:3])
            )
        account = await nk.account_get(casts[0].outsider.id)
        assert account.wallet == {"bonus": 3}


async def test_rolls_wait_for_a_choice_without_holding_up_others(app: Application, game: Told) -> None:
    """Those into the same event go one after the other, and everybody else goes on."""
    inside = asyncio.Event()
    leave = asyncio.Event()

    async def slow(search: Any) -> None:
        inside.set()
        await leave.wait()

    game.deeds["cohort"] = slow
    async with client_of(app) as api:
        bystander, *casts = [await assemble(api) for _ in range(8)]
        rolls = [
            asyncio.create_task(
                cast.call(cast.member, "TEAMS_EVENT_LEADERBOARD_ROLL", event_leaderboard_id="weekly_siege")
            )
            for cast in casts
        ]
        await inside.wait()
        async with asyncio.timeout(5):
            for _ in range(5):
                await bystander.call(bystander.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 1})
        leave.set()
        for answer in await asyncio.gather(*rolls):
            assert answer["cohort_id"]


async def test_activity_is_what_the_game_says(cast: Cast, game: Told) -> None:
    """T-104: of members, whose sum is the team's unless the game says otherwise."""
    scores = {cast.admin.id: 5, cast.member.id: 2, cast.outsider.id: 100}
    game.deeds["user_activity"] = lambda user_ids: {id: scores.get(id, 0) for id in user_ids}

    async def shown() -> dict[str, Any]:
        return answered(await ask(cast.api, cast.outsider, "TEAMS_GET", {"team_id": cast.team}))

    team = await shown()
    assert team["activity"] == "7"
    activities = {member["id"]: member.get("activity") for member in team["members"]}
    assert (activities[cast.admin.id], activities[cast.member.id], activities[cast.member2.id]) == (
        "5",
        "2",
        None,
    )
    weighed: list[teams.Team] = []

    def weigh(team: teams.Team) -> int:
        weighed.append(team)
        return 42

    game.deeds["activity"] = weigh
    assert (await shown())["activity"] == "42"
    assert {member.id: member.activity for member in weighed[0].members}[cast.admin.id] == 5


@pytest.mark.parametrize(
    ("name", "deed"),
    [
        ("user_activity", lambda user_ids: {user_ids[0]: "much"}),
        ("user_activity", lambda user_ids: {user_ids[0]: 2**63}),
        ("user_activity", lambda user_ids: [5]),
        ("activity", lambda team: 2.5),
        ("activity", lambda team: 1 / 0),
    ],
)
async def test_activity_that_is_none_ends_the_call(cast: Cast, game: Told, name: str, deed: Any) -> None:
    game.deeds[name] = deed
    answer = await ask(cast.api, cast.outsider, "TEAMS_GET", {"team_id": cast.team})
    assert refused(answer) == (500, 13, FAULT)


# --- profanity ---


async def test_texts_that_the_game_forbids_are_refused(cast: Cast, game: Told) -> None:
    """T-082, T-093, T-112: names, descriptions and messages."""
    game.deeds["profanity"] = lambda text: "darn" in text
    said = await cast.ask(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="darn it")
    named = await ask(cast.api, cast.outsider, "TEAMS_CREATE", {"name": f"darn {cast.team}"})
    renamed = await cast.ask(cast.admin, "TEAMS_UPDATE", name=f"darn {cast.team}")
    for answer in (said, named, renamed):
        assert refused(answer) == (400, 3, "input contains profanity")
    await cast.call(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="gosh")


async def test_a_check_that_fails_says_so(cast: Cast, game: Told) -> None:
    """T-082: the game's own refusal passes, an accident is told as one."""

    def refused_by_the_game(text: str) -> bool:
        raise rt.Error("be nice", 7)

    game.deeds["profanity"] = lambda text: 1 / 0
    answer = await cast.ask(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="hello")
    assert refused(answer) == (500, 13, "error checking message for profanity")
    game.deeds["profanity"] = refused_by_the_game
    answer = await cast.ask(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="hello")
    assert refused(answer) == (403, 7, "be nice")


# --- cohorts ---


async def test_the_game_chooses_cohorts(nk: Nakama, cast: Cast, game: Told, noon: None) -> None:
    """T-267, T-306: among those with room, or a new one, with what clients are told of it."""
    searches: list[rt.CohortSearch] = []

    def into_a_new_one(search: rt.CohortSearch) -> rt.CohortChoice:
        searches.append(search)
        return rt.CohortChoice("", {"region": "north"})

    game.deeds["cohort"] = into_a_new_one
    other = await nk.group_create(cast.outsider.id, f"rival {cast.team}")
    first = await nk.teams.event_leaderboard_roll(other.id, "weekly_siege")
    assert first.matchmaker_properties == {"region": "north"}

    def into_the_first(search: rt.CohortSearch) -> rt.CohortChoice:
        searches.append(search)
        return rt.CohortChoice(first.cohort_id)

    game.deeds["cohort"] = into_the_first
    second = await nk.teams.event_leaderboard_roll(cast.team, "weekly_siege")
    assert (second.cohort_id, second.count) == (first.cohort_id, 2)
    assert second.matchmaker_properties == {"region": "north"}
    assert (searches[1].event_leaderboard_id, searches[1].team_id, searches[1].tier) == (
        "weekly_siege",
        cast.team,
        0,
    )
    offered = next(each for each in searches[1].cohorts if each.id == first.cohort_id)
    assert offered == rt.Cohort(first.cohort_id, 1, 20, {"region": "north"})


@pytest.mark.parametrize(
    "choice", [rt.CohortChoice("elsewhere"), rt.CohortChoice("", {"a": object()}), "any"]
)
async def test_a_choice_that_is_none_ends_the_call(
    nk: Nakama, cast: Cast, game: Told, noon: None, choice: Any
) -> None:
    game.deeds["cohort"] = lambda search: choice
    with pytest.raises(ApiError) as refusal:
        await nk.teams.event_leaderboard_roll(cast.team, "weekly_siege")
    assert refusal.value.code == 13
    assert (await nk.teams.event_leaderboard_get(cast.team, "weekly_siege")).cohort_id == ""


# --- other games ---


async def test_after_a_reload_new_calls_use_the_new_functions(
    database_url: str, app_clock: ShiftedClock, folder: Folder
) -> None:
    code = """
    def register(app):
        @app.team_reward()
        async def decided(ctx, rolled):
            rolled.reward.items["raid_key"] = {count}
    """
    folder.write("guild.py", code.format(count=1))
    sections = {"teams": {"config": CONFIG}, "runtime": {"modules": [folder.path]}}
    async with (
        running_application(database_url, app_clock, sections, reload=True) as app,
        client_of(app) as api,
    ):
        cast = await assemble(api)

        async def keys() -> str:
            await app.runtime.nk.teams.wallet_grant(cast.team, {"guild_gold": 90})
            ack = await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")
            return str(ack["reward"]["items"]["raid_key"])

        assert await keys() == "1"
        loaded = app.runtime._game
        folder.write("guild.py", code.format(count=22 - 20))

        async def reloaded() -> bool:
            return app.runtime._game is not loaded

        await wait_until_async(reloaded, what="the new game")
        assert await keys() == "2"


# --- registration ---


def test_a_source_must_exist() -> None:
    assert {*SourceKind} - {*EARNED} == {SourceKind.MAILBOX_GRANT}
    app = rt.App()
    with pytest.raises(RegistrationError, match="no rewards of 'shop', but of store_purchase, "):
        app.team_reward("shop")


def test_the_decorator_for_all_sources_needs_its_parentheses() -> None:
    app = rt.App()
    with pytest.raises(RegistrationError, match=r"write @app\.team_reward\(\)"):

        @app.team_reward  # type: ignore[call-overload]
        async def decided(ctx: rt.Context, rolled: rt.RolledReward) -> None: ...


@pytest.mark.parametrize("configured", [True, False])
async def test_the_log_warns_of_functions_without_teams(
    database_url: str, clock: ShiftedClock, folder: Folder, caplog: pytest.LogCaptureFixture, configured: bool
) -> None:
    """One line names all of them."""
    folder.write("guild.py", GAME)
    sections = {"teams": {"config": CONFIG if configured else None}, "runtime": {"modules": [folder.path]}}
    async with running_application(database_url, clock, sections):
        pass
    warnings = [text for text in caplog.messages if "teams.config is not set" in text]
    kinds = "team_activity, team_cohort, team_event, team_profanity, team_reward, team_reward gift_contribute"
    assert [kinds in text for text in warnings] == ([] if configured else [True])


def test_functions_are_registered_by_calls_and_as_decorators() -> None:
    app = rt.App()
    app.team_reward("achievement", replaced)
    app.team_reward()(changed_in_place)
    assert app.close().callbacks.keys() == {"team_reward achievement", "team_reward"}


async def _scored(ctx: rt.Context, user_ids: list[str]) -> dict[str, int]:
    return dict.fromkeys(user_ids, 1)


async def _weighed(ctx: rt.Context, team: teams.Team) -> int | None:
    return team.edge_count


async def _rude(ctx: rt.Context, text: str) -> bool:
    return False


async def _placed(ctx: rt.Context, search: rt.CohortSearch) -> rt.CohortChoice | None:
    return None


async def _noted(ctx: rt.Context, event: rt.TeamEvent) -> None: ...


def test_typed_functions_of_every_kind_are_taken() -> None:
    app = rt.App()
    app.team_event(_noted)
    app.team_user_activity(_scored)
    app.team_activity(_weighed)
    app.team_profanity(_rude)
    app.team_cohort(_placed)
    functions = app.close()
    assert [*functions.handlers] == ["team_event"]
    assert [*functions.callbacks] == ["team_user_activity", "team_activity", "team_profanity", "team_cohort"]


async def _wrong_argument(ctx: rt.Context, rolled: teams.Reward) -> None: ...


async def _wrong_result(ctx: rt.Context, rolled: rt.RolledReward) -> rt.RolledReward: ...  # type: ignore[empty-body]


async def _too_few(ctx: rt.Context) -> None: ...


def _not_async(ctx: rt.Context, rolled: rt.RolledReward) -> None: ...


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (_wrong_argument, "takes api.Reward where rt.RolledReward comes"),
        (_wrong_result, "returns rt.RolledReward where api.Reward or None is wanted"),
        (_too_few, "two arguments, context and rolled"),
        (_not_async, "must be defined with async def"),
    ],
)
def test_functions_that_cannot_be_called_so_are_refused(function: Any, complaint: str) -> None:
    with pytest.raises(RegistrationError, match=complaint):
        CallbackFunction("team_reward", function)


async def test_the_teams_of_a_game_without_functions_are_as_they_were(
    nk: Nakama, cast: Cast, app: Application, game: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is called, and no event is made, where there is no function."""
    functions = app.runtime._game.functions
    monkeypatch.setattr(app.runtime, "_game", type(app.runtime._game)())
    assert not app.team_events.handled
    await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")
    await cast.call(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="darn")
    assert game.told == []
    assert functions
