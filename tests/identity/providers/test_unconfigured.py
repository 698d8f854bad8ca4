"""What providers do that are not set up, or only as far as they must be."""

from typing import Any

import httpx
import pytest

from kizuna.testing.providers import Providers
from tests.identity.providers.support import SignIns
from tests.identity.support import account, link, new, told, unlink
from tests.support.players import sign_in_async
from tests.support.providers import nested

KIND = "facebookinstantgame"


@pytest.fixture(scope="module")
def app_settings(providers: Providers) -> dict[str, Any]:
    """Where the providers are, and nothing of apps of ours."""
    settings = {key: value for key, value in providers.settings.items() if key.endswith("base_url")}
    return nested(settings)


@pytest.mark.parametrize(
    ("kind", "account", "name"),
    [
        ("apple", {"token": "x.y.z"}, "Apple"),
        ("apple", {}, "Apple"),
        ("steam", {"token": "00ff"}, "Steam"),
        ("steam", {}, "Steam"),
        (KIND, {"signed_player_info": "x.y"}, "Facebook Instant Game"),
    ],
)
async def test_some_are_off(
    kind: str, account: dict[str, str], name: str, sign_ins: SignIns, providers: Providers
) -> None:
    before = await sign_ins.count()
    refusal = (400, 9, f"{name} authentication is not configured.")
    assert told(await sign_ins(kind, account)) == refusal
    assert await sign_ins.count() == before
    assert providers.requests == []


async def test_link_asks_steam_for_the_ticket_first(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    without = await link(api, player, "steam", {"account": {}})
    assert told(without) == (400, 3, "Steam access token is required.")
    refusal = (400, 9, "Steam authentication is not configured.")
    assert told(await link(api, player, "steam", {"account": {"token": "00ff"}})) == refusal
    refusal = (400, 9, "Apple authentication is not configured.")
    assert told(await link(api, player, "apple", {})) == refusal


@pytest.mark.parametrize("kind", ["apple", "steam", KIND])
async def test_unlink_with_credentials_is_refused_without_asking_anybody(
    kind: str, api: httpx.AsyncClient, providers: Providers, sign_ins: SignIns
) -> None:
    player = await sign_in_async(api)
    token = providers.apple.token(new()) if kind == "apple" else "00ff"
    signed = providers.facebook_instant.signed_player_info(new(), secret="")
    account = {"signed_player_info": signed} if kind == KIND else {"token": token}
    answer = await unlink(api, player, kind, account)
    assert (answer.status_code, answer.json()["code"]) == (401, 16)
    assert sign_ins.checks() == ["configuration"]
    assert providers.requests == []


async def test_codes_cannot_be_exchanged(sign_ins: SignIns, providers: Providers) -> None:
    await sign_ins.refused("google", {"token": providers.google.auth_code(new())}, "configuration")
    assert providers.requests == []


async def test_tokens_for_any_app_count(sign_ins: SignIns, providers: Providers) -> None:
    other = {"claims": {"aud": "another app"}}
    await sign_ins.new("google", {"token": providers.google.token(new(), **other)})
    await sign_ins.new("facebook", {"token": providers.limited_login.token(new(), **other)})
    await sign_ins.new("facebook", {"token": providers.facebook.user(new(), app="other")})
    assert "appsecret_proof" not in providers.requests[-1].query
    await sign_ins.new("gamecenter", providers.game_center.credentials(new(), bundle_id="another.app"))


async def test_tokens_must_be_signed_and_good_nevertheless(sign_ins: SignIns, providers: Providers) -> None:
    await sign_ins.refused("google", {"token": providers.google.token(new(), key=b"")}, "signature")
    never = {"without": ("exp",)}
    await sign_ins.refused("google", {"token": providers.google.token(new(), **never)}, "expiry")
    await sign_ins.refused("facebook", {"token": providers.limited_login.token(new(), **never)}, "expiry")


@pytest.mark.parametrize(
    ("certificate", "check"),
    [
        ("other authority", None),
        ("self-signed", "certificate"),
        ("elliptic", "certificate"),
        ("expired", "validity of the certificate"),
    ],
)
async def test_without_trust_anchors_a_certificate_must_be_good_in_itself(
    certificate: str, check: str | None, sign_ins: SignIns, providers: Providers
) -> None:
    credentials = providers.game_center.credentials(new(), certificate=certificate)
    if check is None:
        await sign_ins.new("gamecenter", credentials)
    else:
        await sign_ins.refused("gamecenter", credentials, check)


async def test_an_empty_key_signs_nothing(
    api: httpx.AsyncClient, providers: Providers, sign_ins: SignIns
) -> None:
    player = await sign_in_async(api)
    before = await sign_ins.count()
    forged = {"signed_player_info": providers.facebook_instant.signed_player_info(new(), secret="")}
    refusal = (400, 9, "Facebook Instant Game authentication is not configured.")
    assert told(await sign_ins(KIND, forged)) == refusal
    assert told(await link(api, player, KIND, forged)) == refusal
    assert await sign_ins.count() == before
    assert "facebook_instant_game_id" not in (await account(api, player))["user"]
