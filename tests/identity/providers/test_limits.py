"""How long is waited for a provider, how old may be what was signed, and how long a token."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kizuna.clock import ShiftedClock
from kizuna.identity.providers.interface import LONGEST_TOKEN
from kizuna.testing.providers import Providers
from tests.identity.providers.support import REFUSALS, UNAVAILABLE, SignIns, later
from tests.identity.support import new, told
from tests.support.players import sign_in_async
from tests.support.providers import nested
from tests.support.waiting import wait_until_async

#: How long the server waits, in seconds, and how late the fake is.
PATIENCE, LATE = 0.3, 20.0

#: How old something signed may be, in minutes.
OLDEST = 60

#: The checks that fail for tokens which providers refuse when they are asked.
CHECKS = {"facebook": "access token", "google": "auth code", "steam": "ticket"}


@pytest.fixture(scope="module")
def app_settings(providers: Providers) -> dict[str, Any]:
    limits = {
        "social.http_timeout_ms": int(PATIENCE * 1000),
        "social.gamecenter.max_age_sec": OLDEST * 60,
        "social.facebook_instant_game.max_age_sec": OLDEST * 60,
    }
    return nested(providers.settings | limits)


Credentials = Callable[[Providers], dict[str, Any]]

#: Credentials, the path that somebody is asked at, and whether the answer is kept.
ASKED: list[Any] = [
    pytest.param("apple", lambda p: {"token": p.apple.token(new())}, "/auth/keys", True, id="apple"),
    pytest.param(
        "facebook",
        lambda p: {"token": p.limited_login.token(new())},
        "/.well-known/oauth/openid/jwks/",
        True,
        id="limited login",
    ),
    pytest.param("google", lambda p: {"token": p.google.token(new())}, "/oauth2/v1/certs", True, id="google"),
    pytest.param(
        "gamecenter",
        lambda p: p.game_center.credentials(new()),
        "/public-key/gc-prod-10.cer",
        True,
        id="game center",
    ),
    pytest.param("facebook", lambda p: {"token": p.facebook.user(new())}, "/v22.0/me", False, id="facebook"),
    pytest.param("google", lambda p: {"token": p.google.auth_code(new())}, "/token", False, id="google code"),
    pytest.param(
        "google", lambda p: {"token": p.google.auth_code(new())}, "/games/v1/players/me", False, id="player"
    ),
    pytest.param(
        "steam",
        lambda p: {"token": p.steam.ticket(76561197960287930)},
        "/ISteamUserAuth/AuthenticateUserTicket/v1/",
        False,
        id="steam",
    ),
]


@pytest.mark.parametrize("late", ["delay", "body_delay"])
@pytest.mark.parametrize(("kind", "credentials", "path", "kept"), ASKED)
async def test_a_slow_provider_is_not_waited_for(
    kind: str,
    credentials: Credentials,
    path: str,
    kept: bool,
    late: str,
    sign_ins: SignIns,
    providers: Providers,
) -> None:
    fault = providers.faults.add(path, **{late: LATE})
    started = time.monotonic()
    await sign_ins.refused(kind, credentials(providers), UNAVAILABLE)
    assert time.monotonic() - started < LATE / 2
    assert fault.hits == 1


@pytest.mark.parametrize(("kind", "credentials", "path", "kept"), [each for each in ASKED if each.values[3]])
async def test_what_is_kept_serves_while_the_provider_is_slow(
    kind: str,
    credentials: Credentials,
    path: str,
    kept: bool,
    sign_ins: SignIns,
    providers: Providers,
    app_clock: ShiftedClock,
) -> None:
    async def is_kept() -> bool:
        return (await sign_ins(kind, credentials(providers))).status_code == 200

    await wait_until_async(is_kept, what=f"an answer within {PATIENCE} s")
    later(app_clock, hours=7)
    fault = providers.faults.add(path, delay=LATE)
    for _ in range(3):
        await sign_ins.new(kind, credentials(providers))
    assert fault.hits == 1, "who has failed is not asked again at once"


@pytest.mark.parametrize("letter", ["E", "é", "😀"])
@pytest.mark.parametrize("kind", ["facebook", "google", "steam"])
async def test_nobody_is_asked_about_a_token_without_end(
    kind: str, letter: str, sign_ins: SignIns, providers: Providers
) -> None:
    """It is the client's fault: the log must not say that the provider cannot be asked."""
    longest = letter * (LONGEST_TOKEN // len(letter.encode()))
    providers.faults.add("*", status=400, json={"error": "invalid_grant"})
    await sign_ins.refused(kind, {"token": longest}, CHECKS[kind])
    assert len(providers.requests) == 1
    await sign_ins.refused(kind, {"token": f"{longest}{letter}"}, "length")
    assert len(providers.requests) == 1


@pytest.mark.parametrize("kind", ["facebook", "steam"])
async def test_nobody_is_asked_for_the_friends_of_a_token_without_end(
    kind: str, api: httpx.AsyncClient, providers: Providers
) -> None:
    player = await sign_in_async(api)
    content = {"token": "E" * (LONGEST_TOKEN + 1)}
    answer = await api.post(f"/v2/friend/{kind}", json=content, headers=player.headers)
    assert told(answer) == REFUSALS[kind]
    assert providers.requests == []


async def test_what_facebook_signed_gets_too_old(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    account = {"signed_player_info": providers.facebook_instant.signed_player_info(new())}
    early = {
        "signed_player_info": providers.facebook_instant.signed_player_info(new(), payload={"issued_at": 0})
    }
    await sign_ins.new("facebookinstantgame", account)
    later(app_clock, minutes=OLDEST - 1)
    await sign_ins.known("facebookinstantgame", account)
    await sign_ins.refused("facebookinstantgame", early, "age")
    later(app_clock, minutes=1)
    await sign_ins.refused("facebookinstantgame", account, "age")


async def test_what_facebook_signs_for_the_future_is_refused(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    def signed(minutes: int) -> dict[str, str]:
        payload = {"issued_at": int(app_clock.unix()) + minutes * 60}
        return {"signed_player_info": providers.facebook_instant.signed_player_info(new(), payload=payload)}

    await sign_ins.new("facebookinstantgame", signed(OLDEST - 1))
    for minutes in (OLDEST + 1, 10**9):
        await sign_ins.refused("facebookinstantgame", signed(minutes), "age")


async def test_what_game_center_signed_gets_too_old(
    sign_ins: SignIns, providers: Providers, app_clock: ShiftedClock
) -> None:
    credentials = providers.game_center.credentials(new())

    async def is_believed() -> bool:
        return (await sign_ins("gamecenter", credentials)).status_code == 200

    await wait_until_async(is_believed, what=f"an answer within {PATIENCE} s")
    later(app_clock, minutes=OLDEST - 1)
    await sign_ins.known("gamecenter", credentials)
    later(app_clock, minutes=1)
    await sign_ins.refused("gamecenter", credentials, "age")
    for minutes in (OLDEST + 1, 10**9):
        timestamp = int(app_clock.unix() + minutes * 60) * 1000
        early = providers.game_center.credentials(new(), timestamp=timestamp)
        await sign_ins.refused("gamecenter", early, "age")
    in_seconds = providers.game_center.credentials(new(), timestamp=int(app_clock.unix()))
    await sign_ins.refused("gamecenter", in_seconds, "age")
