"""Gifts through the wire, at the hours of the day that matter."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from kizuna.app import Application
from kizuna.clock import ShiftedClock, SystemClock
from kizuna.wallets.service import Wallets, WalletUpdate
from tests.support.players import Player
from tests.teams.inventory.support import document
from tests.teams.support import Cast, refused

Message = dict[str, Any]

#: The gift of the tests' configuration: it begins at noon, and takes contributions until midnight.
FEAST = "winter_feast"

HOUR = 3600
DAY = 24 * HOUR

BAD_INPUT = (400, 3, "bad input")
NOT_FOUND = (400, 3, "team gift not found")
NOT_ACTIVE = (400, 3, "team gift not active")
CONTRIBUTOR_FULL = (400, 3, "team gift max contributor count reached")
FULL = (400, 3, "team gift max count reached")
INSUFFICIENT = (400, 9, "insufficient currency")


def at_hour(clock: ShiftedClock, hour: float, days: int = 0) -> int:
    """Set the clock to an hour of a day to come, so many days after it; what it tells then."""
    now = clock.now() - clock.offset
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    moment = first + timedelta(days=days, hours=hour)
    clock.offset += moment - clock.now()
    return int(moment.timestamp())


def with_gift(gift_id: str = FEAST, **changes: Any) -> Message:
    """The tests' configuration with another gift, or that one changed; None takes a field out."""
    content = document()
    gifts = content["gifts"]["gifts"]
    gift = {**gifts[FEAST], **changes}
    gifts[gift_id] = {name: value for name, value in gift.items() if value is not None}
    return content


async def give(app: Application, player: Player, **currencies: int) -> None:
    """Fill a player's own wallet."""
    wallets = Wallets(app.database, SystemClock())
    await wallets.update([WalletUpdate(player.id, currencies)], update_ledger=False)


async def coins(cast: Cast, player: Player) -> int:
    """What a player's own wallet holds."""
    account = (await cast.api.get("/v2/account", headers=player.headers)).json()
    return int(json.loads(account.get("wallet") or "{}").get("coins", 0))


async def gold(cast: Cast) -> int:
    return int((await cast.call(cast.member, "TEAMS_WALLET_GET"))["currencies"]["guild_gold"])


async def gifts(cast: Cast, player: Player | None = None) -> list[Message]:
    """All gifts that a player sees."""
    answer = await cast.call(player or cast.member, "TEAMS_GIFT_LIST")
    found: list[Message] = answer.get("gifts", [])
    return found


async def feast(cast: Cast, player: Player | None = None) -> Message:
    """The only gift that a player sees."""
    [gift] = await gifts(cast, player)
    return gift


async def contribute(cast: Cast, player: Player, count: int, gift_id: str = FEAST) -> Message:
    return await cast.call(player, "TEAMS_GIFT_CONTRIBUTE", gift_id=gift_id, count=count)


async def contribute_refused(cast: Cast, player: Player, **request: Any) -> tuple[int, int, str]:
    request = {"gift_id": FEAST, "count": 1, **request}
    return refused(await cast.ask(player, "TEAMS_GIFT_CONTRIBUTE", **request))


async def claim(cast: Cast, player: Player, gift_id: str = FEAST, **request: Any) -> Message:
    return await cast.call(player, "TEAMS_GIFT_CLAIM", gift_id=gift_id, **request)


async def claim_refused(cast: Cast, player: Player, **request: Any) -> tuple[int, int, str]:
    return refused(await cast.ask(player, "TEAMS_GIFT_CLAIM", **{"gift_id": FEAST, **request}))


async def enrich(app: Application, cast: Cast, amount: int = 1000) -> None:
    """Coins for everybody in the team."""
    await asyncio.gather(*(give(app, player, coins=amount) for player in cast.members))


def paid(reward: Message) -> int:
    return int(reward["currencies"]["coins"])
