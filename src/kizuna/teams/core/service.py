"""TEAMS_UPDATE, TEAMS_LIST, TEAMS_SEARCH, TEAMS_GET, TEAMS_USER_TEAMS_LIST, TEAMS_WRITE_CHAT_MESSAGE."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from kizuna.channels.ids import channel_id, group_channel
from kizuna.channels.messages import check_content
from kizuna.channels.service import Channels
from kizuna.clock import Clock
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.errors import ApiError
from kizuna.groups.service import GroupChange, Groups
from kizuna.storage.objects import is_json_object
from kizuna.teams import catalogue
from kizuna.teams.calls import Calls
from kizuna.teams.core import queries
from kizuna.teams.core.activity import Activity, activity_of
from kizuna.teams.core.checks import (
    PUBLIC_STATS,
    check_lengths,
    check_profanity,
    checked_metadata,
    metadata_text,
)
from kizuna.teams.core.creating import Creation
from kizuna.teams.core.finding import Finder
from kizuna.teams.core.messages import user_message
from kizuna.teams.core.profiles import Profiles
from kizuna.teams.errors import (
    bad_input,
    max_size_exceeded,
    max_size_invalid,
    short_code_in_use,
    team_not_found,
)
from kizuna.teams.functions import Free, Reply, Request, Served, Writing
from kizuna.teams.held import Actor, Held
from kizuna.teams.hooks import TeamHooks
from kizuna.wire.encode import omit_empty
from kizuna.wire.uuids import parse_uuid

Team = dict[str, Any]

#: The size of a page of teams.
_DEFAULT_LIMIT, _MOST = 10, 100

_SHORTEST_INPUT = 3

#: How many matches of a search are asked how active they are, and how many of them at once.
_MOST_SCORED, _SCORED_AT_ONCE = 1_000, 100

#: Of how many teams a user's entry tells.
_MOST_TEAMS = 100

#: The longest chat message, in bytes.
_LONGEST_CONTENT = 16 * 1024


class TeamCore:
    """Teams themselves: who they are, and what their members say."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        calls: Calls,
        hooks: TeamHooks,
        *,
        groups: Groups,
        channels: Channels,
    ) -> None:
        self._database = database
        self._hooks = hooks
        self._groups = groups
        self._channels = channels
        self._activity = Activity(hooks)
        self._profiles = Profiles(database, self._activity)
        self._creation = Creation(clock, calls, hooks, groups, self._profiles)
        self._finder = Finder(database)
        self._users: SharedReads[str, Record | None] = SharedReads(self._read_users)

    def functions(self) -> list[Served]:
        return [
            Free(catalogue.CREATE, self._creation.create),
            Writing(catalogue.UPDATE, self.update),
            Free(catalogue.LIST, self.list_teams),
            Free(catalogue.SEARCH, self.search),
            Free(catalogue.GET, self.get),
            Free(catalogue.USER_TEAMS, self.user_teams),
            Writing(catalogue.WRITE_CHAT_MESSAGE, self.write_chat_message),
        ]

    # --- changes ---

    async def update(self, held: Held, request: Request) -> Reply:
        """Change the profile; the `Team` message. Without `open` the team is closed, as ever (T-092)."""
        check_lengths(request)
        metadata = checked_metadata(request["metadata"]).members if "metadata" in request else None
        await check_profanity(self._hooks, request.get("name", ""), request.get("desc", ""))
        if metadata is not None and not held.group["adopted"]:
            await _check_free(held, metadata.get("short_code", ""))
        change = GroupChange(
            name=request.get("name") or None,
            description=request.get("desc") or None,
            lang_tag=request.get("lang_tag") or None,
            avatar_url=request.get("avatar_url") or None,
            open=request.get("open", False),
            metadata=None if metadata is None else await self._with_public_stats(held, metadata),
        )
        await self._groups.update_within(held.tx, held.team_id, None, change)
        return await self._profiles.team_within(held.tx, held.team_id)

    async def update_max_size(self, held: Held, count: int, *, delta: bool = False) -> Reply:
        """Set how many members the team can have, or with `delta` so many more; the `Team` message (T-126).

        400 for more than the configuration allows, and for less than the team has.
        """
        size = held.group["max_count"] + count if delta else count
        if size > held.config.max_team_size:
            raise max_size_exceeded()
        if size < max(held.group["edge_count"], 1):
            raise max_size_invalid()
        await self._groups.update_within(held.tx, held.team_id, None, GroupChange(max_count=size))
        return await self._profiles.team_within(held.tx, held.team_id)

    async def write_chat_message(self, held: Held, request: Request) -> Reply:
        """Say something in the team's channel; the `ChannelMessageAck` message (T-112, T-113)."""
        content = _chat_content(request.get("content", ""))
        await check_profanity(self._hooks, request["content"])
        # Clients know the server's messages by their empty sender.
        sender = held.actor or Actor("", "")
        ack = await self._channels.send_within(
            held.tx,
            channel_id(group_channel(held.team_id)),
            content,
            sender.user_id,
            sender.username,
            held.at,
        )
        times = {"create_time": str(held.now), "update_time": str(held.now)}
        return omit_empty({**ack, **times})

    async def _with_public_stats(self, held: Held, members: Mapping[str, Any]) -> str:
        """New metadata with the one member of the old that stays (T-091)."""
        rows = await held.tx.read(queries.PUBLIC_STATS, held.team_id)
        stats = rows[0]["public_stats"]
        return metadata_text({**members, PUBLIC_STATS: orjson.loads(stats)} if stats else dict(members))

    # --- reads ---

    async def list_teams(self, actor: Actor, request: Request) -> Reply:
        """The `TeamList` message of teams with room for another member."""
        page = await self._finder.page(
            request.get("location", ""), _limit(request), request.get("cursor", "")
        )
        if not self._activity.is_scored or not page:
            return page
        return {**page, "teams": await self._scored(page["teams"])}

    async def search(self, actor: Actor, request: Request) -> Reply:
        """The `TeamList` message of teams by name or short code, best matches first (T-100 to T-102)."""
        text, least, limit = request.get("input", ""), request.get("min_activity", 0), _limit(request)
        if 0 < len(text) < _SHORTEST_INPUT:
            raise bad_input()
        if least > 0:
            teams = await self._active(text, request.get("lang_tag", ""), least, limit)
        else:
            found = await self._finder.search(text, request.get("lang_tag", ""), limit)
            teams = await self._scored(found)
        return {"teams": teams} if teams else {}

    async def get(self, actor: Actor, request: Request) -> Reply:
        """The `Team` message of any team."""
        team_id = parse_uuid(request.get("team_id", ""))
        if team_id is None:
            raise bad_input()
        teams = await self._profiles.teams([team_id])
        if not teams:
            raise team_not_found()
        return teams[0]

    async def user_teams(self, actor: Actor, request: Request) -> Reply:
        """The `UserTeamsList` message: users, or else the caller, and the teams that they belong to."""
        named = request.get("user_ids") or [actor.user_id]
        user_ids = [parse_uuid(user_id) for user_id in named]
        if None in user_ids:
            raise bad_input()
        rows = await asyncio.gather(*(self._users(user_id) for user_id in user_ids if user_id))
        users = {row["id"]: row for row in rows if row is not None}
        team_ids = dict.fromkeys(team_id for row in users.values() for team_id in row["team_ids"])
        teams = {team["id"]: team for team in await self._profiles.teams(team_ids)}
        entries = {user_id: _entry(row, teams) for user_id, row in users.items()}
        return {"user_teams": entries} if entries else {}

    async def _active(self, text: str, lang_tag: str, least: int, limit: int) -> list[Team]:
        """Teams that a search finds and that are active enough."""
        if not self._activity.is_scored:
            return []
        found = await self._finder.search(text, lang_tag, _MOST_SCORED)
        active: list[Team] = []
        for start in range(0, len(found), _SCORED_AT_ONCE):
            some = await self._scored(found[start : start + _SCORED_AT_ONCE])
            active += [team for team in some if activity_of(team) >= least]
            if len(active) >= limit:
                break
        return active[:limit]

    async def _scored(self, teams: list[Team]) -> list[Team]:
        """Teams with their scores and, as lists have them, without their members."""
        if not self._activity.is_scored:
            return teams
        scored = await self._profiles.teams(team["id"] for team in teams)
        return [{name: value for name, value in team.items() if name != "members"} for team in scored]

    async def _read_users(self, user_ids: list[str]) -> list[Record | None]:
        found = {row["id"]: row for row in await self._database.read(queries.USERS, user_ids, _MOST_TEAMS)}
        return [found.get(user_id) for user_id in user_ids]


def _limit(request: Request) -> int:
    """The size of a page that a request means (T-095)."""
    return min(max(request.get("limit") or _DEFAULT_LIMIT, 1), _MOST)


def _entry(row: Record, teams: Mapping[str, Team]) -> dict[str, Any]:
    """The `UserTeams` message of a user."""
    own = sorted(
        (teams[team_id] for team_id in row["team_ids"] if team_id in teams),
        key=lambda team: str(team["name"]),
    )
    return {"user": user_message(row), "teams": own} if own else {"user": user_message(row)}


def _chat_content(text: str) -> str:
    """What is kept of a chat message: the JSON object that it is, or one that holds it."""
    if not text or len(text.encode("utf-8", "surrogatepass")) > _LONGEST_CONTENT:
        raise bad_input()
    if not is_json_object(text):
        return orjson.dumps({"message": text}).decode()
    try:
        check_content(text)
    except ApiError as error:
        raise bad_input() from error
    return text


async def _check_free(held: Held, short_code: str) -> None:
    """409 for a short code that a team has: a group that becomes one by this very call would go without."""
    if short_code and await held.tx.read(queries.SHORT_CODE_TAKEN, short_code):
        raise short_code_in_use()
