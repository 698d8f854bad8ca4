"""TEAMS_CREATE."""

from typing import Any
from uuid import uuid4

import asyncpg

from kizuna.clock import Clock
from kizuna.db.engine import Transaction
from kizuna.errors import invalid
from kizuna.groups.service import Groups, NewGroup
from kizuna.teams.calls import Calls
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.core import queries
from kizuna.teams.core.checks import Metadata, check_lengths, check_profanity, metadata_text, parsed_metadata
from kizuna.teams.core.profiles import Profiles
from kizuna.teams.core.rules import check_uncommitted
from kizuna.teams.errors import short_code_in_use
from kizuna.teams.functions import Reply, Request
from kizuna.teams.held import Actor, PublisherEvent
from kizuna.teams.hooks import TeamHooks


class Creation:
    """Makes teams, each in a transaction of its own: there is no team yet that a call could hold."""

    def __init__(
        self,
        clock: Clock,
        calls: Calls,
        hooks: TeamHooks,
        groups: Groups,
        profiles: Profiles,
    ) -> None:
        self._clock = clock
        self._calls = calls
        self._hooks = hooks
        self._groups = groups
        self._profiles = profiles

    async def create(self, actor: Actor, request: Request) -> Reply:
        """The `Team` message of a new team of the player's. Errors as in T-082 and T-083."""
        metadata = await self._checked(request)
        config = self._calls.config

        async def work(tx: Transaction) -> dict[str, Any]:
            return await self._create(tx, config, actor, request, metadata)

        team = await self._calls.persistently(work)
        told = {"teamId": team["id"], "open": "true" if team.get("open") else "false"}
        self._calls.publish([PublisherEvent("teamCreated", told, str(team["max_count"]))])
        return team

    async def _checked(self, request: Request) -> Metadata:
        if not request.get("name"):
            raise invalid("Group name must be set.")
        check_lengths(request)
        metadata = parsed_metadata(request.get("setup_metadata", ""))
        await check_profanity(self._hooks, request["name"], request.get("desc", ""))
        return metadata

    async def _create(
        self, tx: Transaction, config: TeamsConfig, actor: Actor, request: Request, metadata: Metadata
    ) -> dict[str, Any]:
        team_id = str(uuid4())
        location = await self._hold(tx, actor.user_id)
        if not config.allow_multiple_teams:
            await check_uncommitted(tx, team_id, [actor.user_id])
        members = metadata.members
        if location and "location" not in members:
            members = {**members, "location": location}
        await self._groups.create_within(
            tx,
            NewGroup(
                id=team_id,
                owner_id=actor.user_id,
                name=request["name"],
                description=request.get("desc", ""),
                lang_tag=request.get("lang_tag", ""),
                avatar_url=request.get("avatar_url", ""),
                open=request.get("open", False),
                metadata=metadata_text(members),
                max_count=config.initial_max_team_size,
            ),
        )
        try:
            await tx.write(queries.CREATE, team_id, metadata.short_code, int(self._clock.unix()))
        except asyncpg.UniqueViolationError as error:
            raise short_code_in_use() from error
        return await self._profiles.team_within(tx, team_id)

    async def _hold(self, tx: Transaction, user_id: str) -> str | None:
        """Let the player enter no other team meanwhile; where the player is at home."""
        rows = await tx.read(queries.LOCK_USER, user_id)
        return rows[0]["location"] if rows else None
