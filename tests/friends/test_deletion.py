"""What an account leaves behind among those who knew it: nothing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.db.statements import Query
from kizuna.errors import ApiError
from kizuna.friends.lookup import Relations
from kizuna.friends.service import Actor, Friends
from tests.friends.support import Neighbour, counts, good, refusal
from tests.support.players import sign_in_async

Enter = Callable[[], Awaitable[Neighbour]]

EDGES_OF = Query(
    "test.edges_of",
    "All edges to or from a player.",
    "select from user_edge where $1 in (source_id, destination_id)",
)


async def surround(ada: Neighbour, enter: Enter) -> list[Neighbour]:
    """Friend, invited, asking, blocked, blocking and mutually blocked."""
    others = [await enter() for _ in range(6)]
    friend, invited, asking, blocked, blocker, both = others
    await ada.befriend(friend)
    await ada.add(invited)
    await asking.add(ada)
    await ada.block(blocked, both)
    await blocker.block(ada)
    await both.block(ada)
    return others


async def test_all_edges_go_and_are_counted(app: Application, ada: Neighbour, enter: Enter) -> None:
    """The reference leaves the others' numbers of edges as they were."""
    others = await surround(ada, enter)
    await others[0].befriend(others[1])
    assert await counts(ada, *others) == [5, 2, 2, 1, 0, 1, 1]
    await ada.leave()
    assert await counts(*others) == [1, 1, 0, 0, 0, 0]
    for other in others[2:]:
        assert await other.page() == {}
    assert await app.database.read(EDGES_OF, ada.id) == []


async def test_profiles_change_where_the_number_does(ada: Neighbour, enter: Enter, clock: Any) -> None:
    others = await surround(ada, enter)
    before = [(await other.account())["update_time"] for other in others]
    clock.offset = timedelta(minutes=1)
    await ada.leave()
    after = [(await other.account())["update_time"] for other in others]
    assert [now > then for now, then in zip(after, before, strict=True)] == [
        True,
        True,
        True,
        False,  # only blocked by the one who has left
        True,
        True,
    ]


async def test_nobody_is_told(ada: Neighbour, bob: Neighbour) -> None:
    await ada.befriend(bob)
    before = await bob.notes()
    await ada.leave()
    assert await bob.notes() == before


async def test_one_without_friends(ada: Neighbour) -> None:
    await ada.leave()
    assert (await ada.ask("GET", "/v2/friend")).status_code == 401


async def test_a_new_account_of_the_same_device_knows_nobody(
    api: httpx.AsyncClient, ada: Neighbour, bob: Neighbour
) -> None:
    await ada.befriend(bob)
    await ada.leave()
    again = Neighbour(api, await sign_in_async(api, ada.player.device))
    assert await again.page() == {}
    await bob.add(again)
    assert await counts(bob, again) == [1, 1]


@pytest.mark.parametrize("operation", ["add", "block"])
async def test_an_account_that_is_gone_gets_no_edges(
    friends: Friends, ada: Neighbour, bob: Neighbour, operation: str
) -> None:
    """Its sessions have ended; game code may still act for it."""
    await ada.leave()
    assert refusal(await ada.send(operation, [bob.id]))[0] == 401
    with pytest.raises(ApiError, match=f"Error while trying to {operation} friends"):
        await getattr(friends, operation)(Actor(ada.id, ada.name), [bob.id], [])
    await friends.delete(Actor(ada.id, ada.name), [bob.id], [])
    assert await counts(bob) == [0]
    assert await bob.notes() == []


async def test_states_of_single_edges(app: Application, ada: Neighbour, enter: Enter) -> None:
    others = await surround(ada, enter)
    relations = Relations(app.database)
    assert [await relations.state(ada.id, other.id) for other in others] == [0, 1, 2, 3, None, 3]
    assert [await relations.state(other.id, ada.id) for other in others] == [0, 2, 1, None, 3, 3]
    await ada.leave()
    assert await relations.state(others[4].id, ada.id) is None


async def test_game_code_sees_and_marks_relations(
    friends: Friends, ada: Neighbour, bob: Neighbour, cleo: Neighbour
) -> None:
    await ada.befriend(bob)
    await friends.set_metadata(ada.id, bob.id, '{"rival": true}')
    await friends.set_metadata(ada.id, cleo.id, '{"nobody": true}')
    assert await friends.statuses(ada.id, [cleo.id, bob.id, ada.id]) == await ada.friends()
    assert (await ada.edge_to(bob))["metadata"] == '{"rival": true}'
    assert (await bob.edge_to(ada))["metadata"] == "{}"
    assert good(await ada.ask("GET", "/v2/friend"))["friends"][0]["user"]["id"] == bob.id
