"""Renewing a session."""

from datetime import timedelta

import httpx

from kizuna.clock import ShiftedClock
from tests.identity.support import authenticate, ban, bearer, new, told, unban
from tests.sessions.support import REFRESH_KEY, good_claims, lives, refresh, signed
from tests.support.players import claims, sign_in_async

REFUSED = (401, 16, "Refresh token invalid or expired.")


async def test_what_stays_and_what_is_new(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    player = await sign_in_async(api)
    clock.offset += timedelta(seconds=30)
    answer = await refresh(api, player.refresh_token)
    assert set(answer.json()) == {"token", "refresh_token"}
    for name, life in (("token", 60), ("refresh_token", 3600)):
        before, after = claims(getattr(player, name)), claims(answer.json()[name])
        assert {key: after[key] for key in after if key != "exp"} == {
            key: before[key] for key in before if key != "exp"
        }
        assert list(after) == list(before)
        assert after["exp"] - int(clock.unix()) in (life - 1, life)


async def test_the_name_is_read_again(api: httpx.AsyncClient) -> None:
    player, name = await sign_in_async(api), new("name")
    await api.put("/v2/account", json={"username": name}, headers=player.headers)
    assert claims(player.token)["usn"] == player.username
    renewed = (await refresh(api, player.refresh_token)).json()
    assert claims(renewed["token"])["usn"] == claims(renewed["refresh_token"])["usn"] == name


async def test_vars_are_kept_or_replaced_but_never_cleared(api: httpx.AsyncClient) -> None:
    answer = await authenticate(api, "device", {"id": new("device"), "vars": {"a": "1", "b": "2"}})
    old = answer.json()["refresh_token"]
    for given, wanted in ((None, {"a": "1", "b": "2"}), ({}, {"a": "1", "b": "2"}), ({"n": ""}, {"n": ""})):
        renewed = (await refresh(api, old, given)).json()
        assert claims(renewed["token"])["vrs"] == claims(renewed["refresh_token"])["vrs"] == wanted


async def test_a_chain_and_the_old_token_again(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    player = await sign_in_async(api)
    token = player.refresh_token
    for _ in range(4):
        clock.offset += timedelta(seconds=3000)
        renewed = (await refresh(api, token)).json()
        assert await lives(api, renewed["token"])
        token = renewed["refresh_token"]
    assert claims(token)["iat"] == claims(player.token)["iat"]
    assert claims(token)["tid"] == claims(player.token)["tid"]
    assert (await refresh(api, token)).status_code == 200
    assert (await refresh(api, token)).status_code == 200


async def test_without_a_token(api: httpx.AsyncClient) -> None:
    assert told(await refresh(api, "")) == (400, 3, "Refresh token is required.")


async def test_a_deleted_account(api: httpx.AsyncClient) -> None:
    # A ghost: the token is not known to be ended, and its user is not there.
    ghost = signed(good_claims(), REFRESH_KEY)
    assert told(await refresh(api, ghost)) == (404, 5, "User account not found.")
    player = await sign_in_async(api)
    assert (await api.delete("/v2/account", headers=player.headers)).status_code == 200
    assert told(await refresh(api, player.refresh_token)) == REFUSED


async def test_a_banned_account(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    # A token that the ban did not end, as of a clock that runs ahead: the account itself is looked at.
    future = signed(good_claims(uid=player.id, iat=2**40), REFRESH_KEY)
    await ban(api, player.id)
    assert told(await refresh(api, player.refresh_token)) == REFUSED
    assert told(await refresh(api, future)) == (403, 7, "User account banned.")
    await unban(api, player.id)
    assert told(await refresh(api, player.refresh_token)) == REFUSED
    assert (await refresh(api, future)).status_code == 200


async def test_refreshing_does_not_end_other_sessions(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    other = await authenticate(api, "device", {"id": player.device})
    await refresh(api, player.refresh_token)
    assert await lives(api, player.token)
    assert (await api.get("/v2/account", headers=bearer(other))).status_code == 200
