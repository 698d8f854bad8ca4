"""Events, from a client's request to the handlers in the background."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.events.service import Event, Events, Sender
from tests.support.players import Player, sign_in_async
from tests.support.waiting import wait_until_async

QUEUE_SIZE, WORKERS = 4, 2
SETTINGS = {"runtime": {"event_queue_size": QUEUE_SIZE, "event_queue_workers": WORKERS}}

Handler = Callable[[Event, Sender | None], Awaitable[None]]


class Game:
    """Handlers that note what they get, and hold it until they are told to go on."""

    def __init__(self) -> None:
        self.got: list[tuple[Event, Sender | None]] = []
        self.handled: list[str] = []
        self.present = True
        self._go_on = asyncio.Event()
        self._go_on.set()

    def __bool__(self) -> bool:
        return self.present

    async def __call__(self, event: Event, sender: Sender | None) -> None:
        self.got.append((event, sender))
        await self._go_on.wait()
        if event.name == "fail":
            raise RuntimeError("a broken promise")
        self.handled.append(event.name)

    def hold(self) -> None:
        self._go_on.clear()

    def go_on(self) -> None:
        self._go_on.set()

    async def has_handled(self, count: int) -> bool:
        return len(self.handled) == count

    async def has_got(self, count: int) -> bool:
        return len(self.got) == count


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """With a short queue."""
    return SETTINGS


@pytest_asyncio.fixture
async def game(app: Application) -> AsyncIterator[Game]:
    """The handlers of `app`, in place of its own."""
    game = Game()
    await app.events.stop()
    await app.events.start(game)
    yield game
    game.go_on()
    await app.events.stop()


@pytest_asyncio.fixture
async def ada(api: httpx.AsyncClient) -> Player:
    return await sign_in_async(api)


async def report(api: httpx.AsyncClient, player: Player, body: Any = None) -> None:
    """Report an event; whatever becomes of it, the answer is the same."""
    answer = await api.post("/v2/event", json=body, headers=player.headers)
    assert (answer.status_code, answer.json()) == (200, {})


async def test_an_event_reaches_the_handlers(api: httpx.AsyncClient, ada: Player, game: Game) -> None:
    await report(
        api,
        ada,
        {
            "name": "won",
            "properties": {"map": "ice", "": ""},
            "timestamp": "2024-01-02T03:04:05+01:00",
            "external": False,
        },
    )
    await wait_until_async(lambda: game.has_handled(1))
    [(event, sender)] = game.got
    assert event == Event("won", {"map": "ice", "": ""}, datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC), True)
    assert sender is not None
    assert (sender.caller.user_id, sender.caller.username) == (ada.id, ada.username)
    assert (sender.client_ip, sender.client_port) == ("127.0.0.1", "123")


async def test_an_event_may_be_empty(api: httpx.AsyncClient, ada: Player, game: Game) -> None:
    await report(api, ada, {})
    answer = await api.post("/v2/event", content=b"", headers=ada.headers)
    assert (answer.status_code, answer.json()) == (200, {})
    await wait_until_async(lambda: game.has_handled(2))
    assert [event for event, _ in game.got] == [Event("", {}, None, True)] * 2


@pytest.mark.parametrize(
    "body",
    [
        {"properties": {"a": 1}},
        {"properties": {"a": None}},
        {"properties": []},
        {"timestamp": "yesterday"},
        {"timestamp": 5},
        {"name": 1},
        {"external": "true"},
        [],
    ],
)
async def test_a_malformed_event_is_refused(
    api: httpx.AsyncClient, ada: Player, game: Game, body: Any
) -> None:
    answer = await api.post("/v2/event", json=body, headers=ada.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    answer = await api.post("/v2/event", json=body)
    assert answer.status_code == 400, "it is read before anybody asks who sends it"
    await report(api, ada, {"name": "next"})
    await wait_until_async(lambda: game.has_handled(1))
    assert game.handled == ["next"]


async def test_events_are_for_players(api: httpx.AsyncClient, game: Game) -> None:
    answer = await api.post("/v2/event", json={"name": "x"})
    assert (answer.status_code, answer.json()["message"]) == (401, "Auth token required")
    assert game.got == []


async def test_a_failure_stays_with_the_server(
    api: httpx.AsyncClient, ada: Player, game: Game, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(2 * WORKERS):
        await report(api, ada, {"name": "fail"})
        await wait_until_async(partial(game.has_got, number + 1))
    await report(api, ada, {"name": "next"})
    await wait_until_async(lambda: game.has_handled(1))
    failures = [record for record in caplog.records if "handling the event 'fail' failed" in record.message]
    assert len(failures) == 2 * WORKERS
    assert all(record.exc_info for record in failures)


async def test_without_handlers_nothing_waits(
    app: Application, api: httpx.AsyncClient, ada: Player, game: Game
) -> None:
    game.present = False
    for _ in range(3 * QUEUE_SIZE):
        await report(api, ada, {"name": "unheard"})
    game.present = True
    await report(api, ada, {"name": "heard"})
    await wait_until_async(lambda: game.has_handled(1))
    assert game.handled == ["heard"]


async def test_a_full_queue_drops_and_says_so(
    app: Application,
    api: httpx.AsyncClient,
    ada: Player,
    game: Game,
    caplog: pytest.LogCaptureFixture,
) -> None:
    game.hold()
    before = app.events.dropped
    for number in range(WORKERS):
        await report(api, ada, {"name": f"{number}"})
    await wait_until_async(lambda: game.has_got(WORKERS))
    for number in range(WORKERS, WORKERS + QUEUE_SIZE + 10):
        await report(api, ada, {"name": f"{number}"})
    assert app.events.dropped - before == 10

    def drops() -> list[logging.LogRecord]:
        return [record for record in caplog.records if "event queue is full" in record.message]

    bound = f"runtime.event_queue_size: {QUEUE_SIZE}"
    assert [record.args for record in drops()] == [(bound, 1)], "the first is told at once"

    async def told_again() -> bool:
        return len(drops()) > 1

    await wait_until_async(told_again)
    assert [record.args for record in drops()] == [(bound, 1), (bound, 9)]
    first, second = drops()
    assert second.created - first.created > 0.9
    game.go_on()
    await wait_until_async(lambda: game.has_handled(WORKERS + QUEUE_SIZE))
    assert sorted(game.handled) == [str(number) for number in range(WORKERS + QUEUE_SIZE)]


def event(name: str) -> Event:
    return Event(name, {}, None, False)


async def test_the_end_waits_for_events() -> None:
    game, events = Game(), Events(queue_size=10, workers=1)
    await events.start(game)
    for number in range(5):
        events.emit(event(str(number)))
    await events.stop()
    assert game.handled == ["0", "1", "2", "3", "4"], "of game code's events the order is kept by one worker"
    assert game.got[0][1] is None
    events.emit(event("too late"))
    assert not events.handled


async def test_the_end_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    game, events = Game(), Events(queue_size=3, workers=1, grace=0.05)
    game.hold()
    await events.start(game)
    for number in range(4):
        events.emit(event(str(number)))
    await events.stop()
    assert game.handled == []
    assert "2 events were not handled before the server stopped" in caplog.text
    assert "(runtime.event_queue_size: 3): 1 events dropped" in caplog.text
    game.go_on()
    await events.start(game)
    events.emit(event("again"))
    await events.stop()
    assert game.handled == ["again"]


async def test_large_events_wait_in_smaller_numbers(caplog: pytest.LogCaptureFixture) -> None:
    large = Event("large", {f"{number}": "ж" * 100 for number in range(1000)}, None, True)
    assert large.size > 1000 * len("ж" * 100) * 2, "characters beyond Latin-1 take two bytes"
    game, events = Game(), Events(queue_size=100, workers=1, largest=3 * large.size)
    game.hold()
    await events.start(game)
    events.emit(large)
    await wait_until_async(lambda: game.has_got(1))
    for _ in range(5):
        events.emit(large)
    assert (events.unfinished, events.dropped) == (1 + 3, 2), "one is being handled and does not wait"
    game.go_on()
    await wait_until_async(lambda: game.has_handled(4))
    game.hold()
    for _ in range(4):
        events.emit(large)
    assert events.dropped == 3, "the room of what is handled is free again"
    game.go_on()
    await events.stop()
    assert len(game.handled) == 7
    told = [record.message for record in caplog.records if "queue is full" in record.message]
    assert told[0] == f"the event queue is full ({3 * large.size} bytes): 1 events dropped"


async def test_what_is_given_up_makes_room() -> None:
    game, events = Game(), Events(queue_size=100, workers=1, grace=0.05, largest=2 * event("x").size)
    game.hold()
    for _ in range(2):
        await events.start(game)
        for _ in range(2):
            events.emit(event("x"))
        await events.stop()
    assert events.dropped == 0


async def test_before_the_start_nothing_waits() -> None:
    game, events = Game(), Events(queue_size=3, workers=1)
    events.emit(event("too early"))
    await events.start(game)
    await events.stop()
    await events.stop()
    assert game.got == []
    assert events.dropped == 0
