"""The end of tokens, by the clock."""

from datetime import timedelta

import httpx

from kizuna.clock import ShiftedClock
from tests.identity.support import told
from tests.sessions.support import INVALID, REFRESH_KEY, good_claims, lives, refresh, signed, use
from tests.support.players import claims, sign_in_async


class StoppedClock:
    """Makes the application's clock stand still at a moment of one's choice."""

    def __init__(self, clock: ShiftedClock) -> None:
        self._clock = clock

    def at(self, seconds: float) -> None:
        self._clock.offset += timedelta(seconds=seconds - self._clock.unix())


async def test_a_session_ends_before_its_refresh_token(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    player = await sign_in_async(api)
    clock.offset += timedelta(seconds=50)
    assert await lives(api, player.token)
    clock.offset += timedelta(seconds=11)
    assert told(await use(api, player.token)) == INVALID
    renewed = await refresh(api, player.refresh_token)
    assert renewed.status_code == 200
    assert await lives(api, renewed.json()["token"])
    clock.offset += timedelta(seconds=3540)
    assert told(await refresh(api, player.refresh_token)) == (401, 16, "Refresh token invalid or expired.")
    # The renewed one had its full life from the renewal on.
    assert (await refresh(api, renewed.json()["refresh_token"])).status_code == 200


async def test_expired_is_expired_however_often_it_was_used(
    api: httpx.AsyncClient, clock: ShiftedClock
) -> None:
    player = await sign_in_async(api)
    assert all([await lives(api, player.token) for _ in range(3)])
    clock.offset += timedelta(seconds=61)
    assert not any([await lives(api, player.token) for _ in range(3)])
    clock.offset -= timedelta(seconds=61)
    assert await lives(api, player.token)


async def test_expiry_has_no_leeway(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    end = int(clock.unix()) + 1000
    token, renewal = signed(good_claims(exp=end)), signed(good_claims(exp=end), REFRESH_KEY)
    stopped = StoppedClock(clock)
    stopped.at(end - 0.5)
    assert await lives(api, token)
    assert (await refresh(api, renewal)).status_code == 404
    stopped.at(end + 0.001)
    assert not await lives(api, token)
    assert (await refresh(api, renewal)).status_code == 401


async def test_an_expired_caller_cannot_log_out(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    player = await sign_in_async(api)
    clock.offset += timedelta(seconds=61)
    answer = await api.post("/v2/session/logout", json={}, headers=player.headers)
    assert told(answer) == INVALID


async def test_an_expired_token_cannot_be_logged_out(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    player = await sign_in_async(api)
    clock.offset += timedelta(seconds=61)
    later = (await refresh(api, player.refresh_token)).json()
    answer = await api.post(
        "/v2/session/logout",
        json={"token": player.token},
        headers={"Authorization": f"Bearer {later['token']}"},
    )
    assert told(answer) == (400, 3, "Session token invalid.")


async def test_sessions_are_dated_by_the_clock(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    clock.offset = timedelta(days=400)
    player = await sign_in_async(api)
    assert abs(claims(player.token)["iat"] - clock.unix()) < 5
