"""The users of a group and the groups of a user: states, pages, cursors."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.wire.cursors import encode_cursor
from tests.groups.support import NIL, NOBODY, Group, Somebody, good, refusal, relate

Enter = Callable[[], Awaitable[Somebody]]

BAD_CURSOR = (400, 3, "Cursor is invalid.")


def path_of(kind: str, id: str) -> str:
    return f"/group/{id}/user" if kind == "group" else f"/user/{id}/group"


async def pages(somebody: Somebody, path: str, limit: int, **query: Any) -> list[tuple[str, int]]:
    """(id, state) of all entries, page by page; each page but the last is full."""
    found: list[tuple[str, int]] = []
    cursor: dict[str, str] = {}
    while True:
        page = good(await somebody.ask("GET", path, limit=limit, **query, **cursor))
        entries = page.get("group_users") or page.get("user_groups") or []
        found += [((entry.get("user") or entry["group"])["id"], entry["state"]) for entry in entries]
        if "cursor" not in page:
            return found
        assert len(entries) == limit
        cursor = {"cursor": page["cursor"]}


async def crowd(enter: Enter, ada: Somebody, clock: ShiftedClock) -> tuple[Group, list[tuple[str, int]]]:
    """A group with users of every state, and them in the order of the list; some came at the same time."""
    group = await ada.create(open=True)
    members: list[tuple[int, timedelta, str]] = [(0, clock.offset, ada.id)]
    for number, state in enumerate((4, 4, 0, 2, 1, 2, 2, 1, 2, 4, 3, 3, 3)):
        clock.offset += timedelta(seconds=number % 2)
        user = await enter()
        await relate(ada, group, user, state)
        members.append((state, clock.offset, user.id))
    return group, [(id, state) for state, _, id in sorted(members)]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
async def test_users_of_a_group(enter: Enter, ada: Somebody, clock: ShiftedClock, limit: int) -> None:
    group, members = await crowd(enter, ada, clock)
    path = path_of("group", group["id"])
    stranger = await enter()
    present = [(id, state) for id, state in members if state != 4]
    assert await pages(stranger, path, limit) == present
    for state in range(5):
        expected = [(id, its) for id, its in members if its == state]
        assert await pages(stranger, path, limit, state=state) == expected


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_groups_of_a_user(
    enter: Enter, ada: Somebody, bob: Somebody, clock: ShiftedClock, limit: int
) -> None:
    entries: list[tuple[int, timedelta, str]] = []
    for number, state in enumerate((3, 2, 0, 1, 4, 2, 3, 2)):
        clock.offset += timedelta(seconds=number % 2)
        group = await ada.create(open=True)
        await relate(ada, group, bob, state)
        entries.append((state, clock.offset, group["id"]))
    present = [(id, state) for state, _, id in sorted(entries) if state != 4]
    path = path_of("user", bob.id)
    assert await pages(await enter(), path, limit) == present
    for state in range(5):
        assert await pages(bob, path, limit, state=state) == [one for one in present if one[1] == state]


async def test_what_an_entry_says(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True, description="D", avatar_url="A")
    good(await bob.join(group))
    good(await bob.ask("PUT", "/account", {"display_name": "Bob", "location": "L"}))
    [_, entry] = good(await ada.ask("GET", path_of("group", group["id"])))["group_users"]
    [user] = good(await ada.ask("GET", "/user", ids=bob.id))["users"]
    assert entry == {"user": user, "state": 2}
    [entry] = good(await ada.ask("GET", path_of("user", bob.id)))["user_groups"]
    assert entry == {"group": await ada.see(group), "state": 2}
    assert entry["group"]["edge_count"] == 2


async def test_a_cursor_whose_row_has_gone(enter: Enter, ada: Somebody, clock: ShiftedClock) -> None:
    group = await ada.create()
    users = []
    for _ in range(4):
        clock.offset += timedelta(seconds=1)
        users.append(await enter())
        await ada.do("add", group, users[-1])
    path = path_of("group", group["id"])
    first = good(await ada.ask("GET", path, limit=2))
    await ada.do("kick", group, users[1])
    rest = good(await ada.ask("GET", path, limit=10, cursor=first["cursor"]))
    assert [entry["user"]["id"] for entry in rest["group_users"]] == [users[2].id, users[3].id]


async def test_a_cursor_of_one_list_goes_on_in_another(ada: Somebody, bob: Somebody) -> None:
    """Those of friends too: they say a state, a position and an id."""
    groups = [await ada.create(open=True) for _ in range(3)]
    for group in groups:
        good(await bob.join(group))
    cursor = good(await bob.ask("GET", path_of("user", bob.id), limit=1))["cursor"]
    page = good(await ada.ask("GET", path_of("group", groups[0]["id"]), cursor=cursor))
    # In the group everybody's state is 0, or was reached at the same time.
    assert {entry["state"] for entry in page.get("group_users", ())} <= {2}
    everybody = encode_cursor("edge", (0, 0, NIL))
    for kind, id in (("group", groups[0]["id"]), ("user", bob.id)):
        path = path_of(kind, id)
        whole = good(await ada.ask("GET", path))
        assert good(await ada.ask("GET", path, cursor=everybody)) == whole


@pytest.mark.parametrize("kind", ["group", "user"])
async def test_cursors_and_states(ada: Somebody, bob: Somebody, kind: str) -> None:
    for _ in range(2):
        group = await ada.create()
        await relate(ada, group, bob, 0)
    path = path_of(kind, group["id"] if kind == "group" else ada.id)
    cursor = good(await ada.ask("GET", path, limit=1))["cursor"]
    assert good(await ada.ask("GET", path, state=0, cursor=cursor))
    for state in (1, 2, 3, 4):
        assert refusal(await ada.ask("GET", path, state=state, cursor=cursor)) == BAD_CURSOR
    for bad in (
        "garbage",
        "%",
        encode_cursor("groups", (0, 0, NIL)),
        encode_cursor("edge", (0, 0)),
        encode_cursor("edge", (0, "0", NIL)),
        encode_cursor("edge", (0, 0, "no id")),
        encode_cursor("edge", (5, 0, NIL)),
        encode_cursor("edge", (-1, 0, NIL)),
        encode_cursor("edge", (2**62, 0, NIL)),
    ):
        assert refusal(await ada.ask("GET", path, cursor=bad)) == BAD_CURSOR, bad
    assert good(await ada.ask("GET", path, cursor=encode_cursor("edge", (4, 2**63 - 1, NIL)))) == {}


@pytest.mark.parametrize("kind", ["group", "user"])
async def test_order_of_checks(ada: Somebody, kind: str) -> None:
    group = await ada.create()
    path = path_of(kind, group["id"] if kind == "group" else ada.id)
    wrong = {"state": 7, "cursor": "garbage"}
    limit = (400, 3, "Invalid limit - limit must be between 1 and 100.")
    state = (400, 3, "Invalid state - state must be between 0 and 4.")
    bad_id = (400, 3, "Group ID must be a valid ID.")
    assert refusal(await ada.ask("GET", path_of(kind, "zz"), limit=0, **wrong)) == bad_id
    for bad in (0, -1, 101):
        assert refusal(await ada.ask("GET", path, limit=bad, **wrong)) == limit
    for bad in (-1, 5, 2**31 - 1):
        assert refusal(await ada.ask("GET", path, state=bad, cursor="garbage")) == state
    assert refusal(await ada.ask("GET", path, state=4, cursor="garbage")) == BAD_CURSOR


async def test_nobodys_lists(ada: Somebody) -> None:
    assert good(await ada.ask("GET", path_of("group", NOBODY))) == {}
    assert good(await ada.ask("GET", path_of("user", NOBODY))) == {}
    assert good(await ada.ask("GET", path_of("user", ada.id))) == {}
