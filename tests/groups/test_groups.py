"""Creating, changing and deleting groups."""

from typing import Any

import pytest

from tests.groups.support import NOBODY, Somebody, good, new_name, refusal

CREATE_FAILED = (400, 3, "Error while trying to create group.")
UPDATE_FAILED = (400, 3, "Error while trying to update group.")
NOT_UPDATED = (404, 5, "Group not found or you're not allowed to update.")

#: Values that do not fit into their columns, and the longest that do.
TOO_LONG = [("name", 256), ("description", 256), ("avatar_url", 513), ("lang_tag", 19)]


async def test_defaults(ada: Somebody) -> None:
    group = await ada.create(name := new_name(), open=None, max_count=0, metadata='{"a":1}', edge_count=9)
    times = {group.pop("create_time"), group.pop("update_time")}
    assert len(times) == 1
    assert group == {
        "id": group["id"],
        "creator_id": ada.id,
        "name": name,
        "lang_tag": "en",
        "metadata": "{}",
        "open": False,
        "edge_count": 1,
        "max_count": 100,
    }
    assert await ada.members(group) == {ada.id: 0}


async def test_what_a_name_may_be(ada: Somebody) -> None:
    for name in ("  ", "\t\u0001", new_name("é" * 200), "%_\\"):
        assert (await ada.create(name))["name"] == name
    for empty in ({}, {"name": ""}, {"name": None}, {"name": "", "max_count": -1}):
        answer = await ada.ask("POST", "/group", empty)
        assert refusal(answer) == (400, 3, "Group name must be set.")


async def test_a_name_is_taken_as_it_is_spelled(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(new_name("Straße"))
    taken = await bob.ask("POST", "/group", {"name": group["name"]})
    assert refusal(taken) == (409, 6, "Group name is in use.")
    other = await bob.create(group["name"].upper())
    assert refusal(await bob.update(other, name=group["name"])) == (400, 3, "Group name is in use.")
    assert good(await bob.update(other, name=other["name"])) == {}
    good(await ada.delete(group))
    assert good(await bob.update(other, name=group["name"])) == {}


@pytest.mark.parametrize("max_count", [-1, -(2**31)])
async def test_sizes_below_one(ada: Somebody, max_count: int) -> None:
    answer = await ada.ask("POST", "/group", {"name": new_name(), "max_count": max_count})
    assert refusal(answer) == (400, 3, "Group max count must be >= 1 when set.")


async def test_the_largest_size(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(max_count=2**31 - 1)
    assert group["max_count"] == 2**31 - 1
    await ada.do("add", group, bob)


async def test_a_group_of_one(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(max_count=1, open=True)
    assert refusal(await bob.join(group)) == (400, 3, "Group is full.")


@pytest.mark.parametrize(("field", "length"), TOO_LONG)
async def test_lengths(ada: Somebody, field: str, length: int) -> None:
    fields = {"name": new_name(), field: "ü" * length}
    assert refusal(await ada.ask("POST", "/group", fields)) == CREATE_FAILED
    shorter = {"name": new_name(), field: new_name().ljust(length, "ü")[: length - 1]}
    group = await ada.create(**shorter)
    assert group[field] == shorter[field]
    assert refusal(await ada.update(group, **{field: "ü" * length})) == UPDATE_FAILED
    assert await ada.see(group) == group


@pytest.mark.parametrize("field", ["name", "description", "avatar_url", "lang_tag"])
async def test_nul(ada: Somebody, field: str) -> None:
    fields = {"name": new_name(), field: "a\0b"}
    assert refusal(await ada.ask("POST", "/group", fields)) == CREATE_FAILED
    group = await ada.create()
    assert refusal(await ada.update(group, **{field: "a\0b"})) == UPDATE_FAILED
    assert await ada.see(group) == group


async def test_update_field_by_field(ada: Somebody) -> None:
    group = await ada.create(description="D", avatar_url="A", lang_tag="fr")
    changes: list[dict[str, Any]] = [
        {"name": new_name("Other")},
        {"description": "E"},
        {"langTag": "de"},
        {"avatarUrl": "B"},
        {"open": True},
        {"description": "", "avatar_url": ""},
    ]
    spelled = {"langTag": "lang_tag", "avatarUrl": "avatar_url"}
    expected = dict(group)
    for change in changes:
        good(await ada.update(group, **change))
        expected |= {spelled.get(name, name): value for name, value in change.items()}
        assert await ada.see(expected) == {name: value for name, value in expected.items() if value != ""}


async def test_order_of_checks_of_an_update(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create()
    no_name = (400, 3, "Group name cannot be empty.")
    no_language = (400, 3, "Group language cannot be empty.")
    assert refusal(await bob.ask("PUT", "/group/zz", {"name": ""})) == (
        400,
        3,
        "Group ID must be a valid ID.",
    )
    assert refusal(await bob.update(group, name="", lang_tag="")) == no_name
    assert refusal(await bob.update(group, lang_tag="")) == no_language
    assert refusal(await bob.update(group)) == NOT_UPDATED
    assert refusal(await ada.update({"id": NOBODY}, open=True)) == NOT_UPDATED
    for nothing in ({}, {"open": None}, {"metadata": "{}", "max_count": 5}):
        assert refusal(await ada.update(group, **nothing)) == (
            *(400, 3),
            "Specify at least one field to update.",
        )
    assert await ada.see(group) == group


async def test_the_id_of_the_path_wins(ada: Somebody) -> None:
    group = await ada.create(open=True)
    assert good(await ada.update(group, group_id="zz", open=False)) == {}
    assert (await ada.see(group) or {})["open"] is False


async def test_a_deleted_group(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    good(await bob.join(group))
    good(await ada.delete(group))
    assert await bob.groups() == {}
    assert await bob.relations(group) == {}
    gone = (404, 5, "Group not found.")
    assert refusal(await bob.join(group)) == gone
    assert good(await bob.leave(group)) == {}
    assert refusal(await ada.delete(group)) == (
        *(400, 3),
        "Group not found or you're not allowed to delete.",
    )
    assert (await ada.create(group["name"]))["id"] != group["id"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", ""), ("POST", "/join"), ("POST", "/leave"), ("GET", "/user"), ("PUT", "")],
)
@pytest.mark.parametrize("bad", ["zz", "0", "{}"])
async def test_what_is_no_group_id(ada: Somebody, method: str, path: str, bad: str) -> None:
    answer = await ada.ask(method, f"/group/{bad}{path}", {} if method == "PUT" else None)
    assert refusal(answer) == (400, 3, "Group ID must be a valid ID.")
