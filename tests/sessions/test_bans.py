"""A banned player has no living session, however the ban and the sign-in interleave."""

import asyncio
from datetime import timedelta

import asyncpg
import httpx

from kizuna.clock import ShiftedClock
from tests.identity.support import (
    PASSWORD,
    ban,
    by_custom,
    by_device,
    by_email,
    new,
    new_email,
    told,
    unban,
    user_of,
    wait_for_a_lock,
)
from tests.sessions.support import lives, refresh
from tests.support.players import Player, sign_in_async

BANNED = (403, 7, "User account banned.")


def just_before_a_full_second(clock: ShiftedClock, seconds: float = 0.004) -> None:
    """Move the clock on, so that what follows falls into two seconds."""
    clock.offset += timedelta(seconds=1 - clock.unix() % 1 + (1 - seconds))


async def test_a_ban_ends_sessions_and_sign_ins(api: httpx.AsyncClient) -> None:
    player, neighbour = await sign_in_async(api), await sign_in_async(api)
    await ban(api, player.id)
    assert not await lives(api, player.token)
    assert (await refresh(api, player.refresh_token)).status_code == 401
    for _ in range(2):
        assert told(await by_device(api, player.device)) == BANNED
    assert told(await by_device(api, player.device, create="false", username=new())) == BANNED
    assert await lives(api, neighbour.token)
    await unban(api, player.id)
    assert not await lives(api, player.token)
    assert await lives(api, (await sign_in_async(api, player.device)).token)


async def test_by_every_identifier(api: httpx.AsyncClient) -> None:
    custom, email, name = new("custom"), new_email(), new("name")
    banned = [await by_custom(api, custom), await by_email(api, email, PASSWORD, username=name)]
    for answer in banned:
        await ban(api, user_of(answer))
    assert told(await by_custom(api, custom)) == BANNED
    assert told(await by_email(api, email, PASSWORD)) == BANNED
    assert told(await by_email(api, email, "a wrong password")) == BANNED
    assert told(await by_email(api, "", PASSWORD, username=name)) == BANNED


async def test_one_second_for_sign_in_and_ban_and_unban(api: httpx.AsyncClient) -> None:
    for _ in range(3):
        player = await sign_in_async(api)
        await ban(api, player.id)
        assert not await lives(api, player.token)
        await unban(api, player.id)
        again = await sign_in_async(api, player.device)
        assert await lives(api, again.token)
        await ban(api, player.id)
        assert not await lives(api, again.token)


async def tokens_during_a_ban(api: httpx.AsyncClient, player: Player) -> list[str]:
    async def sign_in(turns: int) -> httpx.Response:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await by_device(api, player.device)

    async def renew() -> httpx.Response:
        return await refresh(api, player.refresh_token)

    *answers, _ = await asyncio.gather(
        *[sign_in(turns) for turns in (0, 1, 3, 8, 20, 40)], renew(), ban(api, player.id)
    )
    assert {answer.status_code for answer in answers} <= {200, 401, 403}
    return [player.token, *[answer.json()["token"] for answer in answers if answer.status_code == 200]]


async def test_sign_ins_racing_a_ban(api: httpx.AsyncClient) -> None:
    for _ in range(25):
        player = await sign_in_async(api)
        tokens = await tokens_during_a_ban(api, player)
        assert not any([await lives(api, token) for token in tokens])


async def test_sign_ins_racing_a_ban_across_a_full_second(
    api: httpx.AsyncClient, clock: ShiftedClock
) -> None:
    for turn in range(25):
        player = await sign_in_async(api)
        just_before_a_full_second(clock, 0.001 + turn % 5 * 0.0015)
        tokens = await tokens_during_a_ban(api, player)
        assert not any([await lives(api, token) for token in tokens])


async def test_a_ban_while_the_password_is_checked(
    api: httpx.AsyncClient, clock: ShiftedClock, database_url: str
) -> None:
    """That takes long: the ban falls between looking the account up and issuing the session."""
    email = new_email()
    player_id = user_of(await by_email(api, email, PASSWORD))
    await by_email(api, email, "a wrong password")
    holder = await asyncpg.connect(database_url)
    try:
        async with holder.transaction():
            await holder.execute("select from password_attempt for update")
            sign_in = asyncio.create_task(by_email(api, email, PASSWORD))
            await wait_for_a_lock(database_url)
            await ban(api, player_id)
            clock.offset += timedelta(seconds=2)
    finally:
        await holder.close()
    answer = await sign_in
    assert answer.status_code == 403 or not await lives(api, answer.json()["token"])


async def test_an_account_deleted_while_the_password_is_checked(
    api: httpx.AsyncClient, clock: ShiftedClock, database_url: str
) -> None:
    email = new_email()
    first = await by_email(api, email, PASSWORD)
    await by_email(api, email, "a wrong password")
    holder = await asyncpg.connect(database_url)
    try:
        async with holder.transaction():
            await holder.execute("select from password_attempt for update")
            sign_in = asyncio.create_task(by_email(api, email, PASSWORD))
            await wait_for_a_lock(database_url)
            headers = {"Authorization": f"Bearer {first.json()['token']}"}
            assert (await api.delete("/v2/account", headers=headers)).status_code == 200
    finally:
        await holder.close()
    answer = await sign_in
    assert answer.status_code == 404 or not await lives(api, answer.json()["token"])
