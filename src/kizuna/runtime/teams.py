"""The game's functions for Teams: what it decides, and what it is told of.

What it decides is part of the call that it is about, whose transaction is open and holds the team. Each
function runs in a task of its own, no longer than an RPC may take. An `Error` refuses the player's call; any
other failure is a fault of the server, of which the log has the traceback and the player is told no more than
that (T-025). Either way nothing of the call remains.
"""

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from kizuna.clock import Clock
from kizuna.errors import ApiError
from kizuna.events.service import EventQueue
from kizuna.groups.turns import CircularWaitError
from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.runtime import apart
from kizuna.runtime.api.teams import Reward, Team
from kizuna.runtime.callbacks import CallbackContext
from kizuna.runtime.context import Surroundings
from kizuna.runtime.errors import TOO_LONG, CallFailed, ended, failure, overdue, text_of
from kizuna.runtime.functions import (
    TEAM_ACTIVITY,
    TEAM_COHORT,
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
from kizuna.teams.errors import internal_error, profanity_check_failed, team_is_busy
from kizuna.teams.hooks import CohortChoice, TeamHooks
from kizuna.teams.rewards.sources import Source
from kizuna.wire.integers import INT64_MAX, INT64_MIN

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
            failed = _end(error)
            _log(ctx, function, failed, error)
            raise failed from error
        try:
            return accepted(answers[0])
        except (TypeError, ValueError) as nonsense:
            ctx.logger.error(
                "The function %s (trace %s) has answered nonsense: %s", function.place, ctx.trace_id, nonsense
            )
            raise _fault() from nonsense


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

    def publish(self, events: Sequence[held.PublisherEvent]) -> None:
        if not self._queue.handled:
            return
        now = int(self._clock.unix())
        for event in events:
            value = int(event.value) if event.value else None
            self._queue.emit(TeamEvent(event.name, str(uuid.uuid4()), now, dict(event.metadata), value))


# --- answers ---


def _instance(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"it must be {kind.__name__}, not {type(value).__name__}")
    return value


def _score_or_none(answer: Any) -> int | None:
    return None if answer is None else _score(answer)


def _score(value: Any) -> int:
    if type(value) is not int or not INT64_MIN <= value <= INT64_MAX:
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


# --- failures ---


def _end(error: BaseException) -> CallFailed:
    """What the player is told of a function that did not answer: the game's words only where it refuses."""
    if isinstance(error, Overdue | apart.TookTooLong):
        return overdue()
    if isinstance(error, CircularWaitError):
        return _accident(team_is_busy())
    failed = failure(error)
    return failed if failed.deliberate else _fault()


def _fault() -> CallFailed:
    return _accident(internal_error())


def _accident(told: ApiError) -> CallFailed:
    return CallFailed(told.code, told.message, deliberate=False)


def _log(ctx: TeamContext, function: CallbackFunction, failed: CallFailed, error: BaseException) -> None:
    level = logging.DEBUG if failed.deliberate else logging.ERROR
    text = "The function %s (trace %s) failed with code %d: %s"
    call = (function.place, ctx.trace_id, failed.code)
    if isinstance(error, Overdue):
        ctx.logger.log(level, text, *call, TOO_LONG, exc_info=ended(error))
    else:
        ctx.logger.log(level, text, *call, text_of(error) or type(error).__name__, exc_info=error)
