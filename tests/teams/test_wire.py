"""How functions are reached, in what order calls are checked, and what answers and errors look like."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.db.statements import Query
from kizuna.errors import ApiError, Code
from kizuna.http.documentation import teams_document
from kizuna.teams import queries
from kizuna.teams.wallet.balances import Wallet
from tests.support.players import HTTP_KEY, Player
from tests.teams.support import Cast, answered, ask, refused
from tests.teams.test_permissions import FREE, ROWS, UNKNOWN, Row, everything

RPC = "/v2/rpc/RPC_ID_TEAMS_"
GRANT = {"currencies": {"guild_gold": 1}}
BUSY = (409, 10, "team is busy, try again")


async def wrapped(
    api: httpx.AsyncClient, player: Player, function: str, request: dict[str, Any]
) -> httpx.Response:
    """Call a function with its message as text in text."""
    return await api.post(f"/v2/rpc/RPC_ID_{function}", json=json.dumps(request), headers=player.headers)


@pytest.mark.parametrize("row", [*ROWS, *FREE], ids=lambda row: row.function)
async def test_every_function_by_both_forms(row: Row, cast: Cast) -> None:
    """T-001, T-003, T-004: the answer is the same message, or the same refusal, and its type is JSON's."""
    given = {"TEAMS_CREATE": {}, "TEAMS_GET": {"team_id": cast.team}}.get(row.function, dict(row.request))
    if row in ROWS:
        given["id"] = cast.team
    plain = await cast.api.post(
        f"/v2/rpc/rpc_id_{row.function.lower()}?unwrap=", json=given, headers=cast.superadmin.headers
    )
    in_text = await wrapped(cast.api, cast.superadmin, row.function, given)
    assert in_text.headers["content-type"] == plain.headers["content-type"] == "application/json"
    assert in_text.status_code == plain.status_code
    if plain.status_code != 200:
        assert refused(in_text) == refused(plain)
        return
    payload = in_text.json()["payload"]
    assert in_text.json() == {"payload": payload}
    assert bool(payload) is bool(plain.content)
    if payload:
        assert json.loads(payload).keys() == plain.json().keys()


#: The SDK's names of what it sends, and a request that has each under its name on the wire.
SENT = [
    ("TEAMS_ACHIEVEMENTS_UPDATE", {"achievement_ids": ["daily_hunt"], "amount": 2}),
    ("TEAMS_ACHIEVEMENTS_CLAIM", {"achievement_ids": []}),
    (
        "TEAMS_EVENT_LEADERBOARD_UPDATE",
        {"event_leaderboard_id": "nope", "score": 1, "subscore": 2, "metadata": '{"a":"b"}'},
    ),
    ("TEAMS_INVENTORY_CONSUME", {"items": {"raid_key": 1}, "instances": {}, "overconsume": True}),
    ("TEAMS_INVENTORY_GRANT", {"items": {"raid_key": 1}}),
    ("TEAMS_INVENTORY_UPDATE", {"item_updates": {UNKNOWN: {"string_properties": {}}}}),
    ("TEAMS_REWARD_MAILBOX_LIST", {"limit": 5}),
    ("TEAMS_REWARD_MAILBOX_CLAIM", {"entry_id": UNKNOWN, "delete": True}),
    ("TEAMS_REWARD_MAILBOX_DELETE", {"entry_ids": [UNKNOWN]}),
    (
        "TEAMS_STATS_UPDATE",
        {
            "public": [{"name": "level", "value": 1, "operator": 2}],
            "private": [{"name": "rating", "value": 1, "operator": 1}],
        },
    ),
    ("TEAMS_WALLET_GRANT", GRANT),
]


@pytest.mark.parametrize(("function", "request_"), SENT, ids=[function for function, _ in SENT])
async def test_what_clients_send_is_understood(cast: Cast, function: str, request_: dict[str, Any]) -> None:
    """T-008: under these names, and under no others."""
    answer = await cast.ask(cast.admin, function, **request_)
    assert answer.status_code == 200 or refused(answer)[2] != "cannot decode json"
    for name in request_:
        answer = await cast.ask(cast.admin, function, **request_, **{f"{name}_": None})
        assert refused(answer) == (400, 3, "cannot decode json")


async def test_names_integers_and_what_is_left_out(cast: Cast) -> None:
    """T-011, T-012, T-013: snake_case; int64 as text, also in maps, int32 as a number; entries of maps are
    there even if they hold nothing, anything else is not.
    """
    await cast.call(cast.admin, "TEAMS_UPDATE", desc="")
    team = await ask(cast.api, cast.member, "TEAMS_GET", {"team_id": cast.team})
    told = answered(team)
    assert (told["edge_count"], told["max_count"]) == (5, 100)
    assert isinstance(told["create_time_sec"], str)
    assert not {"description", "avatar_url", "open", "activity"} & told.keys()
    assert told["members"][0] == {"id": cast.superadmin.id}
    wallet = await cast.call(cast.member, "TEAMS_WALLET_GET")
    assert wallet == {"id": cast.team, "currencies": {"guild_gold": "100", "ember_shards": "0"}}
    stats = await cast.call(cast.member, "TEAMS_STATS_GET")
    assert stats["public"]["raids_won"] == {"name": "raids_won", "public": True}
    assert stats["public"]["level"]["additional_properties"] == {"icon": "star"}
    assert stats["private"]["best_raid_seconds"] == {"name": "best_raid_seconds"}
    await cast.call(cast.member, "TEAMS_EVENT_LEADERBOARD_LIST")
    assert await cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY") == {}


def test_the_document_says_what_the_bytes_are() -> None:
    """T-014: an int64 is a text in the description too, which for Hiro's it is not."""
    formats = {
        (node["type"], node["format"])
        for node in _nodes(teams_document())
        if isinstance(node.get("format"), str) and isinstance(node.get("type"), str)
    }
    assert {kind for kind, form in formats if form == "int64"} == {"string"}
    assert {kind for kind, form in formats if form == "int32"} == {"integer"}


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """All objects within a document."""
    if isinstance(tree, dict):
        yield tree
    for member in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(member)


async def test_order_and_space_mean_nothing(cast: Cast) -> None:
    """T-015: whatever order the fields of a message are in, and whatever stands between them."""
    compact = f'{{"id":"{cast.team}","achievement_ids":["daily_hunt"],"amount":"1"}}'
    airy = f'\n{{ "amount"\t: "1" ,\r\n "achievement_ids" : [ "daily_hunt" ] , "id" : "{cast.team}" }} '
    for count, text in enumerate((compact, airy), start=1):
        answer = await cast.api.post(
            f"{RPC}ACHIEVEMENTS_UPDATE?unwrap", content=text, headers=cast.member.headers
        )
        assert answered(answer)["repeat_achievements"]["daily_hunt"]["count"] == str(count)


async def test_too_large_a_body_is_refused_by_the_gateway(cast: Cast) -> None:
    """T-006: in its own form, which has no third key."""
    for query in ("", "?unwrap"):
        answer = await cast.api.post(
            f"{RPC}WALLET_GET{query}", content=b'"' + b" " * 300_000 + b'"', headers=cast.member.headers
        )
        assert answer.status_code == 400
        assert answer.json() == {"code": 3, "message": "http: request body too large"}


async def test_the_order_of_the_checks(cast: Cast) -> None:
    """T-019, T-020: of all faults that a call has, the first in the order is told."""
    path, broken = f"{RPC}WALLET_GRANT", b'{"id":'

    async def told(
        path: str, content: bytes, headers: dict[str, str] | None = None, **query: str
    ) -> tuple[int, int, str]:
        answer = await cast.api.post(
            path, content=content, headers=headers or {}, params={"unwrap": "", **query}
        )
        body = answer.json()
        return answer.status_code, body["code"], body["message"]

    unknown = "/v2/rpc/RPC_ID_TEAMS_NOTHING"
    assert await told(unknown, broken) == (401, 16, "Auth token or HTTP key required")
    assert await told(unknown, broken, http_key="wrong") == (401, 16, "HTTP key invalid")
    assert await told(unknown, broken, {"Authorization": "Bearer x"}) == (401, 16, "Auth token invalid")
    assert await told(unknown, broken, http_key=HTTP_KEY) == (404, 5, "RPC function not found")
    assert await told(path, b"", http_key=HTTP_KEY) == (400, 3, "no user ID in session")
    assert await told(path, broken, http_key=HTTP_KEY) == (400, 3, "no user ID in session")

    member = cast.member.headers
    too_much = {"currencies": {"x" * 129: 1}}
    assert await told(path, b"", member) == (400, 3, "payload should not be empty")
    assert await told(path, broken, member) == (400, 3, "cannot decode json")
    steps: list[tuple[Player, dict[str, Any], tuple[int, int, str]]] = [
        (cast.outsider, {"id": "abc", "bogus": 1}, (400, 3, "cannot decode json")),
        (cast.outsider, {"id": "abc", **too_much}, (400, 3, "bad input")),
        (cast.outsider, {"id": UNKNOWN, **too_much}, (400, 3, "team not found")),
        (cast.outsider, {"id": cast.team, **too_much}, (403, 7, "team membership required")),
        (cast.member, {"id": cast.team, **too_much}, (403, 7, "team admin role required")),
        (cast.admin, {"id": cast.team, "currencies": {"x" * 129: 0, "nope": 1}}, (400, 3, "bad input")),
        (cast.admin, {"id": cast.team, "currencies": {"nope": 1}}, (400, 3, "team currency not found")),
    ]
    for player, request, refusal in steps:
        assert await told(path, json.dumps(request).encode(), player.headers) == refusal, request


@pytest.mark.parametrize(
    ("code", "status"),
    [
        *((3, 400), (9, 400), (11, 400), (16, 401), (7, 403), (5, 404), (6, 409), (10, 409)),
        *((8, 429), (2, 500), (13, 500), (12, 501), (14, 503), (4, 504)),
    ],
)
async def test_the_status_of_each_code(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, code: int, status: int
) -> None:
    """T-022, T-023, T-024: by RPC with an error of two keys, over REST with its text."""

    async def fail(*_: Any) -> None:
        raise ApiError(Code(code), "so it is")

    monkeypatch.setattr(Wallet, "load", fail)
    body = {"code": code, "message": "so it is"}
    answer = await cast.ask(cast.admin, "TEAMS_WALLET_GRANT", **GRANT)
    assert answer.headers["content-type"] == "application/json"
    assert (answer.status_code, answer.json()) == (
        status,
        {**body, "error": {"Message": "so it is", "Code": code}},
    )
    rest = await cast.api.post(f"/v2/team/{cast.team}/wallet", json=GRANT, headers=cast.admin.headers)
    assert (rest.status_code, rest.json()) == (status, {**body, "error": "so it is"})


async def test_a_fault_of_the_server(cast: Cast, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-025: says so and no more, by both ways, and nothing is kept; not even that the group is a team."""
    before, save = await everything(database_url, cast.team), Wallet.save

    async def fail(wallet: Wallet, held: Any) -> None:
        await save(wallet, held)
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(Wallet, "save", fail)
    body = {"code": 13, "message": "internal error occurred"}
    refusal = refused(await cast.ask(cast.admin, "TEAMS_WALLET_GRANT", **GRANT))
    assert refusal == (500, 13, "internal error occurred")
    rest = await cast.api.post(f"/v2/team/{cast.team}/wallet", json=GRANT, headers=cast.admin.headers)
    assert (rest.status_code, rest.json()) == (500, {**body, "error": "internal error occurred"})
    assert await everything(database_url, cast.team) == before


async def test_a_lock_that_is_not_given(
    app: Application, cast: Cast, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-029: is asked for four times; then the team is busy, and nothing has been done."""
    impatient = Query("teams.lock", "The same without any wait.", queries.LOCK.sql + " nowait")
    monkeypatch.setattr(queries, "LOCK", impatient)
    connection = await asyncpg.connect(database_url)
    try:
        before = app.database.counts["teams.lock"]
        async with connection.transaction():
            await connection.execute("select from groups where id = $1 for no key update", cast.team)
            assert refused(await cast.ask(cast.admin, "TEAMS_WALLET_GRANT", **GRANT)) == BUSY
            # Whoever only looks does not wait.
            await cast.call(cast.member, "TEAMS_WALLET_GET")
        assert app.database.counts["teams.lock"] - before == 4
    finally:
        await connection.close()
    granted = await cast.call(cast.admin, "TEAMS_WALLET_GRANT", **GRANT)
    assert granted["currencies"]["guild_gold"] == "101"


@pytest.mark.parametrize("error", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
async def test_collisions_are_tried_again(
    app: Application, cast: Cast, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """T-029: a few times, and whoever meets one every time is told that the team is busy."""
    save, left = Wallet.save, 2

    async def collide(wallet: Wallet, held: Any) -> None:
        nonlocal left
        await save(wallet, held)
        left -= 1
        if left >= 0:
            raise error("collided")

    monkeypatch.setattr(Wallet, "save", collide)
    granted = await cast.call(cast.admin, "TEAMS_WALLET_GRANT", **GRANT)
    assert granted["currencies"]["guild_gold"] == "101"
    left = 1_000
    before = app.database.counts["teams.lock"]
    assert refused(await cast.ask(cast.admin, "TEAMS_WALLET_GRANT", **GRANT)) == BUSY
    assert app.database.counts["teams.lock"] - before < 10
    monkeypatch.undo()
    assert (await cast.call(cast.member, "TEAMS_WALLET_GET"))["currencies"]["guild_gold"] == "101"


async def test_times_are_the_servers(cast: Cast, clock: ShiftedClock) -> None:
    """T-036: in whole seconds since 1970, and what is now is the moment of the answer."""
    functions = ("TEAMS_STORE_GET", "TEAMS_EVENT_LEADERBOARD_LIST", "TEAMS_ACHIEVEMENTS_GET")
    for offset in (timedelta(0), timedelta(seconds=20)):
        clock.offset = offset
        before = int(clock.unix())
        times: list[int] = []
        for function in functions:
            found = list(_nodes(await cast.call(cast.member, function)))
            times += [int(node["current_time_sec"]) for node in found if "current_time_sec" in node]
        after = int(clock.unix())
        assert len(times) > len(functions)
        assert before <= min(times) <= max(times) <= after
