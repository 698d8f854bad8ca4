"""What stands in a token, and what a token must say to be taken."""

import base64
import json
import uuid
from typing import Any

import httpx
import pytest

from kizuna.clock import ShiftedClock
from tests.identity.support import authenticate, new, told
from tests.sessions.support import (
    DIGESTS,
    HEADER,
    INVALID,
    REFRESH_KEY,
    SESSION_KEY,
    good_claims,
    lives,
    refresh,
    signed,
    use,
)
from tests.support.players import claims, sign_in_async

NIL = "00000000-0000-0000-0000-000000000000"


def segment(token: str, which: int) -> bytes:
    text = token.split(".")[which]
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_claims_and_their_order(api: httpx.AsyncClient, clock: ShiftedClock) -> None:
    before = int(clock.unix())
    answer = await authenticate(
        api, "device", {"id": new("device"), "vars": {"b": "", "a": "é"}}, username=new()
    )
    session, renewal = answer.json()["token"], answer.json()["refresh_token"]
    for token, life in ((session, 60), (renewal, 3600)):
        assert segment(token, 0) == HEADER.encode()
        told_claims = json.loads(segment(token, 1))
        assert list(told_claims) == ["tid", "uid", "usn", "vrs", "exp", "iat"]
        assert told_claims["vrs"] == {"b": "", "a": "é"}
        assert type(told_claims["exp"]) is type(told_claims["iat"]) is int
        assert before <= told_claims["iat"] <= clock.unix()
        assert told_claims["exp"] - told_claims["iat"] == life
        assert uuid.UUID(told_claims["tid"]).version == 4
    assert claims(session)["tid"] == claims(renewal)["tid"]


async def test_no_vars_no_claim(api: httpx.AsyncClient) -> None:
    for body in ({}, {"vars": {}}):
        answer = await authenticate(api, "device", {"id": new("device"), **body})
        assert list(claims(answer.json()["token"])) == ["tid", "uid", "usn", "exp", "iat"]


async def test_each_sign_in_is_a_session_of_its_own(api: httpx.AsyncClient) -> None:
    first = await sign_in_async(api)
    second = await sign_in_async(api, first.device)
    assert first.id == second.id
    assert claims(first.token)["tid"] != claims(second.token)["tid"]
    assert await lives(api, first.token)
    assert await lives(api, second.token)


#: Claims that the reference does not look at, or that may be missing.
@pytest.mark.parametrize(
    "others",
    [
        {},
        {"tid": ...},
        {"usn": ...},
        {"iat": ...},
        {"iat": 2**40},
        {"nbf": 2**40},
        {"aud": "somebody else", "iss": 5, "jti": []},
        {"exp": 2**62},
        {"exp": 2**63 - 1},
        {"vrs": {}},
        {"vrs": None},
        {"usn": ""},
        {"uid": uuid.uuid4().hex.upper()},
        {"uid": "{" + str(uuid.uuid4()) + "}"},
        {"uid": "urn:uuid:" + str(uuid.uuid4())},
    ],
    ids=repr,
)
async def test_accepted(api: httpx.AsyncClient, others: dict[str, Any]) -> None:
    assert (await use(api, signed(good_claims(**others)))).status_code == 200
    # A player nobody has heard of: the token is good, the account is missing.
    renewal = await refresh(api, signed(good_claims(**others), REFRESH_KEY))
    assert told(renewal) == (404, 5, "User account not found.")


@pytest.mark.parametrize(
    "others",
    [
        {"exp": ...},
        {"exp": None},
        {"exp": 0},
        {"exp": -1},
        {"exp": 1_000_000_000},
        {"exp": "9999999999"},
        {"exp": 9999999999.0},
        {"exp": 9999999999.5},
        {"exp": True},
        {"exp": [9999999999]},
        {"exp": 2**63},
        {"exp": -(2**70)},
        {"uid": ...},
        {"uid": None},
        {"uid": ""},
        {"uid": "me"},
        {"uid": NIL},
        {"uid": NIL.replace("-", "")},
        {"uid": 5},
        {"uid": [NIL]},
        {"uid": "\ud800"},
        {"uid": "\u0660" * 32},
        {"uid": str(uuid.uuid4()) + "\n"},
        {"usn": 5},
        {"usn": ["x"]},
        {"usn": True},
        {"usn": "\ud83d"},
        {"vrs": "a=b"},
        {"vrs": ["a"]},
        {"vrs": 1},
        {"vrs": False},
        {"vrs": {"a": 1}},
        {"vrs": {"a": None}},
        {"vrs": {"a": ["b"]}},
        {"vrs": {"a": {"b": "c"}}},
        {"vrs": {"a": "\udfff"}},
        {"vrs": {"\ud800": "a"}},
        {"tid": 5},
        {"tid": {}},
        {"tid": False},
        {"tid": "\ud800"},
        {"iat": 1.5},
        {"iat": 1700000000.0},
        {"iat": "1700000000"},
        {"iat": True},
        {"iat": 2**63},
    ],
    ids=ascii,
)
async def test_refused_for_one_claim(api: httpx.AsyncClient, others: dict[str, Any]) -> None:
    assert told(await use(api, signed(good_claims(**others)))) == INVALID
    renewal = await refresh(api, signed(good_claims(**others), REFRESH_KEY))
    assert told(renewal) == (401, 16, "Refresh token invalid or expired.")


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "null",
        "[]",
        '"x"',
        "1",
        "{",
        "{}",
        "[" * 100_000,
        '{"exp":' + "9" * 5000 + "}",
        '{"exp":1e400}',
        '{"exp":NaN}',
        "\ufeff{}",
        "{}garbage",
    ],
    ids=lambda payload: payload[:12],
)
async def test_payloads_that_are_no_claims(api: httpx.AsyncClient, payload: str) -> None:
    assert told(await use(api, signed(payload))) == INVALID
    assert (await refresh(api, signed(payload, REFRESH_KEY))).status_code == 401


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [("none", "sha256"), ("None", "sha256"), ("RS256", "sha256"), ("ES256", "sha256"), ("hs256", "sha256")]
    + [(name, DIGESTS[name]) for name in ("HS384", "HS512")],
)
async def test_other_algorithms(api: httpx.AsyncClient, algorithm: str, digest: str) -> None:
    header = json.dumps({"alg": algorithm, "typ": "JWT"})
    assert told(await use(api, signed(good_claims(), header=header, digest=digest))) == INVALID


@pytest.mark.parametrize(
    "header",
    [
        *(
            "{}",
            "null",
            "[]",
            '"HS256"',
            "",
            "{",
            '{"alg":null}',
            '{"alg":["HS256"]}',
            '{"alg":5}',
            '{"typ":"JWT"}',
        ),
        *(
            '{"alg":"HS256","crit":["exp"]}',
            '{"alg":"HS256","b64":false}',
            '{"alg":"HS256","kid":5}',
            "[" * 50_000,
        ),
    ],
    ids=lambda header: header[:20],
)
async def test_other_headers(api: httpx.AsyncClient, header: str) -> None:
    assert told(await use(api, signed(good_claims(), header=header))) == INVALID


async def test_without_signature(api: httpx.AsyncClient) -> None:
    content, _, signature = signed(good_claims(), header='{"alg":"none"}').rpartition(".")
    assert told(await use(api, f"{content}.")) == INVALID
    content, _, signature = signed(good_claims()).rpartition(".")
    cut = f"{content}.{signature[:-2]}"
    for text in (content, f"{content}.", cut, f"{content}.{signature}.x", f".{content}"):
        assert told(await use(api, text)) == INVALID
    assert await lives(api, f"{content}.{signature}")


@pytest.mark.parametrize("key", [REFRESH_KEY, "", "defaultencryptionkeY", "defaultkey"])
async def test_another_key(api: httpx.AsyncClient, key: str) -> None:
    assert told(await use(api, signed(good_claims(), key))) == INVALID


async def test_the_two_kinds_are_not_interchangeable(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    assert told(await use(api, player.refresh_token)) == INVALID
    assert told(await refresh(api, player.token)) == (401, 16, "Refresh token invalid or expired.")


@pytest.mark.parametrize(
    "token",
    [".", "..", "...", "a.b.c", "é.é.é", "=.=.=", "x" * 8000, "a" * 4000 + "." * 4000, "\x00.\x00.\x00"],
)
async def test_odd_text_is_refused_and_never_fails(api: httpx.AsyncClient, token: str) -> None:
    assert told(await refresh(api, token)) == (401, 16, "Refresh token invalid or expired.")
    caller = (await sign_in_async(api)).headers
    for field, message in (("token", "Session"), ("refresh_token", "Refresh")):
        answer = await api.post("/v2/session/logout", json={field: token}, headers=caller)
        assert told(answer) == (400, 3, f"{message} token invalid.")
    if token.isprintable():
        header = [(b"authorization", b"Bearer " + token.encode())]
        assert told(await api.get("/v2/user", headers=header)) == INVALID


async def test_the_largest_tokens(api: httpx.AsyncClient) -> None:
    vars = {str(n): "x" * 1000 for n in range(150)}
    answer = await authenticate(api, "device", {"id": new("device"), "vars": vars})
    assert claims(answer.json()["token"])["vrs"] == vars
    assert (await refresh(api, answer.json()["refresh_token"])).status_code == 200
    assert await lives(api, answer.json()["token"])


async def test_the_user_of_the_token_is_its_player(api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    own = signed(good_claims(uid=player.id.upper().replace("-", "")))
    answer = await api.get("/v2/account", headers={"Authorization": f"Bearer {own}"})
    assert answer.json()["user"]["id"] == player.id


async def test_a_token_signed_by_the_default_key_is_taken(api: httpx.AsyncClient) -> None:
    """The premise of the refusals above: what this file signs is good but for the one thing."""
    assert await lives(api, signed(good_claims(), SESSION_KEY))
