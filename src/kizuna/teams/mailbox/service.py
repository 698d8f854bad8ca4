"""TEAMS_REWARD_MAILBOX_LIST, _CLAIM and _DELETE, and what only the server does with mailboxes."""

from typing import Any

import orjson

from kizuna.clock import Clock
from kizuna.db.batches import in_batches
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.teams import catalogue
from kizuna.teams.errors import entry_not_found
from kizuna.teams.functions import Reading, Reply, Request, Served, Writing
from kizuna.teams.held import Held, View
from kizuna.teams.mailbox import queries
from kizuna.teams.mailbox.entries import Entry, remove_expired
from kizuna.teams.mailbox.pages import Page, page_message, page_of
from kizuna.teams.rewards.granting import Rewards
from kizuna.teams.rewards.shapes import Reward
from kizuna.teams.rewards.sources import Source, SourceKind
from kizuna.wire.uuids import parse_uuid

#: How long a claim can be repeated once its entry is gone, in seconds (T-402).
RECEIPTS_KEPT = 30 * 24 * 3600

#: Rows that one statement clears away.
_BATCH = 500


class TeamMailboxes:
    """What waits for a team: all of it, claimed by any member, deleted by its admins."""

    def __init__(self, database: Database, rewards: Rewards, clock: Clock) -> None:
        self._database = database
        self._rewards = rewards
        self._clock = clock
        self._pages: SharedReads[Page, list[Record]] = SharedReads(self._read)

    def functions(self) -> list[Served]:
        return [
            Reading(catalogue.MAILBOX_LIST, self.page),
            Writing(catalogue.MAILBOX_CLAIM, self.claim),
            Writing(catalogue.MAILBOX_DELETE, self.delete),
        ]

    async def page(self, view: View, request: Request) -> Reply:
        """The `RewardMailboxList` message: a page of what has not expired, newest first.

        It deletes nothing: what has expired is passed over here, and removed by whoever writes.
        """
        page = page_of(view, request)
        return page_message(page, await self._pages(page))

    async def claim(self, held: Held, request: Request) -> Reply:
        """Give the team what an entry holds, once; the `RewardMailboxEntry`, the same however often."""
        await remove_expired(held)
        entry = await self._find(held, request.get("entry_id", ""))
        delete = request.get("delete", False)
        if entry["claim_sec"] is None:
            entry = await self._open(held, entry, delete)
        elif delete and entry["delete_sec"] is None:
            await held.tx.write(queries.REMOVE, held.team_id, held.now, [entry["id"]])
        return Entry.of(entry).message(held.now)

    async def delete(self, held: Held, request: Request) -> Reply:
        """Remove entries, claimed or not; ids that are none of the team's count for nothing."""
        await remove_expired(held)
        ids = [id for text in request.get("entry_ids", ()) if (id := parse_uuid(text))]
        if ids:
            await held.tx.write(queries.REMOVE, held.team_id, held.now, ids)
        return {}

    async def grant(self, held: Held, reward: Reward) -> dict[str, Any]:
        """Roll a reward into a new entry, for the server's own code; the `RewardMailboxEntry` message."""
        return await self._rewards.send_to_mailbox(held, reward, Source(SourceKind.MAILBOX_GRANT, ""))

    async def clean_up(self) -> None:
        """Clear away entries that have expired, and receipts that are too old to be asked for."""
        now = int(self._clock.unix())
        await in_batches(self._database, queries.CLEAR_EXPIRED, now, size=_BATCH)
        await in_batches(self._database, queries.CLEAR_RECEIPTS, now - RECEIPTS_KEPT, size=_BATCH)

    async def _find(self, held: Held, entry_id: str) -> Record:
        id = parse_uuid(entry_id)
        if id is None:
            raise entry_not_found()
        rows = await held.tx.read(queries.FIND, held.team_id, id, held.now - RECEIPTS_KEPT)
        # Only what nobody claimed in time is lost: a claimed entry outlasts its expiry as a receipt.
        if not rows or (rows[0]["claim_sec"] is None and not Entry.of(rows[0]).can_claim(held.now)):
            raise entry_not_found()
        return rows[0]

    async def _open(self, held: Held, entry: Record, delete: bool) -> Record:
        source = Source(SourceKind.MAILBOX_CLAIM, entry["id"])
        reward = await self._rewards.open_parcel(held, entry["parcel"], source)
        text = orjson.dumps(reward).decode()
        [claimed] = await held.tx.write(queries.CLAIM, entry["id"], held.now, text, delete)
        return claimed

    async def _read(self, pages: list[Page]) -> list[list[Record]]:
        columns = [list(column) for column in zip(*pages, strict=True)]
        found: list[list[Record]] = [[] for _ in pages]
        for row in await self._database.read(queries.PAGES, list(range(len(pages))), *columns):
            found[row["place"]].append(row)
        return found
