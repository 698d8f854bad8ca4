"""Pages of a history against a model that knows the whole of it."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.channels.service import Channels
from kizuna.clock import ShiftedClock
from tests.channels.chat import ask
from tests.support.players import Player

#: Messages in the order of their writing: which of the channels, and how long after the one before.
conversations = st.lists(st.tuples(st.integers(0, 2), st.sampled_from((0, 0, 0, 1))), max_size=24)

#: Steps of a walk through a listing: on or back, and the limit of the page.
walks = st.lists(st.tuples(st.sampled_from(("next", "prev", "cacheable")), st.integers(1, 5)), max_size=10)


@dataclass
class Model:
    """A listing as a list of ids, and the part of it that the last page showed: from `start` to `end`."""

    ids: list[str]
    start: int = 0
    end: int = 0

    def onward(self, limit: int) -> list[str]:
        """The next page."""
        self.start, self.end = self.end, min(self.end + limit, len(self.ids))
        return self.ids[self.start : self.end]

    def back(self, limit: int) -> list[str]:
        """The page before."""
        self.start, self.end = max(self.start - limit, 0), self.start
        return self.ids[self.start : self.end]


async def written(
    channels: Channels,
    clock: ShiftedClock,
    ids: list[str],
    player: Player,
    conversation: list[tuple[int, int]],
) -> dict[str, list[str]]:
    """The ids of the messages in each channel, in order, once they are all said."""
    places: dict[str, list[tuple[timedelta, str]]] = {id: [] for id in ids}
    for index, wait in conversation:
        clock.offset += timedelta(microseconds=wait)
        ack = await channels.send(ids[index], "{}", player.id, player.username)
        places[ids[index]].append((clock.offset, ack["message_id"]))
    return {id: [message for _, message in sorted(said)] for id, said in places.items()}


def shown(page: dict[str, Any]) -> list[str]:
    return [message["message_id"] for message in page.get("messages", [])]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(conversations, st.booleans(), st.integers(1, 5), walks)
async def test_walks_through_a_history(
    api: httpx.AsyncClient,
    channels: Channels,
    clock: ShiftedClock,
    ada: Player,
    bob: Player,
    conversation: list[tuple[int, int]],
    forward: bool,
    limit: int,
    walk: list[tuple[str, int]],
) -> None:
    clock.offset = timedelta(0)
    name = str(uuid.uuid4())
    ids = [f"2...{name}", f"2...{name}.", await channels.build_id(ada.id, bob.id, 2)]
    # The third channel is the same in all examples, and grows: others are always talking.
    told = await written(channels, clock, ids, ada, conversation)
    for id in ids[:2]:
        model = Model(told[id] if forward else told[id][::-1])
        query = {"forward": str(forward).lower()}
        _, page = await ask(api, ada, id, limit=limit, **query)
        assert shown(page) == model.onward(limit)
        assert ("next_cursor" in page) == (model.end < len(model.ids))
        assert "prev_cursor" not in page
        for step, size in walk:
            cursor = page.get(f"{step}_cursor")
            if cursor is None or (step == "cacheable" and not forward):
                continue
            _, page = await ask(api, ada, id, limit=size, cursor=cursor, **query)
            expected = model.back(size) if step == "prev" else model.onward(size)
            assert shown(page) == expected
            if not expected:
                assert list(page) == ["cacheable_cursor"]
                break
            back = step == "prev"
            assert ("next_cursor" in page) == (back or model.end < len(model.ids))
            assert ("prev_cursor" in page) == (not back or model.start > 0)
            assert "cacheable_cursor" in page


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(conversations, st.booleans(), st.integers(1, 4))
async def test_the_same_pages_again_after_going_back(
    api: httpx.AsyncClient,
    channels: Channels,
    clock: ShiftedClock,
    ada: Player,
    conversation: list[tuple[int, int]],
    forward: bool,
    limit: int,
) -> None:
    clock.offset = timedelta(0)
    id = f"2...{uuid.uuid4()}"
    everything = (await written(channels, clock, [id] * 3, ada, conversation))[id]
    query = {"limit": limit, "forward": str(forward).lower()}
    _, page = await ask(api, ada, id, **query)
    seen = shown(page)
    while "next_cursor" in page:
        _, following = await ask(api, ada, id, cursor=page["next_cursor"], **query)
        _, before = await ask(api, ada, id, cursor=following["prev_cursor"], **query)
        assert shown(before) == shown(page)
        _, again = await ask(api, ada, id, cursor=before["next_cursor"], **query)
        assert again == following
        seen += shown(following)
        page = following
    assert seen == (everything if forward else everything[::-1])


async def test_the_cacheable_cursor_of_a_listing_from_the_newest_back(
    api: httpx.AsyncClient, channels: Channels, clock: ShiftedClock, ada: Player
) -> None:
    id = f"2...{uuid.uuid4()}"
    told = (await written(channels, clock, [id] * 3, ada, [(0, 1)] * 5))[id]
    _, page = await ask(api, ada, id, limit=3, forward="false")
    assert shown(page) == told[:1:-1]
    _, page = await ask(api, ada, id, limit=100, cursor=page["cacheable_cursor"])
    assert shown(page) == told[3:], "forward from the oldest of the page"
    _, page = await ask(api, ada, id, limit=4, forward="false")
    _, page = await ask(api, ada, id, limit=5, forward="false", cursor=page["next_cursor"])
    assert shown(page) == told[:1]
