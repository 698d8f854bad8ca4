"""Ending one session, or all of a player's."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from kizuna.clock import ShiftedClock
from tests.identity.support import by_device, told
from tests.sessions.support import REFRESH_KEY, good_claims, lives, logout, refresh, signed
from tests.support.players import claims, sign_in_async

OTHERS_SESSION = (400, 3, "Session token invalid.")
OTHERS_REFRESH = (400, 3, "Refresh token invalid.")


def at_the_start_of_a_second(clock: ShiftedClock) -> None:
    """Move the clock on to just after a full second, so that what follows happens in one second."""
    clock.offset += timedelta(seconds=1.01 - clock.unix() % 1)


async def test_a_session_token_takes_its_refresh_token_along(api: httpx.AsyncClient) -> None:
    """Unlike the reference, where it could still be refreshed into sessions that are dead on arrival."""
    player = await sign_in_async(api)
    other = await sign_in_async(api, player.device)
    assert (await logout(api, player.token, token=player.token)).json() == {}
    assert not await lives(api, player.token)
    assert (await refresh(api, player.refresh_token)).status_code == 401
    assert await lives(api, other.token)
    assert (await refresh(api, other.refresh_token)).status_code == 200


async def test_a_refresh_token_leaves_the_session_until_it_expires(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    assert (await logout(api, player.token, refresh_token=player.refresh_token)).status_code == 200
    assert await lives(api, player.token)
    assert (await refresh(api, player.refresh_token)).status_code == 401


async def test_all_renewals_of_a_session_end_together(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    renewed = (await refresh(api, player.refresh_token)).json()
    await logout(api, player.token, token=renewed["token"])
    assert not await lives(api, player.token)
    assert not await lives(api, renewed["token"])
    assert (await refresh(api, renewed["refresh_token"])).status_code == 401


async def test_from_another_session_of_the_same_player(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    other = await sign_in_async(api, player.device)
    for _ in range(2):
        answer = await logout(api, other.token, token=player.token, refresh_token=player.refresh_token)
        assert answer.status_code == 200
    assert not await lives(api, player.token)
    assert await lives(api, other.token)


async def test_tokens_of_somebody_else(api: httpx.AsyncClient) -> None:
    player, stranger = await sign_in_async(api), await sign_in_async(api)
    assert told(await logout(api, player.token, token=stranger.token)) == OTHERS_SESSION
    assert told(await logout(api, player.token, refresh_token=stranger.refresh_token)) == OTHERS_REFRESH
    assert told(await logout(api, player.token, player.refresh_token, player.refresh_token)) == OTHERS_SESSION
    assert told(await logout(api, player.token, player.token, player.token)) == OTHERS_REFRESH
    both = await logout(api, player.token, token=stranger.token, refresh_token=stranger.refresh_token)
    assert told(both) == OTHERS_SESSION
    for token in (player.token, stranger.token):
        assert await lives(api, token)


async def test_a_refusal_ends_nothing(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    assert (await logout(api, player.token, player.token, "nonsense")).status_code == 400
    assert await lives(api, player.token)
    assert (await refresh(api, player.refresh_token)).status_code == 200


async def test_all_in_the_very_second_of_the_sign_in(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    at_the_start_of_a_second(clock)
    player = await sign_in_async(api)
    assert (await logout(api, player.token)).json() == {}
    assert not await lives(api, player.token)
    assert (await refresh(api, player.refresh_token)).status_code == 401
    again = await sign_in_async(api, player.device)
    assert int(clock.unix()) <= claims(player.token)["iat"] + 1, "the machine was too slow for this test"
    assert await lives(api, again.token)
    assert (await refresh(api, again.refresh_token)).status_code == 200


async def test_all_many_times_in_one_second(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    at_the_start_of_a_second(clock)
    player = await sign_in_async(api)
    for _ in range(5):
        await logout(api, player.token)
        assert not await lives(api, player.token)
        player = await sign_in_async(api, player.device)
        assert await lives(api, player.token)


async def test_all_ends_each_session_but_nobody_elses(api: httpx.AsyncClient) -> None:
    stranger, player = await sign_in_async(api), await sign_in_async(api)
    sessions = [player, *[await sign_in_async(api, player.device) for _ in range(3)]]
    await logout(api, player.token)
    assert not any([await lives(api, session.token) for session in sessions])
    assert {(await refresh(api, session.refresh_token)).status_code for session in sessions} == {401}
    assert await lives(api, stranger.token)


async def test_all_ends_what_was_renewed(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    player = await sign_in_async(api)
    clock.offset += timedelta(seconds=100)
    renewed = (await refresh(api, player.refresh_token)).json()
    await logout(api, renewed["token"])
    assert not await lives(api, renewed["token"])
    assert (await refresh(api, renewed["refresh_token"])).status_code == 401
    clock.offset += timedelta(seconds=100)
    assert await lives(api, (await sign_in_async(api, player.device)).token)


async def test_tokens_without_an_id_mean_all(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    nameless = signed(good_claims(uid=player.id, tid=...))
    assert (await logout(api, player.token, token=nameless)).status_code == 200
    assert not await lives(api, player.token)


@pytest.mark.parametrize("exp", [2**40, 253402300800, 2**62, 2**63 - 1])
async def test_tokens_that_never_expire(api: httpx.AsyncClient, exp: int) -> None:
    player = await sign_in_async(api)
    eternal = signed(good_claims(uid=player.id, exp=exp))
    assert (await logout(api, player.token, token=eternal)).status_code == 200
    assert not await lives(api, eternal)
    assert await lives(api, player.token)


async def test_many_logouts_at_once(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    sessions = [await sign_in_async(api, player.device) for _ in range(16)]
    answers = await asyncio.gather(
        *[logout(api, s.token, token=s.token, refresh_token=s.refresh_token) for s in sessions],
        *[logout(api, s.token, token=sessions[0].token) for s in sessions],
    )
    assert {answer.status_code for answer in answers} <= {200, 401}
    assert not any([await lives(api, session.token) for session in sessions])
    assert await lives(api, player.token)


async def test_a_logout_outlives_the_token(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    """The refresh token is refused as ended for as long as it would have lived."""
    player = await sign_in_async(api)
    await logout(api, player.token, token=player.token)
    clock.offset += timedelta(seconds=3590)
    assert (await refresh(api, player.refresh_token)).status_code == 401


async def test_a_deleted_player_can_sign_up_again_at_once(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    await api.delete("/v2/account", headers=player.headers)
    assert not await lives(api, player.token)
    answer = await by_device(api, player.device)
    assert answer.json()["created"] is True
    assert await lives(api, answer.json()["token"])


async def test_a_token_that_was_never_ended(api: httpx.AsyncClient) -> None:
    """Somebody else may hold the same session id: an end is this player's alone."""
    player = await sign_in_async(api)
    same_id = signed(good_claims(tid=claims(player.token)["tid"]))
    await logout(api, player.token, token=player.token)
    assert not await lives(api, player.token)
    assert await lives(api, same_id)
    assert (await refresh(api, signed(good_claims(), REFRESH_KEY))).status_code == 404
