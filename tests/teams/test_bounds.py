"""What players cannot do to an economy, a server, or each other."""

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.settings import TEAMS_FUNCTIONS
from kizuna.teams.wallet.ledger_pages import ledger_page
from tests.support.applications import client_of, running_application
from tests.support.players import Player, sign_in_async
from tests.teams.support import CONFIG, Cast, answered, ask, assemble, plain_team, refused

GRANT = "TEAMS_WALLET_GRANT"


@pytest_asyncio.fixture
async def closed(database_url: str, app_clock: ShiftedClock) -> AsyncIterator[httpx.AsyncClient]:
    """A server whose players cannot grant."""
    settings = {"teams": {"config": CONFIG, "closed_functions": [GRANT]}}
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as api:
        yield api


def test_every_function_can_be_closed(app: Application) -> None:
    """The settings know the names of all."""
    assert sorted(TEAMS_FUNCTIONS) == sorted(each.function.name for each in app.teams.served)


async def test_closed_functions(closed: httpx.AsyncClient) -> None:
    """By neither way, and in no spelling; everything else goes on."""
    cast = await assemble(closed)
    request = {"currencies": {"guild_gold": 5}}
    assert refused(await cast.ask(cast.superadmin, GRANT, **request)) == (501, 12, "not found")
    lower = f"/v2/rpc/rpc_id_{GRANT.lower()}?unwrap"
    body = json.dumps({"id": cast.team, **request})
    answer = await closed.post(lower, content=body, headers=cast.superadmin.headers)
    assert refused(answer) == (501, 12, "not found")
    rest = await closed.post(f"/v2/team/{cast.team}/wallet", json=request, headers=cast.superadmin.headers)
    assert (rest.status_code, rest.json()["message"]) == (501, "not found")
    wallet = await cast.call(cast.superadmin, "TEAMS_WALLET_GET")
    assert wallet["currencies"]["guild_gold"] == "100"


@pytest.mark.parametrize("access", ["create", "update"])
async def test_metadata_has_a_size(cast: Cast, access: str) -> None:
    """Lists are answered with that of a hundred teams."""
    for size, fits in ((16 * 1024 - 20, True), (16 * 1024, False)):
        metadata = {"text": "x" * size}
        if access == "create":
            request = {"name": f"{cast.outsider.username} {size}", "setup_metadata": json.dumps(metadata)}
            answer = await ask(cast.api, cast.outsider, "TEAMS_CREATE", request)
        else:
            answer = await cast.ask(cast.admin, "TEAMS_UPDATE", metadata=metadata)
        if fits:
            answered(answer)
        else:
            assert refused(answer) == (400, 3, "bad input")


async def test_a_second_group_is_no_second_team(cast: Cast) -> None:
    """T-034, T-087: who is in a team cannot make one of another group by using it as such."""
    await cast.call(cast.admin, GRANT, currencies={"guild_gold": 1})
    other = await plain_team(cast.api, cast.admin)
    answer = await cast.ask(cast.admin, GRANT, id=other, currencies={"guild_gold": 1})
    assert refused(answer) == (400, 3, "already part of a team")
    assert (await cast.call(cast.admin, "TEAMS_WALLET_GET", id=other))["currencies"]["guild_gold"] == "100"


async def test_no_member_gets_a_second_team_with_the_group(cast: Cast) -> None:
    """T-034, T-087: whoever else is in the group counts as well; who only asks to join it does not."""
    await cast.call(cast.admin, GRANT, currencies={"guild_gold": 1})
    other = await plain_team(cast.api, cast.outsider)

    async def act(what: str, player: Player, **params: str) -> None:
        path = f"/v2/group/{other}/{what}"
        answered(await cast.api.post(path, params=params, headers=player.headers))

    await act("join", cast.member)
    answer = await cast.ask(cast.outsider, GRANT, id=other, currencies={"guild_gold": 1})
    assert refused(answer) == (400, 3, "already part of a team")
    await act("leave", cast.member)
    body = {"open": False}
    answered(await cast.api.put(f"/v2/group/{other}", json=body, headers=cast.outsider.headers))
    await act("join", cast.member)
    await cast.call(cast.outsider, GRANT, id=other, currencies={"guild_gold": 1})
    answer = await cast.api.post(
        f"/v2/group/{other}/add", params={"user_ids": cast.member.id}, headers=cast.outsider.headers
    )
    assert (answer.status_code, answer.json()["message"]) == (400, "already part of a team")


async def test_two_groups_with_one_member_make_one_team(cast: Cast) -> None:
    """T-089: the member's row decides, whoever's calls make teams of the groups."""
    founders = [cast.outsider, cast.pending, cast.banned, await sign_in_async(cast.api)]
    guest = await sign_in_async(cast.api)
    groups = [await plain_team(cast.api, founder) for founder in founders]
    for group in groups:
        answered(await cast.api.post(f"/v2/group/{group}/join", headers=guest.headers))
    request = {"currencies": {"guild_gold": 1}}
    answers = await asyncio.gather(
        *(
            cast.ask(founder, GRANT, id=group, **request)
            for founder, group in zip(founders, groups, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_two_groups_at_once_make_one_team(cast: Cast) -> None:
    """T-089: the player's row decides."""
    groups = [await plain_team(cast.api, cast.outsider) for _ in range(4)]
    request = {"currencies": {"guild_gold": 1}}
    answers = await asyncio.gather(*(cast.ask(cast.outsider, GRANT, id=id, **request) for id in groups))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_a_code_that_is_taken_makes_no_team(cast: Cast) -> None:
    """T-103: of a group that becomes a team by the very change."""
    other = await assemble(cast.api)
    code = cast.team[:8]
    await cast.call(cast.admin, "TEAMS_UPDATE", metadata={"short_code": code})
    answer = await other.ask(other.admin, "TEAMS_UPDATE", metadata={"short_code": code.upper()})
    assert refused(answer) == (409, 6, "team short code is in use")
    team = answered(await ask(cast.api, other.admin, "TEAMS_GET", {"team_id": other.team}))
    assert "short_code" not in json.loads(team["metadata"])


async def test_the_ledger_outlives_the_team(cast: Cast, app: Application) -> None:
    """T-124, T-458: whoever asks what has happened asks afterwards."""
    await cast.call(cast.admin, GRANT, currencies={"guild_gold": 5})
    answered(await cast.api.delete(f"/v2/group/{cast.team}", headers=cast.superadmin.headers))
    entries, _ = await ledger_page(app.database, cast.team, 10)
    assert [entry.currencies for entry in entries] == [{"guild_gold": 5}]


async def test_what_came_in_and_what_went_out(cast: Cast, database_url: str) -> None:
    """T-458: a purchase has a line for its price, and one for what it gave."""
    await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="key_bundle")
    connection = await asyncpg.connect(database_url)
    query = "select currencies, items from team_ledger where team_id = $1 order by id"
    rows = [tuple(map(json.loads, row)) for row in await connection.fetch(query, cast.team)]
    start = "select start, balance from team_currency where team_id = $1 and currency = 'guild_gold'"
    assert tuple(await connection.fetchrow(start, cast.team)) == (100, 10)
    await connection.close()
    assert rows == [({"guild_gold": -90}, {}), ({}, {"raid_key": 3})]


async def test_a_crowd_at_one_team_holds_nobody_else_up(cast: Cast, database_url: str) -> None:
    """T-027: whoever waits for a group waits without a connection to the database."""
    other = await assemble(cast.api)
    connection = await asyncpg.connect(database_url)
    async with connection.transaction():
        await connection.execute("select from groups where id = $1 for update", cast.team)
        waiting = [
            asyncio.create_task(cast.api.post(f"/v2/group/{cast.team}/{act}", headers=player.headers))
            for player in (cast.outsider, cast.member, cast.member2, cast.pending)
            for act in ("join", "leave")
        ]
        waiting.append(asyncio.create_task(cast.ask(cast.admin, GRANT, currencies={"guild_gold": 1})))
        async with asyncio.timeout(4):
            for _ in range(5):
                await other.call(other.admin, GRANT, currencies={"guild_gold": 1})
    await asyncio.gather(*waiting)
    await connection.close()
