"""How large an inventory can be, and how little the large ones are in others' way."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from typing import cast as typed

from kizuna.app import Application
from kizuna.teams.inventory.room import MOST_INSTANCES
from kizuna.teams.inventory.service import TeamInventories
from tests.support.players import Player
from tests.teams.inventory.support import (
    TOO_MANY,
    Message,
    configured,
    counts,
    document,
    grant,
    grant_refused,
    inventory,
    items_in,
    of,
)
from tests.teams.support import Cast


def boundless(**reward: Any) -> Message:
    """A configuration without limits: candles and drums one by one, of which candles give a reward when they
    are consumed; coals and dust in stacks, of which that of dust is kept at zero."""
    content = document()
    content["inventory"]["limits"] = {}
    content["inventory"]["items"] |= {
        "candle": {"consumable": True, "consume_reward": {"guaranteed": reward}},
        "drum": {},
        "coal": {"stackable": True, "consumable": True},
        "dust": {"stackable": True, "keep_zero": True},
    }
    return content


async def fill(cast: Cast, left: int = 0) -> None:
    """Grant candles until there is space for so many more instances."""
    wanted = MOST_INSTANCES - left - len(await inventory(cast))
    for begin in range(0, wanted, 1000):
        await grant(cast, candle=min(1000, wanted - begin))


async def consume(cast: Cast, **items: int) -> Message:
    return await cast.call(cast.admin, "TEAMS_INVENTORY_CONSUME", items=items)


async def test_a_team_has_only_so_many_instances(app: Application, cast: Cast) -> None:
    """T-373: a grant of more is refused as a whole, of whatever item; what is consumed makes space again."""
    with configured(app, boundless()):
        await fill(cast, left=2)
        assert await grant_refused(cast, items={"drum": 3}) == TOO_MANY
        assert await grant_refused(cast, items={"coal": 7, "drum": 2}) == TOO_MANY
        assert counts(await inventory(cast)) == {"candle": MOST_INSTANCES - 2}
        full = await grant(cast, coal=7, drum=1)
        assert len(full) == MOST_INSTANCES
        for one_more in ({"drum": 1}, {"candle": 1}, {"dust": 1}, {"dust": 0}, {"drum": 2**63 - 1}):
            assert await grant_refused(cast, items=one_more) == TOO_MANY
        # No instance comes of these.
        assert counts(await grant(cast, coal=2**40, drum=0))["coal"] == 2**40 + 7
        await consume(cast, candle=1)
        assert len(await grant(cast, dust=0)) == MOST_INSTANCES


async def test_stacks_that_are_used_up_make_space(app: Application, cast: Cast) -> None:
    """T-360, T-373: a stack counts for one, however high it is."""
    with configured(app, boundless()):
        await grant(cast, coal=1000)
        await fill(cast)
        assert await grant_refused(cast, items={"drum": 1}) == TOO_MANY
        await consume(cast, coal=999)
        assert await grant_refused(cast, items={"drum": 1}) == TOO_MANY
        await consume(cast, coal=1)
        assert len(await grant(cast, drum=1)) == MOST_INSTANCES


async def test_maxima_come_before_the_number_of_instances(app: Application, cast: Cast) -> None:
    """T-374: who asks for more than an item's maximum gets what fits, where that is not too many."""
    with configured(app, boundless()):
        await fill(cast, left=5)
        assert counts(await grant(cast, war_banner=9))["war_banner"] == 5
        assert len(await grant(cast, war_banner=9)) == MOST_INSTANCES


async def test_what_came_back_may_be_too_many(app: Application, cast: Cast) -> None:
    """T-361, T-373: items out of use take no space; when they return they are seen, and nothing is added."""
    content, without = boundless(), boundless()
    without["inventory"]["items"]["candle"]["disabled"] = True
    with configured(app, content):
        await fill(cast)
    with configured(app, without):
        await grant(cast, drum=2)
    with configured(app, content):
        assert counts(await inventory(cast)) == {"candle": MOST_INSTANCES, "drum": 2}
        assert await grant_refused(cast, items={"drum": 1}) == TOO_MANY
        assert await grant_refused(cast, items={"coal": 1}) == TOO_MANY
        await consume(cast, candle=3)
        assert len(await grant(cast, drum=1)) == MOST_INSTANCES


async def test_rewards_drop_what_there_is_no_space_for(app: Application, cast: Cast) -> None:
    """T-174: as what is beyond a limit; the rest of the reward is given."""
    reward = {"items": {"drum": {"min": 3}}, "currencies": {"guild_gold": {"min": 1}}}
    with configured(app, boundless(**reward)):
        await fill(cast)
        answer = await consume(cast, candle=2)
        first, second = answer["rewards"]["candle"]["rewards"]
        assert first["items"] == {"drum": "2"}
        assert len(first["item_instances"]) == 2
        assert "items" not in second
        assert second["currencies"] == {"guild_gold": "1"}
        after = items_in(answer["inventory"])
        assert len(after) == MOST_INSTANCES
        assert len(of(after, "drum")) == 2


async def test_grants_at_once_stay_within_the_bound(app: Application, cast: Cast) -> None:
    """T-027, T-373: of two grants for the last space one is refused."""
    with configured(app, boundless()):
        await fill(cast, left=1)

        async def one_more(player: Player, item_id: str) -> int:
            answer = await cast.ask(player, "TEAMS_INVENTORY_GRANT", items={item_id: 1})
            return answer.status_code

        statuses = await asyncio.gather(one_more(cast.admin, "drum"), one_more(cast.superadmin, "coal"))
        assert sorted(statuses) == [200, 400]
        assert len(await inventory(cast)) == MOST_INSTANCES


class _Slow:
    """A database that takes its time for one team."""

    def __init__(self, team_id: str) -> None:
        self._team_id = team_id
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    async def read(self, _query: Any, team_ids: Sequence[str]) -> Sequence[Any]:
        if self._team_id in team_ids:
            self.asked.set()
            await self.go_on.wait()
        return []


async def test_looks_do_not_wait_for_a_slow_one(app: Application) -> None:
    """T-364: another team's inventory is read while a large one is."""
    database = _Slow("large")
    service = TeamInventories(typed(Any, database), app.teams.rewards)

    async def look(team_id: str) -> Message:
        view = SimpleNamespace(team_id=team_id, config=app.teams.versions.current)
        return await service.owned(typed(Any, view), {})

    slow = asyncio.create_task(look("large"))
    try:
        await asyncio.wait_for(database.asked.wait(), 5)
        assert await asyncio.wait_for(look("small"), 5) == {}
        assert not slow.done()
    finally:
        database.go_on.set()
        assert await slow == {}
