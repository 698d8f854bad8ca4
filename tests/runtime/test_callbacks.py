"""Callbacks: registering them, what they are told, how they end."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock, SystemClock
from kizuna.leaderboards.boards import UNLIMITED, Board
from kizuna.leaderboards.scoring import Operator
from kizuna.runtime import Error, ModuleLoadError
from kizuna.runtime.errors import CallbackFailed
from kizuna.scheduler.cron import Schedule
from kizuna.scheduler.service import BoardEvent, Callbacks
from kizuna.tournaments.windows import Rules
from tests.runtime.conftest import Folder, started
from tests.support.applications import client_of, running_application
from tests.support.players import sign_in_async
from tests.support.waiting import wait_until_async

DAY = 24 * 60 * 60
MIDNIGHT = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())

BOARD = Board(
    key=1,
    id="daily",
    authoritative=True,
    descending=False,
    operator=Operator.INCREMENT,
    reset_schedule="0 0 * * *",
    metadata='{"prize": 5}',
    enable_ranks=True,
    create_time=datetime(2026, 1, 1, 1, 2, 3, 456, tzinfo=UTC),
    category=0,
    title="",
    description="",
    join_required=False,
    max_size=UNLIMITED,
    max_num_score=1_000_000,
    rules=Rules(start_time=0, end_time=0, duration=0, schedule=Schedule.parse("0 0 * * *")),
)
CUP = replace(BOARD, id="cup", title="Cup", max_num_score=3, rules=replace(BOARD.rules, duration=3600))

GAME = """
import asyncio, json

told = []

def register(app):
    app.tournament_end(note)
    app.tournament_reset(note)

    @app.leaderboard_reset
    async def reset(ctx: rt.Context, event: rt.LeaderboardReset) -> None:
        ctx.logger.warning("reset")
        told.append([ctx.execution_mode, ctx.user_id, ctx.username, ctx.vars, ctx.expires_at, ctx.headers,
                     ctx.query_params, ctx.client_ip, ctx.client_port, dict(ctx.env), len(ctx.trace_id)])
        await note(ctx, event)

    @app.rpc("told")
    async def what_was_told(ctx, payload):
        return json.dumps(told, default=str)

async def note(ctx, event):
    board = getattr(event, "leaderboard", None) or event.tournament
    told.append([type(event).__name__, board.id, board.prev_reset, board.next_reset, event.key, event.attempt,
                 getattr(event, "end", None), event.reset])
"""


async def test_what_callbacks_are_told(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.write("game.py", GAME)
    with caplog.at_level(logging.INFO, "game"):
        async with started(folder.path, env={"KEY": "value"}) as game:
            callbacks: Callbacks = game.runtime.callbacks
            assert set(callbacks.kinds) == {"leaderboard_reset", "tournament_end", "tournament_reset"}
            await callbacks.call(BoardEvent("leaderboard_reset", BOARD, MIDNIGHT, 1))
            await callbacks.call(BoardEvent("tournament_end", CUP, MIDNIGHT + 3600, 2))
            await callbacks.call(BoardEvent("tournament_reset", CUP, MIDNIGHT + DAY, 3))
            context, *events = json.loads(await game.call("told"))
    mode, *rest = context
    assert mode == "leaderboard_reset"
    assert rest == ["", "", {}, None, {}, {}, "", "", {"KEY": "value"}, 36]
    before, after = MIDNIGHT - DAY, MIDNIGHT + DAY
    assert events == [
        ["LeaderboardReset", "daily", before, MIDNIGHT, ["daily", MIDNIGHT], 1, None, MIDNIGHT],
        ["TournamentEnd", "cup", MIDNIGHT, after, ["cup", MIDNIGHT + 3600], 2, MIDNIGHT + 3600, after],
        ["TournamentReset", "cup", MIDNIGHT, after, ["cup", after], 3, MIDNIGHT + 3600, after],
    ]
    [entry] = caplog.records
    assert (vars(entry)["callback"], vars(entry)["board_id"]) == ("leaderboard_reset", "daily")
    assert "rpc_id" not in vars(entry)
    assert "user_id" not in vars(entry)


async def test_the_boards_of_events_are_whole(folder: Folder) -> None:
    folder.write(
        "game.py",
        """
        import dataclasses, json

        told = []

        def register(app):
            app.leaderboard_reset(note)
            app.tournament_end(note)

            @app.rpc("told")
            async def what_was_told(ctx, payload):
                return json.dumps(told, default=str)

        async def note(ctx, event):
            told.append(dataclasses.asdict(event))
        """,
    )
    async with started(folder.path) as game:
        await game.runtime.callbacks.call(BoardEvent("leaderboard_reset", BOARD, MIDNIGHT, 1))
        await game.runtime.callbacks.call(BoardEvent("tournament_end", CUP, MIDNIGHT + 3600, 1))
        leaderboard, tournament = json.loads(await game.call("told"))
    common = {
        "authoritative": True,
        "sort_order": "asc",
        "operator": "incr",
        "metadata": {"prize": 5},
        "create_time": "2026-01-01 01:02:03+00:00",
    }
    assert leaderboard["leaderboard"].items() >= {"id": "daily", **common}.items()
    assert (
        tournament["tournament"].items()
        >= {
            "id": "cup",
            **common,
            "title": "Cup",
            "max_size": UNLIMITED,
            "max_num_score": 3,
            "start_active": MIDNIGHT,
            "end_active": MIDNIGHT + 3600,
        }.items()
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("async def f(ctx): ...\ndef register(app):\n    app.leaderboard_reset(f)", "context and event"),
        (
            "async def f(ctx, a, b): ...\ndef register(app):\n    app.tournament_end(f)",
            "must take two arguments",
        ),
        ("def register(app):\n    app.tournament_reset(lambda c, e: e)", "must be defined with async def"),
        ("def register(app):\n    app.tournament_reset(5)", "for tournament_reset is no function"),
        ("def register(app):\n    app.leaderboard_reset()", "missing 1 required positional argument"),
        ("async def f(c, e: 'Nope'): ...\ndef register(app):\n    app.tournament_end(f)", "name 'Nope'"),
    ],
)
async def test_what_cannot_be_called_is_refused(folder: Folder, code: str, told: str) -> None:
    folder.write("game.py", code)
    with pytest.raises(ModuleLoadError, match=told):
        async with started(folder.path):
            pass


async def test_registering_after_register_is_refused(folder: Folder) -> None:
    folder.write(
        "late.py",
        """
        kept = []

        def register(app):
            kept.append(app)
            app.leaderboard_reset(late)

        async def late(ctx, event):
            kept[0].tournament_end(late)
        """,
    )
    async with started(folder.path) as game:
        with pytest.raises(Exception, match="the callback tournament_end comes too late"):
            await game.runtime.callbacks.call(BoardEvent("leaderboard_reset", BOARD, MIDNIGHT, 1))
        assert list(game.runtime.callbacks.kinds) == ["leaderboard_reset"]


ONE_OF_TWO = """
import json

calls = []

def register(app):
    app.leaderboard_reset(called)
    app.rpc("calls-{name}", tell)

async def called(ctx, event):
    calls.append("{name}")

async def tell(ctx, payload):
    return json.dumps(calls)
"""


async def test_of_two_functions_the_later_counts(folder: Folder) -> None:
    for name in ("b", "a"):
        folder.write(f"{name}.py", ONE_OF_TWO.format(name=name))
    async with started(folder.path) as game:
        await game.runtime.callbacks.call(BoardEvent("leaderboard_reset", BOARD, MIDNIGHT, 1))
        assert [await game.call("calls-a"), await game.call("calls-b")] == ["[]", '["b"]']


async def test_the_log_names_callbacks_and_warns_of_no_module_that_has_only_such(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    code = "async def f(ctx, event): ...\ndef register(app):\n    app.{kind}(f)"
    folder.write("game.py", code.format(kind="tournament_end"))

    async def reloaded() -> bool:
        return "Reloaded game code: tournament_reset (callback)" in caplog.messages

    with caplog.at_level(logging.INFO, "kizuna.runtime"):
        async with started(folder.path, reload=True) as game:
            assert caplog.messages == ["Loaded game code: tournament_end (callback)"]
            folder.write("game.py", code.format(kind="tournament_reset"))
            await wait_until_async(reloaded, what="the second loading in the log")
            assert list(game.runtime.callbacks.kinds) == ["tournament_reset"]
            with pytest.raises(CallbackFailed, match="no function for tournament_end any more"):
                await game.runtime.callbacks.call(BoardEvent("tournament_end", CUP, MIDNIGHT + 3600, 1))
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"]


FAILING = """
import asyncio, sys

def register(app):
    @app.leaderboard_reset
    async def fail(ctx, event):
        {body}
"""


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("raise ValueError('no')", ValueError, "no"),
        ("raise rt.Error('no', 5)", Error, "no"),
        ("raise OSError('disk')", OSError, "disk"),
        ("sys.exit(3)", CallbackFailed, "it ended by SystemExit"),
        ("raise KeyboardInterrupt", CallbackFailed, "it ended by KeyboardInterrupt"),
        ("raise asyncio.CancelledError", CallbackFailed, "it ended by CancelledError"),
        (
            "await asyncio.sleep(60)",
            CallbackFailed,
            "it took longer than runtime.call_timeout_ms and was ended",
        ),
    ],
)
async def test_a_callback_that_fails(folder: Folder, body: str, kind: type[Exception], told: str) -> None:
    folder.write("game.py", FAILING.format(body=body))
    async with started(folder.path, call_timeout_ms=50) as game:
        with pytest.raises(kind, match=told):
            await game.runtime.callbacks.call(BoardEvent("leaderboard_reset", BOARD, MIDNIGHT, 1))


async def test_a_cancellation_from_outside_ends_the_callback(folder: Folder) -> None:
    folder.write("game.py", FAILING.format(body="await asyncio.sleep(60)"))
    async with started(folder.path) as game:
        event = BoardEvent("leaderboard_reset", BOARD, MIDNIGHT, 1)
        call: asyncio.Task[Any] = asyncio.ensure_future(game.runtime.callbacks.call(event))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


# --- with the scheduler, on a running application ---

EVERY_SECOND = """
import json

events = []

def register(app):
    @app.leaderboard_reset
    async def reset(ctx, event: rt.LeaderboardReset):
        page = await ctx.nk.leaderboard_records_list(event.leaderboard.id, expiry=event.reset)
        events.append([*event.key, event.attempt, [record.score for record in page.records]])
        if event.attempt == 1 and page.records:
            raise ValueError("not at the first attempt")

    @app.rpc("events")
    async def tell(ctx, payload):
        return json.dumps(events)

    @app.rpc("write")
    async def write(ctx, payload):
        record = await ctx.nk.leaderboard_record_write("every-second", ctx.user_id, ctx.username, score=7)
        return json.dumps([int(record.expiry_time.timestamp()), record.rank])
"""


CUP_GAME = """
import json

told = []

def register(app):
    @app.tournament_reset
    async def reset(ctx: rt.Context, event: rt.TournamentReset) -> None:
        told.append([event.tournament.size, event.tournament.can_enter, event.reset])

    @app.rpc("told")
    async def what_was_told(ctx, payload):
        return json.dumps(told)
"""


async def test_a_reset_tells_how_many_took_part(folder: Folder, database_url: str) -> None:
    folder.write("game.py", CUP_GAME)
    clock = ShiftedClock()
    # Away from the reset, which must not happen in between.
    clock.offset = timedelta(seconds=3600 + 1800 - clock.unix() % 3600)
    cup = {"id": "small-cup", "duration": 3600, "max_size": 2, "authoritative": False}
    settings = {
        "runtime": {"modules": [folder.path]},
        "tournaments": [cup | {"reset_schedule": "0 * * * *"}],
    }
    async with (
        running_application(database_url, clock, settings) as application,
        client_of(application) as api,
    ):
        for _ in range(2):
            player = await sign_in_async(api)
            written = await api.post("/v2/tournament/small-cup", json={"score": 1}, headers=player.headers)
            assert written.status_code == 200, written.text
        clock.offset += timedelta(hours=1)
        player = await sign_in_async(api)

        async def told() -> Any:
            return (await api.post("/v2/rpc/told?unwrap", headers=player.headers)).json()

        async def was_called() -> bool:
            return bool(await told())

        await wait_until_async(was_called, what="the callback")
        [[size, can_enter, reset]] = await told()
    assert (size, can_enter, reset % 3600) == (2, False, 0)


async def test_a_configured_leaderboard_is_reset_and_its_callback_repeated_until_it_succeeds(
    folder: Folder, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", EVERY_SECOND)
    settings = {
        "runtime": {"modules": [folder.path]},
        "leaderboards": [{"id": "every-second", "reset_schedule": "* * * * * * *"}],
        "leaderboard": {"blacklist_rank_cache": ["every-second"]},
    }
    async with (
        running_application(database_url, SystemClock(), settings) as application,
        client_of(application) as api,
    ):
        player = await sign_in_async(api)

        async def call(id: str) -> Any:
            return (await api.post(f"/v2/rpc/{id}?unwrap", headers=player.headers)).json()

        async def events() -> list[Any]:
            return [event for event in await call("events") if event[1] == instant]

        async def has_succeeded() -> bool:
            return len(await events()) == 2

        instant, rank = await call("write")
        await wait_until_async(has_succeeded, what="the second attempt")
        first, second = await events()
    assert rank == 0
    assert (first, second) == (["every-second", instant, 1, [7]], ["every-second", instant, 2, [7]])
    assert "ValueError: not at the first attempt" in caplog.text
