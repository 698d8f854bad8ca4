"""Acceptance cases 1 to 10: how functions are reached, and in what order a call is checked."""

import json

import httpx
import pytest

from kizuna.clock import ShiftedClock
from tests.support.applications import client_of, running_application
from tests.support.players import HTTP_KEY
from tests.teams.support import CONFIG, Cast, answered, ask, refused
from tests.teams.test_permissions import NOT_ADMIN, NOT_MEMBER, ROWS, UNKNOWN, everything

WALLET = {"guild_gold": "100", "ember_shards": "0"}


async def test_case_1_wrapped(t: Cast) -> None:
    """T-001, T-003, T-450: the message as text in text."""
    answer = await t.api.post(
        "/v2/rpc/RPC_ID_TEAMS_WALLET_GET", json=json.dumps({"id": t.team}), headers=t.superadmin.headers
    )
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answered(answer)["payload"]) == {"id": t.team, "currencies": WALLET}


async def test_case_2_unwrapped(t: Cast) -> None:
    """T-001, T-004: the message itself, the id in any case, the content type that was sent."""
    answer = await t.api.post(
        "/v2/rpc/rpc_id_teams_wallet_get?unwrap",
        content=json.dumps({"id": t.team}),
        headers=t.superadmin.headers | {"Content-Type": "application/x-siege"},
    )
    assert answered(answer) == {"id": t.team, "currencies": WALLET}
    assert answer.headers["content-type"] == "application/x-siege"
    plain = await t.api.post(
        "/v2/rpc/rpc_id_teams_wallet_get?unwrap",
        content=json.dumps({"id": t.team}).encode(),
        headers=t.superadmin.headers,
    )
    assert plain.headers["content-type"] == "text/plain"


async def test_case_3_numbers_are_no_ids(t: Cast) -> None:
    """T-002."""
    answer = await t.api.post("/v2/rpc/96", json="{}", headers=t.superadmin.headers)
    text = "RPC function not found"
    assert (answer.status_code, answer.json()) == (404, {"code": 5, "error": text, "message": text})


async def test_case_4_players_only(t: Cast) -> None:
    """T-019, T-022."""
    path = "/v2/rpc/RPC_ID_TEAMS_WALLET_GET"
    answer = await t.api.post(path, params={"http_key": HTTP_KEY}, json="{}")
    assert refused(answer) == (400, 3, "no user ID in session")
    answer = await t.api.post(path, json="{}", headers={"Authorization": "Bearer nonsense"})
    body = {"code": 16, "error": "Auth token invalid", "message": "Auth token invalid"}
    assert (answer.status_code, answer.json()) == (401, body)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("", "payload should not be empty"),
        ('{"id":', "cannot decode json"),
        ('{"id":"T","bogus":1}', "cannot decode json"),
    ],
)
async def test_case_5_payloads(t: Cast, payload: str, message: str) -> None:
    """T-005, T-017."""
    path = "/v2/rpc/RPC_ID_TEAMS_WALLET_GET"
    headers = t.superadmin.headers
    for answer in (
        await t.api.post(f"{path}?unwrap", content=payload, headers=headers),
        await t.api.post(path, json=payload, headers=headers),
    ):
        assert refused(answer) == (400, 3, message)


async def test_case_6_both_spellings(t: Cast) -> None:
    """T-016: camelCase and numbers like snake_case and texts."""
    request = {"achievementIds": ["daily_hunt"], "amount": 3}
    changed = await t.call(t.member, "TEAMS_ACHIEVEMENTS_UPDATE", **request)
    assert changed["repeat_achievements"]["daily_hunt"]["count"] == "3"
    request = {"achievement_ids": ["daily_hunt"], "amount": "4"}
    changed = await t.call(t.member, "TEAMS_ACHIEVEMENTS_UPDATE", **request)
    assert changed["repeat_achievements"]["daily_hunt"]["count"] == "7"


async def test_case_7_team_ids(t: Cast) -> None:
    """T-020, T-022."""
    for request in ({}, {"id": "abc"}, {"id": None}):
        answer = await ask(t.api, t.superadmin, "TEAMS_WALLET_GET", request)
        assert refused(answer) == (400, 3, "bad input")
    answer = await ask(t.api, t.superadmin, "TEAMS_WALLET_GET", {"id": UNKNOWN})
    assert refused(answer) == (400, 3, "team not found")


async def test_case_8_members_only(t: Cast, database_url: str) -> None:
    """T-031."""
    before = await everything(database_url, t.team)
    for row in ROWS:
        for player in (t.outsider, t.pending, t.banned):
            assert refused(await t.ask(player, row.function, **row.request)) == NOT_MEMBER
    assert await everything(database_url, t.team) == before


@pytest.mark.parametrize(
    "function",
    [
        "TEAMS_ACHIEVEMENTS_CLAIM",
        "TEAMS_INVENTORY_CONSUME",
        "TEAMS_INVENTORY_GRANT",
        "TEAMS_INVENTORY_UPDATE",
        "TEAMS_REWARD_MAILBOX_DELETE",
        "TEAMS_STATS_UPDATE",
        "TEAMS_WALLET_GRANT",
        "TEAMS_UPDATE",
    ],
)
async def test_case_9_admins_only(t: Cast, database_url: str, function: str) -> None:
    """T-032."""
    before = await everything(database_url, t.team)
    request = next(row.request for row in ROWS if row.function == function)
    assert refused(await t.ask(t.member, function, **request)) == NOT_ADMIN
    assert await everything(database_url, t.team) == before


async def test_case_10_no_debugging(database_url: str, app_clock: ShiftedClock, t: Cast) -> None:
    """T-010."""
    settings = {"teams": {"config": CONFIG}}
    async with running_application(database_url, app_clock, settings) as plain, client_of(plain) as api:
        for function in ("FILL", "RANDOM_SCORES"):
            answer = await ask(api, t.superadmin, f"TEAMS_EVENT_LEADERBOARD_DEBUG_{function}", {"id": t.team})
            assert refused(answer) == (501, 12, "not found")
        path = f"/v2/team/{t.team}/event/weekly_siege/debug/fill"
        rest = await api.post(path, json={}, headers=t.superadmin.headers)
        assert (rest.status_code, rest.json()["error"]) == (501, "not found")


async def test_no_configuration_no_teams(database_url: str, app_clock: ShiftedClock, t: Cast) -> None:
    """T-007: the functions are unknown, by either way."""
    async with running_application(database_url, app_clock) as plain, client_of(plain) as api:
        answer = await ask(api, t.superadmin, "TEAMS_WALLET_GET", {"id": t.team})
        assert (answer.status_code, answer.json()["code"]) == (404, 5)
        rest = await api.get(f"/v2/team/{t.team}/wallet", headers=t.superadmin.headers)
        assert (rest.status_code, rest.json()["code"]) == (404, 5)


async def test_wrapped_payloads_are_texts(t: Cast) -> None:
    """T-006, T-009: an object is refused as by every RPC; nothing is an empty text."""
    path = "/v2/rpc/RPC_ID_TEAMS_REWARD_MAILBOX_DELETE"
    answer = await t.api.post(path, json={"id": t.team}, headers=t.superadmin.headers)
    message = "json: cannot unmarshal object into Go value of type string"
    assert (answer.status_code, answer.json()["message"]) == (400, message)
    request = json.dumps({"id": t.team, "entry_ids": []})
    answer = await t.api.post(path, json=request, headers=t.superadmin.headers)
    assert answered(answer) == {"payload": ""}
    answer = await ask(t.api, t.superadmin, "TEAMS_REWARD_MAILBOX_DELETE", {"id": t.team})
    assert (answer.status_code, answer.content) == (200, b"")


async def test_get_has_no_payload(t: Cast) -> None:
    """T-005."""
    answer = await t.api.get("/v2/rpc/RPC_ID_TEAMS_WALLET_GET", headers=t.superadmin.headers)
    assert refused(answer) == (400, 3, "payload should not be empty")


async def test_a_body_that_is_too_large(t: Cast) -> None:
    """T-006."""
    answer = await t.api.post(
        "/v2/rpc/RPC_ID_TEAMS_WALLET_GET", content=b'"' + b" " * 300_000 + b'"', headers=t.superadmin.headers
    )
    assert (answer.status_code, answer.json()["message"]) == (400, "http: request body too large")


async def test_case_93_rest(t: Cast, api: httpx.AsyncClient) -> None:
    """T-024, T-466: the same functions at paths, with errors of their own form."""
    path = f"/v2/team/{t.team}/wallet"
    answer = await api.get(path, headers=t.member.headers)
    assert answered(answer) == {"id": t.team, "currencies": WALLET}
    answer = await api.post(path, json={"currencies": {"guild_gold": 1}}, headers=t.member.headers)
    message = "team admin role required"
    assert (answer.status_code, answer.json()) == (403, {"code": 7, "error": message, "message": message})
    answer = await api.post(path, content='{"currencies":', headers=t.admin.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
