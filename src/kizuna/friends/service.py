"""Friends: invite, accept, remove, block, list, import."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import orjson

from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.errors import invalid
from kizuna.friends import queries
from kizuna.friends.friends_of_friends import FriendsOfFriends
from kizuna.friends.listing import Listing
from kizuna.friends.messages import friend_message
from kizuna.friends.relations import (
    ADD,
    BEFRIEND,
    BLOCK,
    DELETE,
    RESET,
    Change,
    Notice,
    Operation,
    Relation,
    State,
)
from kizuna.friends.targets import Actor, Words, resolve
from kizuna.friends.writing import NOTHING, Given, carry_out, hold, hold_neighbours, neighbours, relations
from kizuna.notifications import codes
from kizuna.notifications.service import NewNotification, Notifications

__all__ = ["ADDING", "BLOCKING", "DELETING", "IMPORTING", "Actor", "Friends", "Provider"]

Provider = Literal["facebook", "steam"]

ADDING = Words("Cannot add self as friend.", "Error while trying to add friends.")
DELETING = Words("Cannot delete self.", "Error while trying to delete friends.")
BLOCKING = Words("Cannot block self.", "Error while trying to block friends.")

#: When the work of an import fails.
IMPORTING: Mapping[Provider, str] = {
    "facebook": "Error importing Facebook friends.",
    "steam": "Error importing Steam friends.",
}

#: Bytes of metadata that an edge may be given by a player. A list holds up to a thousand edges.
LARGEST_METADATA = 2_048

#: Bytes of metadata that an edge may be given by the server's own code.
LARGEST_SERVER_METADATA = 16_384

_NOBODY = "No valid ID or username was provided."

#: How the other side is told: the notification's code and subject.
_NOTIFICATIONS = {
    Notice.INVITED: (codes.FRIEND_REQUEST, "{} wants to add you as a friend"),
    Notice.ACCEPTED: (codes.FRIEND_ACCEPTED, "{} accepted your friend request"),
    Notice.REMOVED: (codes.FRIEND_REMOVED, "{} removed you as a friend"),
    Notice.IMPORTED: (codes.FRIEND_JOINED_GAME, "Your friend has just joined the game"),
}


class Friends:
    """The use cases. One call is one transaction, whomever it names, with the notifications that it sends.

    The reference sends them afterwards, so that they may be lost; here they are stored with the change.
    """

    def __init__(self, database: Database, notifications: Notifications, clock: Clock) -> None:
        self._database = database
        self._notifications = notifications
        self._clock = clock
        self._listing = Listing(database)
        self._friends_of_friends = FriendsOfFriends(database)

    async def add(self, me: Actor, ids: Sequence[str], usernames: Sequence[str], metadata: str = "") -> None:
        """Invite players, or accept their invitations. `metadata` is JSON for my edges, "" for none.

        400 for targets or metadata that are none.
        """
        others = await resolve(self._database, me, ids, usernames, ADDING)
        if not others and usernames:
            raise invalid(_NOBODY)

        async def work(tx: Transaction) -> None:
            before = await self._held(tx, me, others, ADDING)
            given = NOTHING
            # It does not matter whether anything will be written, but for players whom I block.
            if metadata and any(other not in before or not _blocked(before[other]) for other in others):
                _check_json(metadata)
                given = Given(mine=await _normal_form(tx, metadata, LARGEST_METADATA))
            await self._carry_out(tx, ADD, me, before, given)

        if others:
            await self._database.atomically(work)

    async def delete(self, me: Actor, ids: Sequence[str], usernames: Sequence[str]) -> None:
        """End friendships, cancel or reject invitations, lift my blocks. 400 for targets that are none."""
        others = await resolve(self._database, me, ids, usernames, DELETING)

        async def work(tx: Transaction) -> None:
            held = await hold(tx, (me.user_id, *others))
            before = await relations(tx, me.user_id, [other for other in others if other in held])
            await self._carry_out(tx, DELETE, me, before)

        if others:
            await self._database.atomically(work)

    async def block(self, me: Actor, ids: Sequence[str], usernames: Sequence[str]) -> None:
        """Block players, who lose whatever they had with me but their own block. 400 as for `add`."""
        others = await resolve(self._database, me, ids, usernames, BLOCKING)
        if not others and usernames:
            raise invalid(_NOBODY)

        async def work(tx: Transaction) -> None:
            await self._carry_out(tx, BLOCK, me, await self._held(tx, me, others, BLOCKING))

        if others:
            await self._database.atomically(work)

    async def page(self, user_id: str, state: int | None, limit: int, cursor: str) -> dict[str, Any]:
        """The `FriendList` message: a player's relations by state and age, of one state if it is given."""
        return await self._listing.friends(user_id, state, limit, cursor)

    async def friends_of_friends(self, user_id: str, limit: int, cursor: str) -> dict[str, Any]:
        """The `FriendsOfFriendsList` message: by friend and by theirs, without the player's own friends.

        A page may be shorter than the limit, even empty, and have a cursor: see there.
        """
        return await self._friends_of_friends.page(user_id, limit, cursor)

    async def import_friends(
        self, me: Actor, provider: Provider, provider_ids: Sequence[str], reset: bool
    ) -> None:
        """Befriend the players whom a provider lists as my friends there, by the provider's ids.

        `reset` ends all other friendships and invitations first; blocks stay.
        """
        if not provider_ids and not reset:
            return
        rows = await self._database.read(queries.BY_PROVIDER[f"{provider}_id"], list(provider_ids))
        others = {row["id"] for row in rows} - {me.user_id}
        metadata = orjson.dumps({"provider": provider}).decode()

        async def work(tx: Transaction) -> None:
            if reset:
                held = await hold_neighbours(tx, me.user_id, *others)
            else:
                held = await hold(tx, (me.user_id, *others))
            if me.user_id not in held:
                raise invalid(IMPORTING[provider])
            if reset:
                forgotten = await relations(tx, me.user_id, await neighbours(tx, me.user_id))
                await self._carry_out(tx, RESET, me, forgotten)
            before = await relations(tx, me.user_id, sorted(others & held))
            await self._carry_out(tx, BEFRIEND, me, before, Given(metadata, metadata))

        await self._database.atomically(work)

    async def statuses(self, user_id: str, other_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The `Friend` messages of a player's relations to some others; nothing for strangers."""
        rows = await self._database.read(queries.STATUSES, user_id, list(set(other_ids)))
        return [friend_message(row) for row in rows]

    async def set_metadata(self, user_id: str, friend_id: str, metadata: str) -> None:
        """Replace the metadata of a player's edge to another, if there is one.

        `metadata` is JSON. 400 if it is too large even for the server's own code.
        """
        metadata = await _normal_form(self._database, metadata, LARGEST_SERVER_METADATA)

        async def work(tx: Transaction) -> None:
            # Nobody else changes the edge meanwhile (see `queries`).
            await hold(tx, (user_id,))
            await tx.write(queries.SET_METADATA, user_id, friend_id, metadata, self._clock.now())

        await self._database.atomically(work)

    async def hold(self, tx: Transaction, user_id: str) -> None:
        """Lock what the deletion of this account will change: itself and its neighbours."""
        await hold_neighbours(tx, user_id)

    async def disown(self, tx: Transaction, user_id: str) -> None:
        """Forget how others stand to an account that is about to be deleted.

        The reference leaves the others' numbers of edges as they are.
        """
        await tx.write(queries.DISOWN, user_id, self._clock.now())

    async def _held(
        self, tx: Transaction, me: Actor, others: Sequence[str], words: Words
    ) -> dict[str, Relation]:
        """My relations to those of the others who exist, locked. 400 if I do not exist myself."""
        held = await hold(tx, (me.user_id, *others))
        if me.user_id not in held:
            raise words.failed
        return await relations(tx, me.user_id, [other for other in others if other in held])

    async def _carry_out(
        self,
        tx: Transaction,
        operation: Operation,
        me: Actor,
        before: Mapping[str, Relation],
        given: Given = NOTHING,
    ) -> None:
        changes = await carry_out(tx, operation, me.user_id, before, self._clock.now(), given)
        await self._notifications.send_within(tx, list(_notifications(me, changes)))


def _blocked(relation: Relation) -> bool:
    return relation.mine is State.BLOCKED


def _check_json(metadata: str) -> None:
    """400 for what is no JSON; a number that is too large for a double is none here."""
    try:
        orjson.loads(metadata)
    except orjson.JSONDecodeError as error:
        raise ADDING.failed from error


async def _normal_form(reader: Database | Transaction, metadata: str, most: int) -> str:
    """Metadata as it will be read. 400 for what has more than `most` bytes then: numbers are written out."""
    rows = await reader.read(queries.NORMAL_FORM, metadata)
    normal_form: str = rows[0]["metadata"]
    if len(normal_form.encode()) > most:
        raise invalid(f"Metadata must have at most {most} bytes.")
    return normal_form


def _notifications(me: Actor, changes: Mapping[str, Change]) -> Iterable[NewNotification]:
    content = orjson.dumps({"username": me.username}).decode()
    for other, change in changes.items():
        if change.notice:
            code, subject = _NOTIFICATIONS[change.notice]
            yield NewNotification(other, subject.format(me.username), content, code, me.user_id)
