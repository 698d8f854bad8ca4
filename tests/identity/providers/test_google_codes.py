"""Server auth codes of Play Games."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from kizuna.testing.providers import Providers
from tests.identity.providers.support import UNAVAILABLE, SignIns
from tests.identity.support import authenticate, new, told

TOKEN, PLAYER = "/token", "/games/v1/players/me"


async def test_a_code_is_exchanged_and_the_player_asked_for(sign_ins: SignIns, providers: Providers) -> None:
    code = providers.google.auth_code(player_id := new(), "Ada", "https://example.com/ada.png")
    account = await sign_ins.new("google", {"token": code})
    assert account["user"]["google_id"] == player_id
    assert account["user"]["display_name"] == "Ada"
    assert account["user"]["avatar_url"] == "https://example.com/ada.png"

    exchange, question = providers.requests
    assert (exchange.method, exchange.path) == ("POST", TOKEN)
    assert exchange.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in exchange.headers
    sent = httpx.QueryParams(exchange.body.decode())
    assert dict(sent) == {
        "code": code,
        "grant_type": "authorization_code",
        "redirect_uri": providers.google.redirect_uri,
        "client_id": providers.google.client_id,
        "client_secret": providers.google.client_secret,
    }
    assert (question.method, question.path, list(question.query)) == ("GET", PLAYER, ["access_token"])
    sign_ins.sent.add(question.query["access_token"])


async def test_a_code_is_good_once(sign_ins: SignIns, providers: Providers) -> None:
    code = providers.google.auth_code(new())
    await sign_ins.new("google", {"token": code})
    await sign_ins.refused("google", {"token": code}, "auth code")
    assert "invalid_grant" in sign_ins.reasons()[0]
    assert len(providers.asked(TOKEN)) == 2


@pytest.mark.parametrize("token", ["4/0Ab", "x.y", "x.y.z.w"])
async def test_what_has_not_three_parts_is_a_code(
    token: str, sign_ins: SignIns, providers: Providers
) -> None:
    await sign_ins.refused("google", {"token": token}, "auth code")
    assert len(providers.asked(TOKEN)) == 1


async def test_what_has_three_parts_is_none(sign_ins: SignIns, providers: Providers) -> None:
    await sign_ins.refused("google", {"token": "x.y.z"}, "form")
    assert providers.requests == []


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("auth code", {"status": 401, "json": {"error": "invalid_client"}}),
        ("auth code", {"json": {"error": "invalid_grant", "access_token": "a"}}),
        ("auth code", {"json": {}}),
        ("auth code", {"json": {"access_token": ""}}),
        ("access_token", {"json": {"access_token": 5}}),
        ("auth code", {"body": b"error=invalid_grant", "content_type": "application/x-www-form-urlencoded"}),
        ("auth code", {"status": 302, "json": {"access_token": "a"}}),
        (UNAVAILABLE, {"status": 500}),
        (UNAVAILABLE, {"status": 429}),
        (UNAVAILABLE, {"body": b"<html>"}),
        (UNAVAILABLE, {"body": b""}),
        (UNAVAILABLE, {"json": []}),
        (UNAVAILABLE, {"reset": True}),
        (UNAVAILABLE, {"truncated": True}),
        (UNAVAILABLE, {"huge": 50_000_000}),
        (UNAVAILABLE, {"redirect": "https://token.example.com/"}),
    ],
)
async def test_an_exchange_that_fails(
    check: str, fault: dict[str, Any], sign_ins: SignIns, providers: Providers
) -> None:
    providers.faults.add(TOKEN, **fault)
    await sign_ins.refused("google", {"token": providers.google.auth_code(new())}, check)
    assert [seen.path for seen in providers.requests] == [TOKEN], "a code is not used twice"


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("access token", {"status": 401, "json": {"error": {"code": 401}}}),
        ("access token", {"status": 403, "body": b"<html>"}),
        ("access token", {"redirect": "https://player.example.com/"}),
        ("id", {"json": {}}),
        ("id", {"json": {"playerId": ""}}),
        ("id", {"json": {"playerId": "x" * 129}}),
        ("playerId", {"json": {"playerId": 5}}),
        ("displayName", {"json": {"playerId": "a", "displayName": ["Ada"]}}),
        (UNAVAILABLE, {"status": 503}),
        (UNAVAILABLE, {"body": b"no JSON"}),
        (UNAVAILABLE, {"json": "player"}),
        (UNAVAILABLE, {"reset": True}),
        (UNAVAILABLE, {"truncated": True}),
        (UNAVAILABLE, {"huge": 50_000_000}),
    ],
)
async def test_a_player_who_cannot_be_asked_for(
    check: str, fault: dict[str, Any], sign_ins: SignIns, providers: Providers
) -> None:
    providers.faults.add(PLAYER, **fault)
    await sign_ins.refused("google", {"token": providers.google.auth_code(new())}, check)


async def test_an_answer_may_be_a_form(sign_ins: SignIns, providers: Providers) -> None:
    body = f"access_token={uuid4()}&token_type=Bearer".encode()
    providers.faults.add(TOKEN, body=body, content_type="application/x-www-form-urlencoded; charset=utf-8")
    player_id = new()
    providers.faults.add(PLAYER, json={"playerId": player_id})
    account = await sign_ins.new("google", {"token": "4/0Ab"})
    assert account["user"]["google_id"] == player_id


async def test_keys_are_not_needed_for_a_code(sign_ins: SignIns, providers: Providers) -> None:
    providers.faults.add("/oauth2/v1/certs", status=500)
    await sign_ins.new("google", {"token": providers.google.auth_code(new())})


async def test_what_an_account_cannot_hold_is_left_out(sign_ins: SignIns, providers: Providers) -> None:
    code = providers.google.auth_code(new(), "x" * 256, "https://example.com/" + "x" * 512)
    account = await sign_ins.new("google", {"token": code})
    assert "display_name" not in account["user"]
    assert "avatar_url" not in account["user"]


async def test_without_a_username_that_will_do_nobody_is_asked(
    api: httpx.AsyncClient, providers: Providers
) -> None:
    answer = await authenticate(api, "google", {"token": "4/0Ab"}, username="a[]b")
    assert told(answer) == (400, 3, "Username invalid, no spaces or control characters allowed.")
    assert providers.requests == []
