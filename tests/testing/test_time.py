"""The clock of a server under test, and waiting for what becomes due by it."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from kizuna.testing import MovableClock, Server, Servers
from tests.testing.conftest import Game

MONDAY = datetime(2030, 3, 4, 12, tzinfo=UTC)

GAME = """
import asyncio
import json

told = []

def register(app: rt.App) -> None:
    app.rpc("told", tell)
    app.rpc("be_slow", be_slow)
    app.rpc("be_clumsy", be_clumsy)
    app.leaderboard_reset(reset)
    app.tournament_end(end)
    app.tournament_reset(reset)

async def tell(ctx, payload):
    return json.dumps(told)

async def be_slow(ctx, payload):
    global patience
    patience = 60

async def be_clumsy(ctx, payload):
    global failures
    failures = 1

patience = 0.2
failures = 0

async def reset(ctx, event) -> None:
    await asyncio.sleep(patience)
    told.append([ctx.execution_mode, *event.key])

async def end(ctx, event) -> None:
    if event.attempt <= failures:
        raise ValueError("not at the first attempt")
    told.append([ctx.execution_mode, *event.key])
"""

CUP = {"id": "cup", "duration": 3600, "reset_schedule": "0 0 * * 1", "authoritative": False}
WEEKLY = {"id": "weekly", "reset_schedule": "0 0 * * 1"}


@pytest.fixture
def server(start: Servers, game: Game) -> Server:
    """A server on a Monday at noon, with the game above."""
    game.write(GAME)
    return start({"leaderboards": [WEEKLY], "tournaments": [CUP]}, MovableClock(MONDAY))


def test_a_clock_goes_on_from_where_it_is_moved_to() -> None:
    clock = MovableClock(MONDAY)
    assert timedelta(0) <= clock.now() - MONDAY < timedelta(minutes=1)
    assert clock.unix() == pytest.approx(clock.now().timestamp(), abs=1)
    clock.advance(weeks=1, hours=-24)
    assert clock.now() >= MONDAY + timedelta(days=6)
    assert clock.advance_to(MONDAY + timedelta(days=9)) >= MONDAY + timedelta(days=9)
    assert clock.now() < MONDAY + timedelta(days=9, minutes=1)


def test_time_does_not_go_backwards() -> None:
    clock = MovableClock()
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(seconds=-1)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance_to(MONDAY.replace(year=2020))
    with pytest.raises(ValueError, match="time zone"):
        clock.advance_to(MONDAY.replace(tzinfo=None))


def test_game_code_has_been_told_of_resets_when_everything_is_settled(server: Server) -> None:
    player = server.player()
    first, second = (int(datetime(2030, 3, day, tzinfo=UTC).timestamp()) for day in (11, 18))
    server.settle()
    assert player.rpc("told") == []
    server.clock.advance(weeks=2)
    server.settle()
    assert sorted(player.rpc("told")) == [
        ["leaderboard_reset", "weekly", first],
        ["leaderboard_reset", "weekly", second],
        ["tournament_end", "cup", first + 3600],
        ["tournament_end", "cup", second + 3600],
        ["tournament_reset", "cup", second],
    ]
    assert player.get("/v2/account")["user"]["id"] == player.id  # the session has outlived the weeks


def test_several_periods_pass_in_their_order(server: Server) -> None:
    server.clock.advance(weeks=3)
    server.settle()
    resets = [instant for kind, _, instant in server.rpc("told") if kind == "leaderboard_reset"]
    assert [datetime.fromtimestamp(instant, UTC).day for instant in resets] == [11, 18, 25]


def test_a_function_that_failed_is_called_again_when_its_time_has_come(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.rpc("be_clumsy")
    server.clock.advance(days=7)
    server.settle()
    assert "not at the first attempt" in caplog.text
    assert "tournament_end" not in {kind for kind, *_ in server.rpc("told")}
    server.clock.advance(minutes=1)
    server.settle()
    assert "tournament_end" in {kind for kind, *_ in server.rpc("told")}


def test_what_takes_too_long_is_named(server: Server) -> None:
    server.rpc("be_slow")
    server.clock.advance(days=7)
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match=r"not done within 0\.5 s: .*leaderboard_reset of weekly"):
        server.settle(within=0.5)
    assert time.monotonic() - begun < 5


def test_events_have_been_handled_when_everything_is_settled(start: Servers, game: Game) -> None:
    game.write("""
        import asyncio
        import json

        handled = []

        def register(app):
            app.rpc("handled", tell)
            app.event(handle)

        async def tell(ctx, payload):
            return json.dumps(handled)

        async def handle(ctx, event):
            await asyncio.sleep(0.2)
            handled.append(event.name)
    """)
    server = start()
    player = server.player()
    for name in ("level_up", "game_over"):
        player.post("/v2/event", {"name": name, "external": True})
    server.settle()
    assert sorted(player.rpc("handled")) == ["game_over", "level_up"]


def test_game_code_has_been_told_of_deletions_when_everything_is_settled(start: Servers, game: Game) -> None:
    game.write("""
        import asyncio
        import json

        gone = []

        def register(app):
            app.rpc("gone", tell)
            app.account_deleted(note)

        async def tell(ctx, payload):
            return json.dumps(gone)

        async def note(ctx, event):
            await asyncio.sleep(0.2)
            gone.append(event.username)
    """)
    server = start()
    server.player("ada").delete("/v2/account")
    server.settle()
    assert server.rpc("gone") == ["ada"]
