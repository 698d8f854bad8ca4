"""What becomes of others, and of the game's own calls, while a function is asked within a call."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

import kizuna.runtime as rt
from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.groups.turns import ReentryError
from kizuna.runtime import Nakama
from kizuna.teams.admission import TooDeepError
from tests.runtime.conftest import Folder, nakama_of
from tests.runtime.teams.conftest import GAME, Told, told_of
from tests.support.applications import client_of, running_application
from tests.support.players import sign_in_async
from tests.support.waiting import wait_until_async
from tests.teams.support import CONFIG, Cast, answered, assemble, refused

#: How long functions may take, and how soon everything has to be over here, in seconds.
_PATIENCE, _SOON = 30, 15

Change = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def app_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With functions that may take their time."""
    folder = Folder(tmp_path_factory.mktemp("game"))
    folder.write("game.py", GAME)
    return {
        "teams": {"config": CONFIG},
        "runtime": {"modules": [folder.path], "call_timeout_ms": _PATIENCE * 1000},
    }


class Slow:
    """A function that goes on until it is told to end."""

    def __init__(self) -> None:
        self.inside = asyncio.Event()
        self.leave = asyncio.Event()

    async def __call__(self, ctx: rt.Context, rolled: rt.RolledReward) -> None:
        self.inside.set()
        await self.leave.wait()


async def purchase(cast: Cast) -> httpx.Response:
    """A call in which the game is asked for the reward."""
    return await cast.ask(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")


async def delete_account(nk: Nakama, cast: Cast, number: int) -> None:
    player = [cast.admin, cast.admin2, cast.member2, cast.pending, cast.banned][number]
    answered(await cast.api.delete("/v2/account", headers=player.headers))


async def delete_account_by_the_game(nk: Nakama, cast: Cast, number: int) -> None:
    await nk.account_delete([cast.admin, cast.admin2, cast.member2, cast.pending, cast.banned][number].id)


async def update_together(nk: Nakama, cast: Cast, number: int) -> None:
    await nk.multi_update(group_changes=[rt.GroupUpdate(cast.team, description=f"number {number}")])


@pytest.mark.parametrize("deed", [delete_account, delete_account_by_the_game, update_together])
async def test_whoever_waits_for_a_slow_function_holds_up_nobody_else(
    app: Application, nk: Nakama, cast: Cast, game: Told, deed: Change
) -> None:
    """T-027: as many as there are connections wait for one team, and a stranger writes meanwhile."""
    game.deeds["store_purchase"] = slow = Slow()
    buying = asyncio.create_task(purchase(cast))
    await slow.inside.wait()
    waiting = [asyncio.create_task(deed(nk, cast, number)) for number in range(5)]
    queues = app.teams.calls._admission._turns._queues

    async def all_wait() -> bool:
        return len(queues[cast.team]) == 1 + len(waiting)

    await wait_until_async(all_wait, what="everybody in the team's queue")
    stranger = await sign_in_async(cast.api)
    async with asyncio.timeout(_SOON):
        await nk.wallet_update(stranger.id, {"coins": 1})
    assert not any(task.done() for task in waiting)
    slow.leave.set()
    answered(await buying)
    await asyncio.gather(*waiting)


async def test_the_deletion_of_a_member_of_several_groups(nk: Nakama, cast: Cast, game: Told) -> None:
    """It waits for all of them together, and others go on with those that nobody is changing."""
    other = await nk.group_create(cast.superadmin.id, f"other {cast.team}", open=True)
    await nk.group_user_join(other.id, cast.member2.id, cast.member2.username)
    game.deeds["store_purchase"] = slow = Slow()
    buying = asyncio.create_task(purchase(cast))
    await slow.inside.wait()
    deletion = asyncio.create_task(nk.account_delete(cast.member2.id))
    slow.leave.set()
    async with asyncio.timeout(_SOON):
        answered(await buying)
        await deletion
    for group_id in (cast.team, other.id):
        users, _ = await nk.group_users_list(group_id)
        assert cast.member2.id not in [one.user.id for one in users]


async def deletes_a_member(nk: Nakama, cast: Cast) -> None:
    await nk.account_delete(cast.member2.id)


async def changes_the_group_with_others(nk: Nakama, cast: Cast) -> None:
    changes = [rt.GroupUpdate(cast.team, description="mine"), rt.GroupLeave(cast.team, cast.member2.id, "")]
    await nk.multi_update(group_changes=changes)


@pytest.mark.parametrize("change", [deletes_a_member, changes_the_group_with_others])
async def test_a_function_cannot_change_the_group_of_its_team(
    nk: Nakama, cast: Cast, game: Told, change: Change
) -> None:
    """It would wait for itself: it is told so at once, as with calls of Teams."""
    told: list[str] = []

    async def deed(ctx: rt.Context, rolled: rt.RolledReward) -> None:
        with pytest.raises(ReentryError) as refusal:
            await change(ctx.nk, cast)
        told.append(str(refusal.value))

    game.deeds["store_purchase"] = deed
    async with asyncio.timeout(_SOON):
        answered(await purchase(cast))
    assert told == [f"group {cast.team} is being changed by the call that asks"]
    assert (await nk.account_get(cast.member2.id)).user.id == cast.member2.id


async def test_a_function_can_delete_an_account_and_change_groups_elsewhere(
    nk: Nakama, cast: Cast, game: Told
) -> None:
    other = await nk.group_create(cast.outsider.id, f"other {cast.team}")
    goner = await sign_in_async(cast.api)
    await nk.group_users_add(other.id, [goner.id])

    async def deed(ctx: rt.Context, rolled: rt.RolledReward) -> None:
        await ctx.nk.multi_update(group_changes=[rt.GroupUpdate(other.id, description="theirs")])
        await ctx.nk.account_delete(goner.id)

    game.deeds["store_purchase"] = deed
    async with asyncio.timeout(_SOON):
        answered(await purchase(cast))
    [group] = await nk.groups_get_id([other.id])
    assert (group.description, group.edge_count) == ("theirs", 1)


async def grants(nk: Nakama, team: str) -> None:
    await nk.teams.wallet_grant(team, {"guild_gold": 1})


async def updates_the_group(nk: Nakama, team: str) -> None:
    await nk.group_update(team, description="changed by another team")


async def updates_together(nk: Nakama, team: str) -> None:
    await nk.multi_update(group_changes=[rt.GroupUpdate(team, description="changed by another team")])


@pytest.mark.parametrize("change", [grants, updates_the_group, updates_together])
async def test_two_functions_that_change_each_others_teams(
    app: Application, nk: Nakama, game: Told, change: Change
) -> None:
    """T-028, T-029: each would wait for the other; one is refused at once, and the other goes on."""
    async with client_of(app) as api:
        one, two = [await assemble(api) for _ in range(2)]
        other = {one.team: two.team, two.team: one.team}
        both = asyncio.Barrier(2)
        refusals: list[rt.ApiError] = []

        async def deed(ctx: rt.Context, rolled: rt.RolledReward) -> None:
            await both.wait()
            try:
                await change(ctx.nk, other[rolled.team_id])
            except rt.ApiError as error:
                refusals.append(error)
                raise  # to the player

        game.deeds["store_purchase"] = deed
        async with asyncio.timeout(_SOON):
            answers = await asyncio.gather(purchase(one), purchase(two))
    [refusal] = refusals
    [failed] = [answer for answer in answers if answer.status_code != 200]
    assert refused(failed) == (409, 10, "team is busy, try again")
    told = {f"what changes group {cast.team} waits for the call that asks" for cast in (one, two)}
    assert (refusal.code, refusal.message in told) == (rt.Code.ABORTED, True)
    wallets = [(await nk.teams.wallet_get(cast.team)).currencies["guild_gold"] for cast in (one, two)]
    assert sorted(wallets) == ([10, 101] if change is grants else [10, 100])


async def test_functions_that_found_teams(app: Application, game: Told) -> None:
    """However many are asked at a time, what they call does not wait for them."""
    together = asyncio.Barrier(3)
    async with client_of(app) as api:
        casts = [await assemble(api) for _ in range(3)]
        founders = {cast.team: cast.outsider.id for cast in casts}

        async def deed(ctx: rt.Context, rolled: rt.RolledReward) -> None:
            await together.wait()
            await ctx.nk.teams.create(founders[rolled.team_id], f"another than {rolled.team_id}")

        game.deeds["store_purchase"] = deed
        async with asyncio.timeout(_SOON):
            for answer in await asyncio.gather(*map(purchase, casts)):
                answered(answer)


# --- few connections ---


async def writes(nk: Nakama, cast: Cast, other: str) -> None:
    await nk.wallet_update(cast.outsider.id, {"bonus": 1})


async def changes_another_team(nk: Nakama, cast: Cast, other: str) -> None:
    await nk.teams.wallet_grant(other, {"guild_gold": 1})


async def has_another_team_write(nk: Nakama, cast: Cast, other: str) -> None:
    await nk.teams.store_purchase(other, "key_bundle")


@pytest.mark.parametrize(
    ("pool_size", "change", "refusal"),
    [
        (2, writes, (504, 4, "context deadline exceeded")),
        (3, writes, None),
        (4, changes_another_team, (500, 13, "internal error occurred")),
        (5, changes_another_team, None),
        (5, has_another_team_write, None),
    ],
)
async def test_what_functions_can_do_with_few_connections(
    database_url: str,
    app_clock: ShiftedClock,
    folder: Folder,
    caplog: pytest.LogCaptureFixture,
    pool_size: int,
    change: Change,
    refusal: tuple[int, int, str] | None,
) -> None:
    """As the documentation says; where a connection can never be free, Teams say so at once."""
    folder.write("game.py", GAME)
    patience = 500 if refusal and refusal[0] == 504 else _PATIENCE * 1000
    sections: dict[str, Any] = {
        "teams": {"config": CONFIG},
        "runtime": {"modules": [folder.path], "call_timeout_ms": patience},
        "database": {"pool_size": pool_size},
    }
    async with running_application(database_url, app_clock, sections) as app, client_of(app) as api:
        cast, nk = await assemble(api), nakama_of(app)
        other = await nk.group_create(cast.outsider.id, f"other {cast.team}")

        async def deed(ctx: rt.Context, rolled: rt.RolledReward) -> None:
            if rolled.team_id == cast.team:
                await change(ctx.nk, cast, other.id)
            else:
                await writes(ctx.nk, cast, other.id)

        told_of(app).deeds["store_purchase"] = deed
        async with asyncio.timeout(_SOON):
            answer = await purchase(cast)
        assert (None if answer.status_code == 200 else refused(answer)) == refusal
        assert (str(TooDeepError()) in caplog.text) is (
            change is changes_another_team and refusal is not None
        )
