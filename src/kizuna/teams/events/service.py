"""Team event leaderboards: list, get, roll, update, claim; fill and score to try a game out."""

from collections.abc import Callable
from functools import partial

from kizuna.clock import Clock
from kizuna.db.engine import Database
from kizuna.teams import catalogue
from kizuna.teams.config.shapes import EventLeaderboard, TeamsConfig
from kizuna.teams.events import claiming, debugging, rolling, updating
from kizuna.teams.events.clearing import clear_expired
from kizuna.teams.events.messages import leaderboard_message
from kizuna.teams.events.reading import Readings, situation_of, standings_of
from kizuna.teams.events.requests import event_of, metadata_of
from kizuna.teams.events.situation import Situation
from kizuna.teams.functions import Reading, Reply, Request, Served, Writing
from kizuna.teams.held import Held, View
from kizuna.teams.hooks import TeamHooks
from kizuna.teams.rewards.granting import Rewards


class TeamEventLeaderboards:
    """Contests in which teams are matched with others of their tier."""

    def __init__(
        self,
        database: Database,
        rewards: Rewards,
        hooks: TeamHooks,
        clock: Clock,
        config: Callable[[], TeamsConfig],
    ) -> None:
        """`clock` and `config` tell the present and the configuration to whoever clears away."""
        self._database = database
        self._rewards = rewards
        self._hooks = hooks
        self._clock = clock
        self._config = config
        self._readings = Readings(database)

    def functions(self) -> list[Served]:
        return [
            Reading(catalogue.EVENT_LIST, self.list),
            Reading(catalogue.EVENT_GET, self.get),
            Writing(catalogue.EVENT_ROLL, self.roll, queue=_rolls),
            Writing(catalogue.EVENT_UPDATE, self.update),
            Writing(catalogue.EVENT_CLAIM, self.claim),
            Writing(catalogue.EVENT_DEBUG_FILL, self.debug_fill),
            Writing(catalogue.EVENT_DEBUG_RANDOM_SCORES, self.debug_random_scores),
        ]

    async def list(self, view: View, request: Request) -> Reply:
        """The `TeamEventLeaderboards` message: by id, those that are over for good left out (T-311)."""
        with_scores = request.get("with_scores", False)
        events = _in_categories(view.config, frozenset(request.get("categories", ())))
        situations = await self._readings.situations(view, events, with_scores=with_scores)
        shown = [
            leaderboard_message(view.config, situation, with_scores=with_scores)
            for situation in situations
            if situation.current is not None or not _is_over(situation.event, view.now)
        ]
        return {"event_leaderboards": shown} if shown else {}

    async def get(self, view: View, request: Request) -> Reply:
        """The `TeamEventLeaderboard` message. It enrols nobody (T-314)."""
        event_id, event = event_of(view.config, request)
        [situation] = await self._readings.situations(view, {event_id: event}, with_scores=True)
        return leaderboard_message(view.config, situation, with_scores=True)

    async def roll(self, held: Held, request: Request) -> Reply:
        """Put the team into a cohort; the `TeamEventLeaderboard`. 400 as in T-303."""
        metadata = metadata_of(request)
        event_id, event = event_of(held.config, request)
        situation = await situation_of(held, event_id, event)
        claiming_first = request.get("claim_reward", False)
        if refusal := situation.roll_refusal(claiming=claiming_first):
            raise refusal()
        opening = rolling.opening_of(situation)
        cohort = await rolling.take_place(held, self._hooks, opening)
        reward, best_rank = None, situation.enrolment.best_rank if situation.enrolment else None
        if situation.can_claim:
            reward, best_rank = await claiming.grant(held, self._rewards, situation)
        enrolment = await rolling.enrol(held, situation, opening, cohort, metadata, best_rank)
        held.publish("teamEventLeaderboardRolled", eventLeaderboardId=event_id)
        standings = await standings_of(held.tx, held.team_id, enrolment.cohort_id, event)
        rolled = Situation(event_id, event, held.now, enrolment, standings)
        return leaderboard_message(held.config, rolled, with_scores=True, reward=reward)

    async def update(self, held: Held, request: Request) -> Callable[[], Reply]:
        """Submit a member's score for the team; what makes the `TeamEventLeaderboard`. 400 as in T-318."""
        if held.actor is None:
            raise TypeError("a score is a player's")
        submission = updating.Submission.of(request, metadata_of(request))
        event_id, event = event_of(held.config, request)
        situation = await updating.submit(held, held.actor, event_id, event, submission)
        own = situation.standings.own if situation.standings else None
        assert own is not None
        held.publish(
            "teamEventLeaderboardUpdated",
            own["score"],
            eventLeaderboardId=event_id,
            subscore=str(own["subscore"]),
        )
        # Not here: the teams of the cohort wait for its end.
        return partial(leaderboard_message, held.config, situation, with_scores=True)

    async def claim(self, held: Held, request: Request) -> Reply:
        """Claim the team's reward; the `TeamEventLeaderboard`, the same again. 400 as in T-326."""
        event_id, event = event_of(held.config, request)
        situation = await situation_of(held, event_id, event)
        claimed = await claiming.claim(held, self._rewards, situation)
        return leaderboard_message(held.config, claimed, with_scores=True)

    async def debug_fill(self, held: Held, request: Request) -> Reply:
        """Fill the team's cohort with teams that are none; the `TeamEventLeaderboard` (T-339)."""
        event_id, event = event_of(held.config, request)
        situation = await debugging.hold(held, event_id, event)
        filled = await debugging.fill(held, situation, request.get("target_count", 0))
        return leaderboard_message(held.config, filled, with_scores=True)

    async def debug_random_scores(self, held: Held, request: Request) -> Reply:
        """Give every other team of the cohort a random score; the `TeamEventLeaderboard` (T-340)."""
        chances = debugging.Chances.of(request)
        event_id, event = event_of(held.config, request)
        situation = await debugging.hold(held, event_id, event)
        scored = await debugging.score(held, situation, chances, self._rewards.random)
        return leaderboard_message(held.config, scored, with_scores=True)

    async def clean_up(self) -> None:
        """Clear away the cohorts that have expired."""
        await clear_expired(self._database, self._config().event_leaderboards, int(self._clock.unix()))


def _in_categories(config: TeamsConfig, categories: frozenset[str]) -> dict[str, EventLeaderboard]:
    """The events of some categories, of all where there are none, by their ids' order."""
    return {
        id: event
        for id, event in sorted(config.event_leaderboards.items())
        if not categories or event.category in categories
    }


def _is_over(event: EventLeaderboard, now: int) -> bool:
    return 0 < event.end_time_sec <= now


def _rolls(request: Request) -> str:
    """Teams that are rolled into one event wait for each other, and here they do so without a connection."""
    return f"rolls of {request.get('event_leaderboard_id', '')}"
