"""Teams themselves, for game code."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.runtime.api.teams import ChannelMessageAck, Team, UserTeams
from kizuna.runtime.nakama.teams.base import TeamCalls
from kizuna.runtime.team_messages import read, read_list, read_map
from kizuna.runtime.values import flag_of, integer_of, object_text, text_of, uuid_of
from kizuna.teams import catalogue
from kizuna.teams.held import Held


class CoreCalls(TeamCalls):
    """Teams themselves, and their chat. Who joins and leaves is the business of the groups that they are."""

    async def create(
        self,
        user_id: str,
        name: str,
        *,
        description: str = "",
        open: bool = False,
        avatar_url: str = "",
        lang_tag: str = "",
        metadata: Mapping[str, Any] | None = None,
    ) -> Team:
        """Create a team of which a user is superadmin."""
        reply = await self._call(
            catalogue.CREATE,
            user_id,
            name=name,
            desc=description,
            open=flag_of(open, "open"),
            avatar_url=avatar_url,
            lang_tag=lang_tag,
            setup_metadata=None if metadata is None else object_text(metadata, "metadata"),
        )
        return read(Team, reply)

    async def update(
        self,
        team_id: str,
        *,
        open: bool,
        name: str = "",
        description: str = "",
        avatar_url: str = "",
        lang_tag: str = "",
        metadata: Mapping[str, Any] | None = None,
        user_id: str | None = None,
    ) -> Team:
        """Change a team. `open` is always written; "" and None leave the others as they are."""
        reply = await self._ask(
            catalogue.UPDATE,
            team_id,
            user_id,
            name=name,
            desc=description,
            open=flag_of(open, "open"),
            avatar_url=avatar_url,
            lang_tag=lang_tag,
            metadata=None if metadata is None else json.loads(object_text(metadata, "metadata")),
        )
        return read(Team, reply)

    async def search(
        self, text: str = "", *, lang_tag: str = "", min_activity: int = 0, limit: int = 10
    ) -> Sequence[Team]:
        """Teams by a part of their name or by their short code, a language, and how active they are.

        `limit` is at most 100.
        """
        reply = await self._call(
            catalogue.SEARCH, None, input=text, lang_tag=lang_tag, min_activity=min_activity, limit=limit
        )
        return read_list(Team, reply.get("teams"))

    async def get(self, team_id: str) -> Team:
        """A team with its members."""
        return read(Team, await self._call(catalogue.GET, None, team_id=uuid_of(team_id, "team id")))

    async def user_teams(self, user_ids: Sequence[str]) -> dict[str, UserTeams]:
        """The teams of up to 100 users, by their ids; users who do not exist are left out."""
        ids = [uuid_of(user_id) for user_id in user_ids]
        if not ids:
            return {}
        reply = await self._call(catalogue.USER_TEAMS, None, user_ids=ids)
        return read_map(UserTeams, reply.get("user_teams"))

    async def write_chat_message(
        self, team_id: str, content: str | Mapping[str, Any], *, user_id: str | None = None
    ) -> ChannelMessageAck:
        """Write into a team's chat: an object, or a text, which becomes the `message` of one."""
        text = content if isinstance(content, str) else object_text(content, "content")
        reply = await self._ask(
            catalogue.WRITE_CHAT_MESSAGE, team_id, user_id, content=text_of(text, "content")
        )
        return read(ChannelMessageAck, reply)

    async def update_max_size(self, team_id: str, count: int, *, delta: bool = False) -> Team:
        """Set how many members a team can have, or let it have `count` more; fewer if it is negative.

        `ApiError` "team max size exceeded" beyond `max_team_size`, "teams max size invalid" below 1 and below
        the number of members.
        """
        integer_of(count, "count")
        flag_of(delta, "delta")

        async def work(held: Held) -> Team:
            return read(Team, await self._teams.core.update_max_size(held, count, delta=delta))

        return await self._change(team_id, work)

    async def list(
        self, *, location: str = "", limit: int = 10, cursor: str = ""
    ) -> tuple[Sequence[Team], str]:
        """A page of teams that have room, and the cursor to the next one, "" for none.

        `limit` is at most 100.
        """
        reply = await self._call(catalogue.LIST, None, location=location, limit=limit, cursor=cursor)
        return read_list(Team, reply.get("teams")), reply.get("cursor", "")
