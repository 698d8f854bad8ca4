"""The example game as its players meet it."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.caller import SYSTEM_USER
from kizuna.clock import ShiftedClock
from tests.support.clocks import BEGINNING
from tests.support.players import HTTP_KEY, Player, sign_in_async
from tests.support.waiting import wait_until_async

EXAMPLES = Path(__file__).parents[2] / "examples"
WEEK = timedelta(days=7)
LARGEST = 2**63 - 1
POINTS = {None: 1, "compass": 11, "pearl": 26, "golden idol": 101}


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """With the examples."""
    return {"runtime": {"modules": [EXAMPLES]}}


@pytest_asyncio.fixture
async def player(api: httpx.AsyncClient) -> Player:
    """A new player."""
    return await sign_in_async(api)


async def hunt(api: httpx.AsyncClient, player: Player, function: str, **payload: Any) -> httpx.Response:
    path = f"/v2/rpc/treasure_hunt.{function}?unwrap"
    return await api.post(path, headers=player.headers, json=payload)


async def grant(api: httpx.AsyncClient, player: Player, coins: int) -> httpx.Response:
    content = {"user_id": player.id, "coins": coins, "reason": "test"}
    return await api.post(f"/v2/rpc/treasure_hunt.grant?unwrap&http_key={HTTP_KEY}", json=content)


async def test_a_daily_reward_is_paid_once(api: httpx.AsyncClient, player: Player) -> None:
    answers = await asyncio.gather(*(hunt(api, player, "daily_reward") for _ in range(8)))
    paid = [answer.json() for answer in answers if answer.status_code == 200]
    assert paid == [{"coins": 20, "streak": 1, "balance": 20}]
    assert {answer.status_code for answer in answers} == {200, 409}
    account = (await api.get("/v2/account", headers=player.headers)).json()
    assert json.loads(account["wallet"]) == {"coins": 20}


async def test_digging_costs_coins_and_fills_the_inventory(api: httpx.AsyncClient, player: Player) -> None:
    assert (await hunt(api, player, "dig", x=0, y=0)).json()["message"] == "You have too few coins."
    assert (await grant(api, player, 10)).json()["updated"] == {"coins": 10}
    first = await hunt(api, player, "dig", x=0, y=0)
    again = await hunt(api, player, "dig", x=0, y=0)
    outside = await hunt(api, player, "dig", x=0, y=8)
    assert first.json()["balance"] == 5
    assert (again.status_code, again.json()["message"]) == (409, "There is only a hole.")
    assert (outside.status_code, outside.json()["code"]) == (400, 3)
    assert outside.json()["message"] == "Payload field 'y': Input should be less than 8."
    inventory = (await hunt(api, player, "inventory")).json()
    found = first.json()["treasure"]
    assert inventory == {"treasures": {found: 1} if found else {}, "dug": ["0,0"]}


async def test_progress_of_two_devices_is_merged(api: httpx.AsyncClient, player: Player) -> None:
    await asyncio.gather(
        hunt(api, player, "save_progress", level=3, stars={"1": 2, "2": 3}),
        hunt(api, player, "save_progress", level=2, stars={"1": 3}),
    )
    known = await hunt(api, player, "save_progress")
    assert known.json() == {"level": 3, "stars": {"1": 3, "2": 3}}


async def forge(api: httpx.AsyncClient, player: Player, key: str, **value: Any) -> None:
    """Let a modified client write an object of the game, as the player's own and under the server's key."""
    own = {"collection": "treasure_hunt", "key": key, "value": json.dumps(value)}
    objects = [own, own | {"key": f"{key}-{player.id}"}]
    answer = await api.put("/v2/storage", headers=player.headers, json={"objects": objects})
    assert answer.status_code == 200, answer.text


async def test_what_a_client_writes_first_gains_it_nothing(api: httpx.AsyncClient, player: Player) -> None:
    yesterday = BEGINNING.date() - timedelta(days=1)
    await forge(api, player, "daily_reward", day=yesterday.isoformat(), streak=100)
    await forge(api, player, "inventory", treasures={"golden idol": 9}, dug=[])
    await forge(api, player, "progress", level=100, stars={"1": 3})
    reward = await hunt(api, player, "daily_reward")
    assert reward.json() == {"coins": 20, "streak": 1, "balance": 20}
    assert (await hunt(api, player, "inventory")).json() == {"treasures": {}, "dug": []}
    assert (await hunt(api, player, "save_progress")).json() == {"level": 1, "stars": {}}


async def test_only_servers_grant(api: httpx.AsyncClient, player: Player) -> None:
    answer = await hunt(api, player, "grant", user_id=player.id, coins=5, reason="why not")
    assert (answer.status_code, answer.json()["message"]) == (403, "Only for servers.")


# --- the week's best hunters ---


async def hunter(api: httpx.AsyncClient, coins: int) -> tuple[Player, int]:
    """A new player who has dug for so many coins, and the points that this was worth."""
    player, points = await sign_in_async(api), 0
    await grant(api, player, coins)
    for spot in range(coins // 5):
        find = (await hunt(api, player, "dig", x=spot % 8, y=spot // 8)).json()
        points += POINTS[find["treasure"]]
    return player, points


async def ranking(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    """This week's records, the best first."""
    reader = await sign_in_async(api)
    path = "/v2/leaderboard/treasure_hunt.weekly?limit=100"
    return list((await api.get(path, headers=reader.headers)).json().get("records", []))


async def coins_of(api: httpx.AsyncClient, player: Player) -> int:
    """A player's balance; the session is new, because that of before may be over."""
    session = await sign_in_async(api, player.device)
    account = (await api.get("/v2/account", headers=session.headers)).json()
    return int(json.loads(account["wallet"])["coins"])


async def seals_of(api: httpx.AsyncClient, player: Player) -> list[dict[str, Any]]:
    """The prizes that a player has had, as every player may read them."""
    reader = await sign_in_async(api)
    path = f"/v2/storage/treasure_hunt/{SYSTEM_USER}?limit=100"
    objects = (await api.get(path, headers=reader.headers)).json().get("objects", [])
    return [json.loads(each["value"]) for each in objects if each["key"].endswith(player.id)]


async def test_digging_gives_points_that_no_client_can_write(api: httpx.AsyncClient, player: Player) -> None:
    (first, points), (second, more) = await asyncio.gather(hunter(api, 20), hunter(api, 40))
    scores = {record["owner_id"]: int(record["score"]) for record in await ranking(api)}
    assert (scores[first.id], scores[second.id]) == (points, more)
    path = "/v2/leaderboard/treasure_hunt.weekly"
    cheat = await api.post(path, headers=player.headers, json={"score": "1000"})
    assert cheat.status_code == 403


async def test_the_best_of_a_week_get_their_prizes_once(
    api: httpx.AsyncClient, clock: ShiftedClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.offset = WEEK  # a week in which no other test has dug
    hunters = dict([await hunter(api, 15) for _ in range(4)])
    assert len(await ranking(api)) == 4
    by_id = {player.id: player for player in hunters}
    first, second, third, fourth = (by_id[record["owner_id"]] for record in await ranking(api))
    week = (await ranking(api))[0]["expiry_time"]
    await forge(api, first, f"prize-{datetime.fromisoformat(week).timestamp():.0f}", coins=0)
    # There is no room for the second's prize: the function fails after it has paid the first.
    await grant(api, second, LARGEST)

    async def failed() -> bool:
        return "leaderboard_reset of" in caplog.text and "WalletError" in caplog.text

    clock.offset += WEEK
    await wait_until_async(failed, what="the first attempt's failure")
    assert [await coins_of(api, each) for each in (first, third, fourth)] == [100, 0, 0]

    async def all_paid() -> bool:
        return await coins_of(api, third) > 0

    await grant(api, second, -1000)
    clock.offset += timedelta(minutes=10)
    await wait_until_async(all_paid, what="the third's prize")
    paid = [await coins_of(api, each) for each in (first, second, third, fourth)]
    assert paid == [100, LARGEST - 1000 + 50, 25, 0]
    prize = {"rank": 1, "score": hunters[first], "coins": 100}
    assert [await seals_of(api, each) for each in (first, fourth)] == [[prize], []]
    assert await ranking(api) == []
