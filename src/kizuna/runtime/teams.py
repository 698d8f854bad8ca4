"""The game's functions for Teams: what it decides, and what it is told of.

What it decides is part of the call that it is about, whose transaction is open and holds the team. Each
function runs in a task of its own, no longer than an RPC may take. An `Error` refuses the player's call; any
other failure ends it with code 13. Either way nothing of the call remains.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from kizuna.clock import Clock
from kizuna.errors import Code
from kizuna.events.service import EventQueue, Sender
from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.runtime import apart
from kizuna.runtime.api.teams import Reward, Team
from kizuna.runtime.callbacks import CallbackContext, call_limited
from kizuna.runtime.context import Surroundings
from kizuna.runtime.errors import INVALID_RESULT, TOO_LONG, CallFailed, ended, failure, overdue, text_of
from kizuna.runtime.functions import (
    TEAM_ACTIVITY,
    TEAM_COHORT,
    TEAM_EVENT,
    TEAM_PROFANITY,
    TEAM_REWARD,
    TEAM_USER_ACTIVITY,
    CallbackFunction,
    Functions,
    team_reward,
)
from kizuna.runtime.team_data import Cohort, CohortSearch, RolledReward, TeamEvent
from kizuna.runtime.team_messages import read, write
from kizuna.teams import held
from kizuna.teams.errors import profanity_check_failed
from kizuna.teams.hooks import CohortChoice, TeamHooks
from kizuna.teams.rewards.sources import Source

_LOW, _HIGH = -(2**63), 2**63 - 1

#: What the game is asked within transactions of Teams.
_DECIDING = (TEAM_REWARD, TEAM_ACTIVITY, TEAM_USER_ACTIVITY, TEAM_PROFANITY, TEAM_COHORT)

#: Seconds that a function has, beyond its time, to notice that it was told to end.
_GRACE = 1.0


class TeamContext(CallbackContext):
    """The context of a function for Teams: the player is the one whose call it is part of, if one's."""

    def __init__(
        self, surroundings: Surroundings, kind: str, actor: held.Actor | None = None, **fields: str
    ) -> None:
        super().__init__(surroundings, kind, **fields)
        self._actor = actor

    @property
    def user_id(self) -> str:
        return self._actor.user_id if self._actor else ""

    @property
    def username(self) -> str:
        return self._actor.username if self._actor else ""

    def _log_fields(self) -> dict[str, Any]:
        player = {"user_id": self.user_id} if self._actor else {}
        return {**super()._log_fields(), **player}


class TeamFunctions:
    """Calls the game's functions for Teams. `functions` gives those of the present game."""

    def __init__(
        self, functions: Callable[[], Functions], surroundings: Surroundings, deadlines: Deadlines
    ) -> None:
        self._functions = functions
        self._surroundings = surroundings
        self._deadlines = deadlines

    @property
    def decides(self) -> bool:
        """Whether there is any function that is asked within transactions."""
        return any(kind.startswith(_DECIDING) for kind in self._functions().callbacks)

    def find(self, *kinds: str) -> CallbackFunction | None:
        """The function of the first of these kinds that there is one of."""
        callbacks = self._functions().callbacks
        return next((callbacks[kind] for kind in kinds if kind in callbacks), None)

    async def call(
        self,
        function: CallbackFunction,
        argument: object,
        accepted: Callable[[Any], Any],
        actor: held.Actor | None = None,
        **fields: str,
    ) -> Any:
        """What a function answers, as `accepted` has it, which raises TypeError or ValueError for nonsense.

        `CallFailed` where it does not answer; the log has the reason. `fields` stand in the log too.
        """
        ctx = TeamContext(self._surroundings, function.kind, actor, **fields)
        answers: list[Any] = []

        async def work() -> None:
            with self._deadlines:
                answers.append(await function.call(ctx, argument))

        # What goes on though it was told to end is left to itself: it must not keep the team for itself.
        error = await apart.outcome(work, function.place, self._deadlines.seconds + _GRACE)
        if error is not None:
            late = isinstance(error, Overdue | apart.TookTooLong)
            failed = overdue() if late else failure(error)
            _log(ctx, function, failed, error)
            raise failed from error
        try:
            return accepted(answers[0])
        except (TypeError, ValueError) as nonsense:
            failed = CallFailed(Code.INTERNAL, INVALID_RESULT, deliberate=False)
            ctx.logger.error(
                "The function %s (trace %s) has answered nonsense: %s", function.place, ctx.trace_id, nonsense
            )
            raise failed from nonsense


class GameTeamHooks(TeamHooks):
    """What the game decides and is told, as Teams call it.

    `game` gives the game's functions: they are loaded long after Teams are put together. `queue` keeps events
    until they are handled.
    """

    def __init__(self, game: Callable[[], TeamFunctions], queue: EventQueue[TeamEvent], clock: Clock) -> None:
        self._game = game
        self._queue = queue
        self._clock = clock

    async def reward(
        self, team_id: str, actor: held.Actor | None, source: Source, reward: dict[str, Any]
    ) -> dict[str, Any]:
        game = self._game()
        if (function := game.find(team_reward(source.kind), team_reward(""))) is None:
            return reward
        rolled = RolledReward(team_id, str(source.kind), source.id, read(Reward, reward))

        def accepted(answer: Any) -> dict[str, Any]:
            return write(rolled.reward if answer is None else _instance(answer, Reward))

        fields = {"team_id": team_id, "source": str(source.kind), "source_id": source.id}
        granted: dict[str, Any] = await game.call(function, rolled, accepted, actor, **fields)
        return granted

    async def user_activity(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        game = self._game()
        if (function := game.find(TEAM_USER_ACTIVITY)) is None:
            return {}
        scores: Mapping[str, int] = await game.call(function, list(user_ids), _scores)
        return scores

    async def team_activity(self, team: Mapping[str, Any]) -> int | None:
        game = self._game()
        if (function := game.find(TEAM_ACTIVITY)) is None:
            return None
        score: int | None = await game.call(function, read(Team, team), _score_or_none)
        return score

    @property
    def decides(self) -> bool:
        return self._game().decides

    @property
    def scores_activity(self) -> bool:
        return self._game().find(TEAM_USER_ACTIVITY, TEAM_ACTIVITY) is not None

    async def profanity(self, text: str) -> bool:
        game = self._game()
        if (function := game.find(TEAM_PROFANITY)) is None:
            return False
        try:
            return bool(await game.call(function, text, bool))
        except CallFailed as failed:
            if failed.deliberate:
                raise
            raise profanity_check_failed() from failed

    async def cohort(
        self, event_leaderboard_id: str, team_id: str, tier: int, cohorts: Sequence[Mapping[str, Any]]
    ) -> CohortChoice | None:
        game = self._game()
        if (function := game.find(TEAM_COHORT)) is None:
            return None
        search = CohortSearch(event_leaderboard_id, team_id, tier, [_cohort(each) for each in cohorts])
        known = {"", *(each.id for each in search.cohorts)}

        def accepted(answer: Any) -> CohortChoice | None:
            return None if answer is None else _choice(answer, known)

        fields = {"team_id": team_id, "event_leaderboard_id": event_leaderboard_id}
        choice: CohortChoice | None = await game.call(function, search, accepted, None, **fields)
        return choice

    def publish(self, events: Sequence[held.TeamEvent]) -> None:
        if not self._queue.handled:
            return
        now = int(self._clock.unix())
        for event in events:
            value = int(event.value) if event.value else None
            self._queue.emit(TeamEvent(event.name, str(uuid.uuid4()), now, dict(event.metadata), value))


class TeamEventHandlers:
    """The game's functions for events of teams, as their queue wants them. They wait for the game to be
    `started`."""

    def __init__(
        self,
        functions: Callable[[], Mapping[str, Sequence[CallbackFunction]]],
        surroundings: Surroundings,
        deadlines: Deadlines,
        started: asyncio.Event,
    ) -> None:
        self._functions = functions
        self._surroundings = surroundings
        self._deadlines = deadlines
        self._started = started

    def __bool__(self) -> bool:
        return bool(self._functions().get(TEAM_EVENT))

    async def __call__(self, event: TeamEvent, sender: Sender | None) -> None:
        """Run the functions in order, each no longer than an RPC may take. What fails is logged."""
        await self._started.wait()
        for function in tuple(self._functions().get(TEAM_EVENT, ())):
            ctx = TeamContext(self._surroundings, TEAM_EVENT, event=event.name)
            try:
                own = replace(event, metadata=dict(event.metadata))  # which the function may change
                await call_limited(self._deadlines, function, ctx, own)
            except Exception as error:
                text = "The function %s (trace %s) failed for the event %r: %s"
                ctx.logger.error(
                    text, function.place, ctx.trace_id, event.name, text_of(error), exc_info=error
                )


# --- answers ---


def _instance(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"it must be {kind.__name__}, not {type(value).__name__}")
    return value


def _score_or_none(answer: Any) -> int | None:
    return None if answer is None else _score(answer)


def _score(value: Any) -> int:
    if type(value) is not int or not _LOW <= value <= _HIGH:
        raise ValueError(f"a score must be a 64-bit integer, not {value!r}")
    return int(value)


def _scores(answer: Any) -> dict[str, int]:
    return {user_id: _score(score) for user_id, score in _instance(answer or {}, dict).items()}


def _cohort(message: Mapping[str, Any]) -> Cohort:
    properties = dict(message.get("matchmaker_properties") or {})
    return Cohort(message["id"], int(message["count"]), int(message["size"]), properties)


def _choice(answer: Any, known: set[str]) -> CohortChoice:
    """A choice among those that were offered. TypeError or ValueError for anything else."""
    choice: CohortChoice = _instance(answer, CohortChoice)
    if choice.cohort_id not in known:
        raise ValueError(f"{choice.cohort_id!r} is none of the cohorts that have room")
    if choice.matchmaker_properties is not None:
        orjson.dumps(_instance(choice.matchmaker_properties, dict))
    return choice


def _log(ctx: TeamContext, function: CallbackFunction, failed: CallFailed, error: BaseException) -> None:
    level = logging.DEBUG if failed.deliberate else logging.ERROR
    text = "The function %s (trace %s) failed with code %d: %s"
    call = (function.place, ctx.trace_id, failed.code)
    if isinstance(error, Overdue):
        ctx.logger.log(level, text, *call, TOO_LONG, exc_info=ended(error))
    else:
        ctx.logger.log(level, text, *call, failed.message, exc_info=error)
