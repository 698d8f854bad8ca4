"""Pages of a mailbox, newest first."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from kizuna.db.engine import Record
from kizuna.teams.errors import bad_input
from kizuna.teams.functions import Request
from kizuna.teams.held import View
from kizuna.teams.mailbox.entries import Entry
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.integers import INT64_MAX

_LARGEST_PAGE = 100
_CURSOR = "team_mailbox"

#: Behind every entry that there can be.
_NEWEST = (INT64_MAX, INT64_MAX)


class Page(NamedTuple):
    """What is asked for: older entries than a position's, as of `now`, and one more than the page has."""

    team_id: str
    now: int
    create_sec: int
    sequence: int
    size: int


def page_of(view: View, request: Request) -> Page:
    """The page that a request means. 400 for a cursor that is not of this team's mailbox."""
    limit = min(max(request.get("limit", 0) or _LARGEST_PAGE, 1), _LARGEST_PAGE)
    position = _position(view.team_id, request.get("cursor", ""))
    return Page(view.team_id, view.now, *position, limit + 1)


def page_message(page: Page, rows: Sequence[Record]) -> dict[str, Any]:
    """The `RewardMailboxList` message; a cursor only where there is more."""
    limit = page.size - 1
    message: dict[str, Any] = {}
    if rows:
        message["entries"] = [Entry.of(row).message(page.now) for row in rows[:limit]]
    if len(rows) > limit:
        last = rows[limit - 1]
        message["cursor"] = encode_cursor(_CURSOR, (page.team_id, last["create_sec"], last["sequence"]))
    return message


def _position(team_id: str, cursor: str) -> tuple[int, int]:
    if not cursor:
        return _NEWEST
    values = decode_cursor(_CURSOR, cursor, str, int, int)
    if values is None or values[0] != team_id:
        raise bad_input()
    return values[1], values[2]
