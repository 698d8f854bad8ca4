"""Signed player info of Facebook Instant Games."""

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from kizuna.testing.providers import Providers
from kizuna.testing.providers.jwt import base64url
from tests.identity.providers.support import SignIns
from tests.identity.support import link, new, told
from tests.support.players import sign_in_async

KIND = "facebookinstantgame"


def info(signed: str) -> dict[str, Any]:
    return {"signed_player_info": signed}


def signed_bytes(providers: Providers, payload: bytes) -> str:
    """Signed as it should be, whatever it is."""
    encoded = base64url(payload)
    secret = providers.facebook_instant.app_secret.encode()
    return f"{base64url(hmac.new(secret, encoded.encode(), hashlib.sha256).digest())}.{encoded}"


@pytest.mark.parametrize("algorithm", ["HMAC-SHA256", "HS256", "HS384", "HS512"])
async def test_signed_info_is_believed_without_asking_anybody(
    algorithm: str, sign_ins: SignIns, providers: Providers
) -> None:
    signed = providers.facebook_instant.signed_player_info(id := new(), algorithm=algorithm)
    account = await sign_ins.new(KIND, info(signed))
    assert account["user"]["facebook_instant_game_id"] == id
    assert providers.requests == []


@pytest.mark.parametrize(
    "payload",
    [
        {"issued_at": 1594867628},
        {"request_payload": "from the game"},
        {"more": {"of": ["anything"]}},
        {"player_id": "é" * 128},
    ],
)
async def test_what_the_info_may_hold(
    payload: dict[str, Any], sign_ins: SignIns, providers: Providers
) -> None:
    await sign_ins.new(KIND, info(providers.facebook_instant.signed_player_info(new(), payload=payload)))


@pytest.mark.parametrize(
    ("check", "payload"),
    [
        ("algorithm", {"algorithm": "none"}),
        ("algorithm", {"algorithm": "RS256"}),
        ("algorithm", {"algorithm": "hmac-sha256"}),
        ("algorithm", {"algorithm": ""}),
        ("algorithm", {"algorithm": None}),
        ("algorithm", {"algorithm": ["HS256"]}),
        ("player_id", {"player_id": 20001}),
        ("player_id", {"player_id": None}),
        ("id", {"player_id": ""}),
        ("id", {"player_id": "x" * 129}),
        ("id", {"player_id": "a\0"}),
        ("issued_at", {"issued_at": 1.5}),
        ("issued_at", {"issued_at": "1594867628"}),
        ("issued_at", {"issued_at": True}),
        ("request_payload", {"request_payload": 5}),
        ("signature", {"algorithm": "HS384"}),
    ],
)
async def test_info_of_another_form_is_refused(
    check: str, payload: dict[str, Any], sign_ins: SignIns, providers: Providers
) -> None:
    signed = providers.facebook_instant.signed_player_info(new(), payload=payload)
    await sign_ins.refused(KIND, info(signed), check)


async def test_a_missing_id_is_refused(sign_ins: SignIns, providers: Providers) -> None:
    signed = signed_bytes(providers, json.dumps({"algorithm": "HMAC-SHA256", "issued_at": 5}).encode())
    await sign_ins.refused(KIND, info(signed), "id")


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"null", b"{", b'"x"', b'{"player_id": "\xff"}', b"[" * 5000]
)
async def test_a_payload_that_is_no_object_is_refused(
    payload: bytes, sign_ins: SignIns, providers: Providers
) -> None:
    await sign_ins.refused(KIND, info(signed_bytes(providers, payload)), "form")


@pytest.mark.parametrize("secret", ["", "another", b"\xff\xfe", "fb-instant-test-secret"])
async def test_another_secret_is_refused(
    secret: str | bytes, sign_ins: SignIns, providers: Providers
) -> None:
    signed = providers.facebook_instant.signed_player_info(new(), secret=secret)
    await sign_ins.refused(KIND, info(signed), "signature")


async def test_a_spoilt_one_is_refused(sign_ins: SignIns, providers: Providers) -> None:
    signature, payload = providers.facebook_instant.signed_player_info(new()).split(".")
    digest = base64.urlsafe_b64decode(signature + "=")
    theirs = signed_bytes(providers, b'{"algorithm":"HS256","player_id":"somebody"}').split(".")[1]
    spoilt = {
        f"{signature}=.{payload}": "form",
        f"{signature}.{payload}=": "form",
        f"{signature}.{payload}.": "form",
        f".{signature}.{payload}": "form",
        f"{payload}.{signature}": "form",
        f"{signature}{payload}": "form",
        f"é{signature}.{payload}": "form",
        f".{payload}": "signature",
        f"{digest.hex().upper()}.{payload}": "signature",
        f"{signature}.{theirs}": "signature",
        f"{signature[:-3]}.{payload}": "signature",
    }
    for signed, check in spoilt.items():
        await sign_ins.refused(KIND, info(signed), check)


async def test_link_words_it_differently(api: httpx.AsyncClient, providers: Providers) -> None:
    player = await sign_in_async(api)
    forged = providers.facebook_instant.signed_player_info(new(), secret="")
    refusal = (401, 16, "Could not authenticate Facebook Instant Game profile.")
    assert told(await link(api, player, KIND, info(forged))) == refusal
    good = providers.facebook_instant.signed_player_info(new())
    assert (await link(api, player, KIND, info(good))).status_code == 200
