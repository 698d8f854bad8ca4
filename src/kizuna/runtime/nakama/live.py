"""Live state for game code: matches, parties, events."""

from collections.abc import Mapping
from datetime import datetime

from kizuna.events.service import Event
from kizuna.matches.service import MatchFilter
from kizuna.parties.service import PartyFilter
from kizuna.runtime.live import Match, Party, match_of, party_of
from kizuna.runtime.nakama.services import Calls
from kizuna.runtime.values import flag_of, integer_of, limit_of, text_of, texts_of
from kizuna.wire.integers import INT32_MAX


class LiveCalls(Calls):
    """Find what runs in this process, and let the game's event handlers know of something."""

    async def match_list(
        self,
        *,
        limit: int = 10,
        authoritative: bool | None = None,
        label: str | None = None,
        min_size: int | None = None,
        max_size: int | None = None,
        query: str | None = None,
    ) -> list[Match]:
        """Running matches, those that the server runs first, the newest first.

        None is "whatever"; `label` is the whole label, `query` looks into it and wins over `label`; both find
        only authoritative matches. `limit` is 1 to 100. `ApiError` for filters that contradict each other,
        and for a query that is none.
        """
        wanted = MatchFilter(
            limit=limit_of(limit, 1, 100),
            authoritative=None if authoritative is None else flag_of(authoritative, "authoritative"),
            label=None if label is None else text_of(label, "label"),
            min_size=None if min_size is None else integer_of(min_size, "min_size", 0, INT32_MAX),
            max_size=None if max_size is None else integer_of(max_size, "max_size", 0, INT32_MAX),
            query=None if query is None else text_of(query, "query"),
        )
        message = await self._services.matches.list(wanted)
        return [match_of(each) for each in message.get("matches", ())]

    async def match_get(self, match_id: str) -> Match | None:
        """A running match, None if there is none. `ApiError` "match id invalid" for what is no id of one."""
        message = self._services.matches.get(text_of(match_id, "match id"))
        return None if message is None else match_of(message)

    async def party_list(
        self,
        *,
        limit: int = 10,
        open: bool | None = None,
        show_hidden: bool = False,
        query: str = "",
        cursor: str = "",
    ) -> tuple[list[Party], str]:
        """A page of parties, those first that fit the query best, and the cursor to the next, "" for none.

        `limit` is 1 to 100. `ApiError` for a query that is none, and for a cursor that is none or of another
        list.
        """
        wanted = PartyFilter(
            limit=limit_of(limit, 1, 100),
            open=None if open is None else flag_of(open, "open"),
            query=text_of(query, "query"),
            cursor=text_of(cursor, "cursor"),
            show_hidden=flag_of(show_hidden, "show_hidden"),
        )
        message = await self._services.parties.list(wanted)
        return [party_of(each) for each in message.get("parties", ())], message.get("cursor", "")

    async def event(
        self,
        name: str,
        properties: Mapping[str, str] | None = None,
        *,
        timestamp: datetime | None = None,
        external: bool = False,
    ) -> None:
        """Let the functions registered with `app.event` know of something, soon and in the background.

        `properties` are texts; `timestamp` is when it happened, with a time zone, None for now; `external`
        says that a client has reported it. An event that finds the queue full is dropped, with a warning.
        """
        time = self._services.clock.now() if timestamp is None else timestamp
        if not isinstance(time, datetime):
            raise TypeError(f"timestamp must be a datetime, not {type(time).__name__}")
        if time.tzinfo is None:
            raise ValueError("timestamp must have a time zone")
        self._services.events.emit(
            Event(
                text_of(name, "name"), texts_of(properties, "properties"), time, flag_of(external, "external")
            )
        )
