"""What a client may name, and in which order it is told what is wrong with it."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest

from tests.friends.support import FAILED, SELF, Neighbour, between, good, refusal
from tests.support.players import sign_in_async

NOBODY = "No valid ID or username was provided."
NIL = "00000000-0000-0000-0000-000000000000"
OPERATIONS = pytest.mark.parametrize("operation", SELF)


@OPERATIONS
async def test_nothing_named_is_nothing_done(ada: Neighbour, operation: str) -> None:
    assert good(await ada.send(operation)) == {}
    assert good(await ada.send(operation, metadata="notjson")) == {}


@OPERATIONS
@pytest.mark.parametrize(
    "spell",
    [
        str,
        str.upper,
        lambda user_id: user_id.replace("-", ""),
        lambda user_id: f"{{{user_id}}}",
        lambda user_id: f"urn:uuid:{user_id}",
    ],
    ids=["canonical", "upper case", "bare", "braces", "urn"],
)
async def test_oneself_by_any_spelling_of_the_id(
    ada: Neighbour, bob: Neighbour, operation: str, spell: Callable[[str], str]
) -> None:
    answer = await ada.send(operation, [bob.id, spell(ada.id)])
    assert refusal(answer) == (400, 3, SELF[operation])
    assert await ada.page() == {}
    assert (await ada.account()).get("edge_count") is None


@OPERATIONS
async def test_oneself_by_name(ada: Neighbour, bob: Neighbour, operation: str) -> None:
    answer = await ada.send(operation, [bob.id], usernames=[ada.name])
    assert refusal(answer) == (400, 3, SELF[operation])


@OPERATIONS
async def test_oneself_by_a_name_that_the_token_does_not_know(
    ada: Neighbour, bob: Neighbour, operation: str
) -> None:
    name = f"renamed-{uuid4()}"
    good(await ada.ask("PUT", "/v2/account", json={"username": name}))
    answer = await ada.send(operation, [bob.id], usernames=[name])
    assert refusal(answer) == (400, 3, SELF[operation])
    assert await between(ada, bob) == (None, None)


@OPERATIONS
@pytest.mark.parametrize("bad", ["", "zz", NIL, NIL.replace("-", ""), "é" * 36, "x" * 36, "\0", "' or 1=1"])
async def test_what_is_no_id(ada: Neighbour, bob: Neighbour, operation: str, bad: str) -> None:
    answer = await ada.send(operation, [bob.id, bad, ada.id], usernames=["", ada.name])
    assert refusal(answer) == (400, 3, f"Invalid user ID '{bad}'.")
    assert await between(ada, bob) == (None, None)


@OPERATIONS
async def test_ids_are_looked_at_in_their_order_and_before_names(ada: Neighbour, operation: str) -> None:
    answer = await ada.send(operation, [ada.id, "zz"], usernames=[""])
    assert refusal(answer) == (400, 3, SELF[operation])


@OPERATIONS
async def test_an_empty_name(ada: Neighbour, bob: Neighbour, operation: str) -> None:
    answer = await ada.send(operation, usernames=[bob.name, "", ada.name])
    assert refusal(answer) == (400, 3, "Username must not be empty.")
    answer = await ada.send(operation, usernames=[ada.name, ""])
    assert refusal(answer) == (400, 3, SELF[operation])


@OPERATIONS
async def test_names_that_nobody_has(ada: Neighbour, operation: str) -> None:
    answer = await ada.send(operation, usernames=["nobody has this name"])
    if operation == "delete":
        assert good(answer) == {}
    else:
        assert refusal(answer) == (400, 3, NOBODY)


@OPERATIONS
async def test_names_that_nobody_can_have(ada: Neighbour, bob: Neighbour, operation: str) -> None:
    answer = await ada.send(operation, [bob.id], usernames=["a\0b"])
    assert refusal(answer) == (400, 3, FAILED[operation])
    assert await between(ada, bob) == (None, None)


async def test_one_bad_target_and_nothing_is_done(
    ada: Neighbour, enter: Callable[[], Awaitable[Neighbour]]
) -> None:
    others = [await enter() for _ in range(3)]
    assert (await ada.send("add", [*(other.id for other in others), "zz"])).status_code == 400
    assert await ada.page() == {}
    assert [await other.notes() for other in others] == [[], [], []]


@pytest.mark.parametrize("path", ["/v2/friend", "/v2/friend/friends"])
async def test_nobody_asks_without_a_session(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 401


async def test_the_same_name_at_another_player_later(ada: Neighbour, api: httpx.AsyncClient) -> None:
    """A name is looked up when it is used."""
    name = f"name-{uuid4()}"
    first = Neighbour(api, await sign_in_async(api, username=name))
    good(await first.ask("PUT", "/v2/account", json={"username": f"other-{uuid4()}"}))
    second = Neighbour(api, await sign_in_async(api, username=name))
    good(await ada.send("add", usernames=[name]))
    assert list(await ada.states()) == [second.id]
