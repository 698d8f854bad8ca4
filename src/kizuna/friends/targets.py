"""Whom an operation is aimed at: the ids and usernames that a client names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Database
from kizuna.errors import ApiError, invalid
from kizuna.friends import queries
from kizuna.wire.uuids import parse_uuid


class Actor(NamedTuple):
    """Who acts, by canonical id and by the name that others are told."""

    user_id: str
    username: str


@dataclass(frozen=True, slots=True)
class Words:
    """An operation's own refusals: aimed at oneself, and when the work itself fails."""

    oneself: str
    failure: str

    @property
    def failed(self) -> ApiError:
        """The refusal of what cannot be done, such as by an account that has just been deleted."""
        return invalid(self.failure)


async def resolve(
    database: Database, me: Actor, ids: Sequence[str], usernames: Sequence[str], words: Words
) -> list[str]:
    """The canonical ids of all who are meant, each once, the ids first; unknown names are left out.

    400 for an id that is none, for an empty name and for oneself, in the order in which they are named. The
    reference compares with one's own id and name as texts, so that another spelling makes an edge to oneself;
    here it is the player who counts.
    """
    found = [_checked_id(user_id, me, words) for user_id in ids]
    for username in usernames:
        if not username:
            raise invalid("Username must not be empty.")
        if username == me.username:
            raise invalid(words.oneself)
    if usernames:
        rows = await database.read(queries.RESOLVE, list(usernames))
        named = {row["username"]: row["id"] for row in rows}
        found += [named[username] for username in usernames if username in named]
        if me.user_id in found:
            raise invalid(words.oneself)
    return list(dict.fromkeys(found))


def _checked_id(raw: str, me: Actor, words: Words) -> str:
    user_id = parse_uuid(raw)
    if user_id is None or user_id == SYSTEM_USER:
        raise invalid(f"Invalid user ID '{raw}'.")
    if user_id == me.user_id:
        raise invalid(words.oneself)
    return user_id
