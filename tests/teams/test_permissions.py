"""Who may call what: every function by everybody who can stand to a team in some way (T-039 to T-066)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest

from kizuna.app import Application
from kizuna.teams.functions import Access
from tests.support.players import Player
from tests.teams.support import Cast, refused

NOT_MEMBER = (403, 7, "team membership required")
NOT_ADMIN = (403, 7, "team admin role required")

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Row:
    """A function, a request that is in order, and who may call it.

    `outcome` is how it ends for who may: 200, or the refusal of a function that finds nothing to do.
    """

    function: str
    access: Access
    request: Mapping[str, Any] = field(default_factory=dict)
    outcome: tuple[int, int, str] | None = None


_MEMBER, _ADMIN, _ANYBODY = Access.MEMBER, Access.ADMIN, Access.ANYBODY
_SIEGE = {"event_leaderboard_id": "weekly_siege"}
_NO_COHORT = (400, 9, "event leaderboard cohort not assigned")

ROWS = (
    Row("TEAMS_UPDATE", _ADMIN, {"desc": "Night birds", "open": True}),
    Row("TEAMS_WRITE_CHAT_MESSAGE", _MEMBER, {"content": "hello"}),
    Row("TEAMS_STORE_GET", _MEMBER),
    Row("TEAMS_STORE_PURCHASE", _MEMBER, {"item_id": "hall_relic"}, (400, 3, "item unavailable")),
    Row("TEAMS_WALLET_GET", _MEMBER),
    Row("TEAMS_WALLET_GRANT", _ADMIN, {"currencies": {"guild_gold": 1}}),
    Row("TEAMS_STATS_GET", _MEMBER),
    Row("TEAMS_STATS_UPDATE", _ADMIN, {"public": [{"name": "level", "value": 1, "operator": 2}]}),
    Row("TEAMS_INVENTORY_LIST", _MEMBER),
    Row("TEAMS_INVENTORY_LIST_INVENTORY", _MEMBER),
    Row("TEAMS_INVENTORY_CONSUME", _ADMIN, {"items": {"raid_key": 1}}, (400, 9, "insufficient items")),
    Row("TEAMS_INVENTORY_GRANT", _ADMIN, {"items": {"hearth_stone": 1}}),
    Row(
        "TEAMS_INVENTORY_UPDATE",
        _ADMIN,
        {"item_updates": {UNKNOWN: {"string_properties": {"colour": "blue"}}}},
        (400, 3, "item not found"),
    ),
    Row(
        "TEAMS_ACHIEVEMENTS_CLAIM",
        _ADMIN,
        {"achievement_ids": ["first_raid"]},
        (400, 3, "achievement not complete"),
    ),
    Row("TEAMS_ACHIEVEMENTS_GET", _MEMBER),
    Row("TEAMS_ACHIEVEMENTS_UPDATE", _MEMBER, {"achievement_ids": ["daily_hunt"], "amount": 1}),
    Row("TEAMS_EVENT_LEADERBOARD_LIST", _MEMBER),
    Row("TEAMS_EVENT_LEADERBOARD_GET", _MEMBER, _SIEGE),
    Row(
        "TEAMS_EVENT_LEADERBOARD_UPDATE",
        _MEMBER,
        {**_SIEGE, "event_leaderboard_id": "nope"},
        (400, 3, "event leaderboard not found"),
    ),
    Row("TEAMS_EVENT_LEADERBOARD_CLAIM", _MEMBER, _SIEGE, _NO_COHORT),
    Row(
        "TEAMS_EVENT_LEADERBOARD_ROLL",
        _MEMBER,
        {"event_leaderboard_id": "nope"},
        (400, 3, "event leaderboard not found"),
    ),
    Row("TEAMS_EVENT_LEADERBOARD_DEBUG_FILL", _MEMBER, _SIEGE, _NO_COHORT),
    Row("TEAMS_EVENT_LEADERBOARD_DEBUG_RANDOM_SCORES", _MEMBER, _SIEGE, _NO_COHORT),
    Row("TEAMS_REWARD_MAILBOX_LIST", _MEMBER),
    Row(
        "TEAMS_REWARD_MAILBOX_CLAIM",
        _MEMBER,
        {"entry_id": UNKNOWN},
        (400, 3, "reward mailbox entry not found"),
    ),
    Row("TEAMS_REWARD_MAILBOX_DELETE", _ADMIN, {"entry_ids": [UNKNOWN]}),
    Row("TEAMS_GIFT_LIST", _MEMBER),
    Row("TEAMS_GIFT_CONTRIBUTE", _MEMBER, {"gift_id": "nope", "count": 1}, (400, 3, "team gift not found")),
    Row("TEAMS_GIFT_CLAIM", _MEMBER, {"gift_id": "nope"}, (400, 3, "team gift not found")),
)

#: Functions that are about no team in particular, or that anybody may call.
FREE = (
    Row("TEAMS_LIST", _ANYBODY),
    Row("TEAMS_SEARCH", _ANYBODY),
    Row("TEAMS_GET", _ANYBODY),
    Row("TEAMS_USER_TEAMS_LIST", _ANYBODY),
    Row("TEAMS_CREATE", _ANYBODY),
)


def test_the_table_has_every_function(app: Application) -> None:
    """T-020: who may call a function is written in two places, which agree."""
    named = {row.function: row.access for row in (*ROWS, *FREE)}
    assert named == {each.function.name: each.function.access for each in app.teams.served}


def _outcome(answer: httpx.Response) -> tuple[int, int, str] | None:
    return None if answer.status_code == 200 else refused(answer)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.function)
async def test_functions_of_a_team(row: Row, cast: Cast, database_url: str) -> None:
    """T-030, T-031, T-032, T-042, T-050 to T-066: strangers, requests and bans are refused alike, and members
    where it takes an admin; whoever is refused has changed nothing.
    """
    before = await everything(database_url, cast.team)
    for player in (cast.outsider, cast.pending, cast.banned):
        assert _outcome(await cast.ask(player, row.function, **row.request)) == NOT_MEMBER
    member = await cast.ask(cast.member, row.function, **row.request) if row.access is _ADMIN else None
    if member is not None:
        assert _outcome(member) == NOT_ADMIN
    assert await everything(database_url, cast.team) == before
    allowed = (
        [cast.admin, cast.superadmin] if row.access is _ADMIN else [cast.member, cast.admin, cast.superadmin]
    )
    for player in allowed:
        assert _outcome(await cast.ask(player, row.function, **row.request)) == row.outcome


@pytest.mark.parametrize("row", FREE, ids=lambda row: row.function)
async def test_functions_for_everybody(row: Row, cast: Cast) -> None:
    """T-039, T-040, T-041: whatever somebody is to a team."""
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 1})  # now it is a team
    requests = {
        "TEAMS_GET": {"team_id": cast.team},
        "TEAMS_USER_TEAMS_LIST": {"user_ids": [cast.member.id]},
    }
    for player in (cast.outsider, cast.pending, cast.banned, cast.member, cast.admin, cast.superadmin):
        request = requests.get(row.function, {})
        if row.function == "TEAMS_CREATE":
            request = {"name": f"{player.username} and friends"}
        answer = await cast.api.post(
            f"/v2/rpc/RPC_ID_{row.function}?unwrap", json=request, headers=player.headers
        )
        in_a_team = row.function == "TEAMS_CREATE" and player in cast.members
        assert _outcome(answer) == ((400, 3, "already part of a team") if in_a_team else None)


async def everything(database_url: str, team: str) -> dict[str, list[asyncpg.Record]]:
    """All rows of all tables that say something of a team."""
    connection = await asyncpg.connect(database_url)
    try:
        tables = await connection.fetch(
            "select distinct table_name from information_schema.columns "
            "where table_schema = 'public' and table_name like 'team%' and column_name = 'team_id'"
        )
        rows = {"groups": await connection.fetch("select * from groups where id = $1", team)}
        for (table,) in tables:
            query = f"select * from {table} t where team_id = $1 order by t::text"
            rows[table] = await connection.fetch(query, team)
        edges = "select * from group_edge where group_id = $1 order by user_id"
        return {**rows, "group_edge": await connection.fetch(edges, team)}
    finally:
        await connection.close()


# --- what groups do ---

NO_PERMISSION = (404, 5, "Group not found or permission denied.")
NO_DELETION = (400, 3, "Group not found or you're not allowed to delete.")


async def _group(
    cast: Cast, player: Player, verb: str, path: str, *users: Player
) -> tuple[int, int, str] | None:
    query = [("user_ids", user.id) for user in users]
    answer = await cast.api.request(
        verb, f"/v2/group/{cast.team}{path}", params=query, headers=player.headers
    )
    body = answer.json()
    return None if answer.status_code == 200 else (answer.status_code, body["code"], body["message"])


async def _state(cast: Cast, player: Player) -> int | None:
    answer = await cast.api.get(f"/v2/user/{player.id}/group", headers=player.headers)
    states = {entry["group"]["id"]: entry["state"] for entry in answer.json().get("user_groups", [])}
    return states.get(cast.team)


async def test_membership_operations(cast: Cast) -> None:
    """T-043 to T-049: what Nakama's groups allow, with their own texts."""
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 1})  # now it is a team
    for player in (cast.outsider, cast.pending, cast.banned, cast.member):
        for path in ("/add", "/kick", "/promote"):
            assert await _group(cast, player, "POST", path, cast.member2) == NO_PERMISSION
        assert await _group(cast, player, "DELETE", "") == NO_DELETION
    for player in (cast.outsider, cast.member):
        assert await _group(cast, player, "GET", "/user") is None
    assert await _group(cast, cast.admin, "DELETE", "") == NO_DELETION

    assert await _group(cast, cast.admin, "POST", "/add", cast.pending) is None
    assert await _state(cast, cast.pending) == 2
    assert await _group(cast, cast.admin, "POST", "/promote", cast.member) is None
    assert await _state(cast, cast.member) == 1
    assert await _group(cast, cast.admin, "POST", "/promote", cast.admin2) is None
    assert await _state(cast, cast.admin2) == 1, "an admin makes no superadmins"
    assert await _group(cast, cast.superadmin, "POST", "/promote", cast.admin2) is None
    assert await _state(cast, cast.admin2) == 0
    assert await _group(cast, cast.banned, "POST", "/join") is None
    assert await _state(cast, cast.banned) is None, "nobody is told of bans"
    assert await _group(cast, cast.member2, "POST", "/leave") is None
    assert await _state(cast, cast.member2) is None
    assert await _group(cast, cast.superadmin, "DELETE", "") is None
