"""The team wallet: what it shows, what may be added, and what the ledger says of it."""

import asyncio
import json

import asyncpg
import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.held import PublisherEvent
from tests.support.players import Player
from tests.teams.support import Cast, Configure, answered, ask, plain_team, refused

GRANT, GET = "TEAMS_WALLET_GRANT", "TEAMS_WALLET_GET"
LARGEST = 2**63 - 1


async def test_a_wallet_begins_as_configured(cast: Cast) -> None:
    """T-033, T-449 to T-452: all currencies, zeros included; no time before the first change."""
    wallet = await cast.call(cast.member, GET)
    assert wallet == {"id": cast.team, "currencies": {"guild_gold": "100", "ember_shards": "0"}}


async def test_reading_writes_nothing(cast: Cast, database_url: str) -> None:
    """T-033, T-034: the group becomes a team with the first write."""
    await cast.call(cast.member, GET)
    connection = await asyncpg.connect(database_url)
    known = "select count(*) from team where team_id = $1"
    assert await connection.fetchval(known, cast.team) == 0
    await cast.call(cast.admin, GRANT, currencies={"guild_gold": 1})
    assert await connection.fetchval(known, cast.team) == 1
    await connection.close()


async def test_grants_are_added(cast: Cast, clock: ShiftedClock) -> None:
    """T-453, T-451: case 84; to what is there, with the time of the change."""
    first = await cast.call(cast.admin, GRANT, currencies={"guild_gold": 5, "ember_shards": "2"})
    assert first["currencies"] == {"guild_gold": "105", "ember_shards": "2"}
    assert abs(int(first["update_time_sec"]) - clock.unix()) < 10
    second = await cast.call(cast.superadmin, GRANT, currencies={"guild_gold": 1})
    assert second["currencies"] == {"guild_gold": "106", "ember_shards": "2"}
    assert await cast.call(cast.member, GET) == second


@pytest.mark.parametrize(
    ("currencies", "refusal"),
    [
        ({}, (400, 3, "bad input")),
        ({"guild_gold": 5, "rubies": 1}, (400, 3, "team currency not found")),
        ({"Guild_Gold": 5}, (400, 3, "team currency not found")),
        ({"rubies": -1}, (400, 3, "team currency not found")),
        ({"guild_gold": 0}, (400, 3, "team currency amount must be positive")),
        ({"guild_gold": -1}, (400, 3, "team currency amount must be positive")),
        ({"ember_shards": 1, "guild_gold": LARGEST - 99}, (400, 11, "team currency balance out of range")),
        ({"": 1}, (400, 3, "bad input")),
        ({"x" * 129: 1}, (400, 3, "bad input")),
        ({str(number): 1 for number in range(101)}, (400, 3, "bad input")),
        ({"guild_gold": 5, "ember_shards": -1}, (400, 3, "team currency amount must be positive")),
        ({"ember_shards": 5, "guild_gold": LARGEST}, (400, 11, "team currency balance out of range")),
    ],
)
async def test_refused_grants(cast: Cast, currencies: dict[str, int], refusal: tuple[int, int, str]) -> None:
    """T-129, T-454 to T-456: case 84; all of them or none."""
    assert refused(await cast.ask(cast.admin, GRANT, currencies=currencies)) == refusal
    wallet = await cast.call(cast.member, GET)
    assert wallet["currencies"] == {"guild_gold": "100", "ember_shards": "0"}


async def test_a_wallet_takes_as_much_as_64_bits(cast: Cast) -> None:
    """T-454: the last unit that fits, and not one more."""
    wallet = await cast.call(cast.admin, GRANT, currencies={"ember_shards": LARGEST})
    assert wallet["currencies"]["ember_shards"] == str(LARGEST)
    answer = await cast.ask(cast.admin, GRANT, currencies={"ember_shards": 1})
    assert refused(answer) == (400, 11, "team currency balance out of range")


async def test_grants_at_once_all_count(cast: Cast, elsewhere: httpx.AsyncClient) -> None:
    """T-027, T-453: case 85, on two servers."""
    request = {"id": cast.team, "currencies": {"guild_gold": 1}}

    async def give(api: httpx.AsyncClient, admin: Player) -> None:
        for answer in asyncio.as_completed([ask(api, admin, GRANT, request) for _ in range(100)]):
            answered(await answer)

    await asyncio.gather(give(cast.api, cast.admin), give(elsewhere, cast.superadmin))
    assert (await cast.call(cast.member, GET))["currencies"]["guild_gold"] == "300"


async def test_currencies_that_are_no_longer_configured(
    cast: Cast, app: Application, configure: Configure
) -> None:
    """T-452: hidden, and kept for the day they come back."""
    await cast.call(cast.admin, GRANT, currencies={"ember_shards": 9})
    present = app.teams.versions.current.currencies
    configure(currencies={"guild_gold": 100})
    await cast.call(cast.admin, GRANT, currencies={"guild_gold": 1})
    assert (await cast.call(cast.member, GET))["currencies"] == {"guild_gold": "101"}
    configure(currencies=present)
    assert (await cast.call(cast.member, GET))["currencies"] == {"guild_gold": "101", "ember_shards": "9"}


async def test_a_team_that_is_only_a_group(cast: Cast) -> None:
    """T-021, T-034: any group is a team, and each has a wallet of its own."""
    other = await plain_team(cast.api, cast.admin)
    await cast.call(cast.admin, GRANT, id=other, currencies={"guild_gold": 7})
    assert (await cast.call(cast.admin, GET, id=other))["currencies"]["guild_gold"] == "107"
    assert (await cast.call(cast.admin, GET))["currencies"]["guild_gold"] == "100"


async def test_the_ledger(cast: Cast, database_url: str, clock: ShiftedClock) -> None:
    """T-458: who, what, when, from where."""
    await cast.call(cast.admin, GRANT, currencies={"guild_gold": 5, "ember_shards": 2})
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("select * from team_ledger where team_id = $1", cast.team)
    await connection.close()
    assert len(rows) == 1
    assert (str(rows[0]["user_id"]), rows[0]["source"]) == (cast.admin.id, "wallet_grant")
    assert json.loads(rows[0]["currencies"]) == {"guild_gold": 5, "ember_shards": 2}
    assert json.loads(rows[0]["items"]) == {}
    assert rows[0]["source_id"] == ""
    assert abs(rows[0]["create_time"].timestamp() - clock.unix()) < 10


async def test_grants_are_published(app: Application, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-035, T-458: once for each currency, and again for the same call again; not where it is refused."""
    told: list[PublisherEvent] = []
    monkeypatch.setattr(app.teams.calls, "publish", told.extend)
    await cast.ask(cast.admin, GRANT, currencies={"guild_gold": 5, "rubies": 1})
    for _ in range(2):
        await cast.call(cast.admin, GRANT, currencies={"guild_gold": 5, "ember_shards": 2})

    def event(currency: str, amount: str) -> PublisherEvent:
        source = {"teamId": cast.team, "currencyId": currency, "source": "wallet_grant"}
        return PublisherEvent("currencyGranted", source, amount)

    assert told == [event("guild_gold", "5"), event("ember_shards", "2")] * 2
    assert (await cast.call(cast.member, GET))["currencies"] == {"guild_gold": "110", "ember_shards": "4"}
