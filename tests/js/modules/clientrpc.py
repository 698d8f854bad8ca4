"""The functions that the official client's own tests call."""

import asyncio
import json
import uuid
from dataclasses import asdict, dataclass

import kizuna.runtime as rt


def register(app: rt.App) -> None:
    """The functions by the names that those tests know."""
    app.rpc("clientrpc.rpc", rpc)
    app.rpc("clientrpc.rpc_error", rpc_error)
    app.rpc("clientrpc.rpc_get", rpc_get)
    app.rpc("clientrpc.send_notification", send_notification)
    app.rpc("clientrpc.create_leaderboard", create_leaderboard)
    app.rpc("clientrpc.create_tournament", create_tournament)
    app.rpc("clientrpc.create_same_tournament_multiple_times", create_same_tournament_multiple_times)
    app.rpc("clientrpc.delete_tournament", delete_tournament)
    app.rpc("clientrpc.addattempt_tournament", addattempt_tournament)


async def rpc(ctx: rt.Context, payload: str) -> str:
    """What came."""
    return payload


async def rpc_error(ctx: rt.Context, payload: str) -> None:
    """An ordinary exception; the text is spelled as those tests know it."""
    raise RuntimeError("Some error occured.")


async def rpc_get(ctx: rt.Context, payload: str) -> str:
    """An answer for a call without a payload."""
    return json.dumps({"message": "PONG"}, separators=(",", ":"))


@dataclass
class Recipient:
    user_id: str


async def send_notification(ctx: rt.Context, payload: Recipient) -> None:
    """The caller lets a player know of a reward."""
    await ctx.nk.notification_send(
        payload.user_id,
        "You've unlocked level 100!",
        {"reward_coins": 1000},
        code=1,
        sender_id=ctx.user_id,
        persistent=True,
    )


@dataclass
class NewLeaderboard:
    operator: str
    enable_ranks: bool = False  # the client's own tests do not mention them


@dataclass
class LeaderboardId:
    leaderboard_id: str


async def create_leaderboard(ctx: rt.Context, payload: NewLeaderboard) -> LeaderboardId:
    """A leaderboard for clients to write to, with an id of its own."""
    id = str(uuid.uuid4())
    await ctx.nk.leaderboard_create(id, operator=payload.operator, enable_ranks=payload.enable_ranks)
    return LeaderboardId(id)


@dataclass
class NewTournament:
    duration: int
    authoritative: bool = False
    sort_order: str = "desc"
    operator: str = "best"
    reset_schedule: str = ""
    title: str = ""
    description: str = ""
    category: int = 0
    start_time: int = 0
    end_time: int = 0
    max_size: int = 0
    max_num_score: int = 0
    join_required: bool = False


@dataclass
class TournamentId:
    tournament_id: str


async def create_tournament(ctx: rt.Context, payload: NewTournament) -> TournamentId:
    """A tournament with an id of its own."""
    id = str(uuid.uuid4())
    await ctx.nk.tournament_create(id, **asdict(payload))
    return TournamentId(id)


async def create_same_tournament_multiple_times(ctx: rt.Context, payload: NewTournament) -> TournamentId:
    """One tournament, though it is created several times: at once, and again."""
    id = str(uuid.uuid4())
    await asyncio.gather(*(ctx.nk.tournament_create(id, **asdict(payload)) for _ in range(4)))
    await ctx.nk.tournament_create(id, **asdict(payload))
    return TournamentId(id)


async def delete_tournament(ctx: rt.Context, payload: TournamentId) -> None:
    """The tournament is gone, and its records are."""
    await ctx.nk.tournament_delete(payload.tournament_id)


@dataclass
class Attempts:
    tournament_id: str
    owner_id: str
    count: int


async def addattempt_tournament(ctx: rt.Context, payload: Attempts) -> None:
    """More scores for an owner to submit."""
    await ctx.nk.tournament_add_attempt(payload.tournament_id, payload.owner_id, payload.count)
