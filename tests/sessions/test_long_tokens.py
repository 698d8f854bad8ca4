"""Game code may make tokens that outlive the configured lifetimes; what ends them ends them for good."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from kizuna.clock import ShiftedClock
from tests.identity.support import ban, unban
from tests.sessions.conftest import Node, running_node
from tests.sessions.support import lives, logout
from tests.support.players import Player, sign_in_async
from tests.support.waiting import wait_until_async

Nodes = tuple[Node, Node]

MONTH = 30 * 86_400

#: Longer than any token of the default settings lives and any end is kept for, and no month.
LONGER_THAN_USUAL = timedelta(seconds=3_600 + 300)


async def made(node: Node, player: Player, clock: ShiftedClock, lifetime: float = MONTH) -> str:
    """A token of game code's making that lives so many seconds."""
    token = await node.app.runtime.nk.authenticate_token_generate(
        player.id, username="somebody", expires_at=int(clock.unix() + lifetime)
    )
    return token.token


async def clean_up(*nodes: Node) -> None:
    """What each process does once a minute."""
    for node in nodes:
        await node.app._revocations.clean_up()


async def delete_account(node: Node, player: Player) -> Any:
    return await node.api.delete("/v2/account", headers=player.headers)


#: Whatever ends all sessions of a player: on which process, of whom.
ENDS: dict[str, Callable[[Node, Player], Awaitable[Any]]] = {
    "ban": lambda node, player: node.app.runtime.nk.users_ban([player.id]),
    "ban in a function": lambda node, player: ban(node.api, player.id),
    "logout of all": lambda node, player: node.app.runtime.nk.session_logout(player.id),
    "logout by the player": lambda node, player: logout(node.api, player.token),
    "deletion": lambda node, player: node.app.runtime.nk.account_delete(player.id),
    "deletion by the player": delete_account,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_an_end_lasts_as_long_as_the_token(
    nodes: Nodes, clock: ShiftedClock, database_url: str, end: Callable[[Node, Player], Awaitable[Any]]
) -> None:
    here, there = nodes
    player, neighbour = await sign_in_async(here.api), await sign_in_async(here.api)
    token, living = await made(here, player, clock), await made(here, neighbour, clock)
    await clean_up(here, there)
    assert await lives(there.api, token)
    await end(there, player)
    assert not await lives(there.api, token)
    for step in (LONGER_THAN_USUAL, timedelta(seconds=MONTH / 2)):
        clock.offset += step
        await clean_up(here, there)
        async with running_node(database_url, clock) as later:
            for node in (here, there, later):
                assert not await lives(node.api, token)
                assert await lives(node.api, living)


async def test_a_token_made_after_an_end_lives_and_ends_by_the_next(
    nodes: Nodes, clock: ShiftedClock
) -> None:
    here, there = nodes
    player = await sign_in_async(here.api)
    first = await made(here, player, clock)
    await ban(here.api, player.id)
    await unban(here.api, player.id)
    second = await made(there, player, clock, 2 * MONTH)
    clock.offset += LONGER_THAN_USUAL
    await clean_up(here, there)
    for node in nodes:
        assert [await lives(node.api, token) for token in (first, second)] == [False, True]
    await here.app.runtime.nk.session_logout(player.id)
    clock.offset += timedelta(seconds=1.5 * MONTH)
    await clean_up(here, there)
    for node in nodes:
        assert not await lives(node.api, second)


async def test_a_shorter_token_does_not_shorten_what_is_kept(nodes: Nodes, clock: ShiftedClock) -> None:
    here, there = nodes
    player = await sign_in_async(here.api)
    long = await made(here, player, clock)
    await made(there, player, clock, 7_200)
    await ban(there.api, player.id)
    clock.offset += timedelta(seconds=7_200 + 300)
    await clean_up(here, there)
    assert not await lives(here.api, long)


async def test_tokens_made_while_a_ban_is_under_way(nodes: Nodes, clock: ShiftedClock) -> None:
    """Each is either from before the ban and ends for good, or from after it and lives on."""
    here, there = nodes
    players = [await sign_in_async(here.api) for _ in range(8)]
    tokens: list[str] = []

    async def make(node: Node, player: Player) -> None:
        tokens.append(await made(node, player, clock))

    for player in players:
        await asyncio.gather(*[make(node, player) for node in nodes * 2], ban(there.api, player.id))

    async def alive(node: Node) -> list[bool]:
        return [await lives(node.api, token) for token in tokens]

    before = await alive(there)

    async def agreed() -> bool:
        return await alive(here) == before

    await wait_until_async(agreed, within=2, what="the ban on the other process")
    clock.offset += LONGER_THAN_USUAL
    await clean_up(here, there)
    assert await alive(here) == await alive(there) == before


async def test_only_long_tokens_are_written_down_and_only_while_they_live(
    nodes: Nodes, clock: ShiftedClock, database_url: str
) -> None:
    here, there = nodes
    usual, long = await sign_in_async(here.api), await sign_in_async(here.api)
    for lifetime in (30, 3_590):
        await made(here, usual, clock, lifetime)
    await here.app.runtime.nk.authenticate_token_generate(usual.id)
    await made(here, long, clock)
    connection = await asyncpg.connect(database_url)

    async def kept() -> list[bool]:
        rows = await connection.fetch("select user_id::text from session_cutoff")
        return [player.id in {row["user_id"] for row in rows} for player in (usual, long)]

    try:
        assert await kept() == [False, True]
        clock.offset += timedelta(seconds=MONTH - 10)
        await clean_up(here, there)
        assert await kept() == [False, True]
        clock.offset += timedelta(seconds=120)
        await clean_up(here, there)
        assert await kept() == [False, False]
    finally:
        await connection.close()


async def test_a_token_for_ever_ends_for_ever(nodes: Nodes, clock: ShiftedClock) -> None:
    here, there = nodes
    player = await sign_in_async(here.api)
    token = await made(here, player, clock, 2**62)
    await ban(there.api, player.id)
    clock.offset += timedelta(days=365 * 1000)
    await clean_up(here, there)
    for node in nodes:
        assert not await lives(node.api, token)
