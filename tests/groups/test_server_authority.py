"""Groups as game code reaches them: with the server's authority, and as parts of larger transactions."""

import uuid
from collections.abc import Awaitable, Callable

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError
from kizuna.groups.lookup import Memberships
from kizuna.groups.service import GroupChange, Groups, NewGroup
from tests.groups.support import NIL, NOBODY, Somebody, good, new_name, refusal, relate

Enter = Callable[[], Awaitable[Somebody]]
OPERATIONS = ("add", "kick", "ban", "promote", "demote")


@pytest.fixture
def groups(app: Application, clock: ShiftedClock) -> Groups:
    from tests.groups.support import services

    return services(app, clock)


async def test_create(groups: Groups, ada: Somebody, bob: Somebody) -> None:
    new = NewGroup(
        ada.id,
        new_name(),
        creator_id=bob.id,
        description="D",
        lang_tag="de",
        avatar_url="A",
        open=True,
        metadata='{"a": 1}',
        max_count=3,
    )
    group = await groups.create(new)
    assert group == await ada.see(group)
    assert group["creator_id"] == bob.id
    assert group["metadata"] == '{"a": 1}'
    assert (group["lang_tag"], group["max_count"], group["open"]) == ("de", 3, True)
    assert await ada.members(group) == {ada.id: 0}
    with pytest.raises(ApiError, match="Group name is in use"):
        await groups.create(new)
    for owner in (NIL, NOBODY):
        with pytest.raises(Exception, match=r"create group|foreign key"):
            await groups.create(NewGroup(owner, new_name()))


async def test_update(groups: Groups, ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    good(await bob.join(group))
    await groups.update(group["id"], None, GroupChange(metadata='{"b": 2}', max_count=2))
    seen = await ada.see(group)
    assert seen is not None
    assert (seen["metadata"], seen["max_count"], seen["open"]) == ('{"b": 2}', 2, True)
    with pytest.raises(Exception, match="edge_count"):
        await groups.update(group["id"], None, GroupChange(max_count=1))
    with pytest.raises(ApiError, match="No new fields"):
        await groups.update(NOBODY, None, GroupChange(max_count=1))
    with pytest.raises(ApiError, match="at least one field"):
        await groups.update(group["id"], None, GroupChange())
    with pytest.raises(ApiError, match="not allowed"):
        await groups.update(group["id"], bob.id, GroupChange(name="x"))
    assert await ada.see(group) == seen


async def test_delete(groups: Groups, ada: Somebody) -> None:
    group = await ada.create()
    await groups.delete(group["id"], None)
    assert await ada.see(group) is None
    with pytest.raises(ApiError, match="not found"):
        await groups.delete(group["id"], None)


async def test_the_server_may_what_a_superadmin_may(groups: Groups, ada: Somebody, bob: Somebody) -> None:
    group = await ada.create()
    for operation, state in (("add", 2), ("promote", 1), ("promote", 0), ("demote", 1), ("ban", 4)):
        await getattr(groups, operation)(group["id"], None, [bob.id])
        assert (await ada.relations(group))[bob.id] == state
    await groups.kick(group["id"], None, [bob.id])
    assert await ada.relations(group) == {ada.id: 0}
    [welcome] = await bob.notifications()
    assert welcome["code"] == -4
    assert welcome.get("sender_id", NIL) == NIL


@pytest.mark.parametrize("operation", ["kick", "ban", "demote"])
async def test_not_even_the_server_takes_the_last_superadmin_away(
    groups: Groups, ada: Somebody, bob: Somebody, eve: Somebody, operation: str
) -> None:
    group = await ada.create()
    await relate(ada, group, bob, 0)
    await relate(ada, group, eve, 2)
    await getattr(groups, operation)(group["id"], None, [ada.id, bob.id, eve.id])
    relations = await bob.relations(group)
    assert [user for user, state in relations.items() if state == 0] == [bob.id]
    assert relations.get(ada.id) == {"kick": None, "ban": 4, "demote": 1}[operation]
    await bob.size(group)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_refusals(groups: Groups, ada: Somebody, bob: Somebody, operation: str) -> None:
    group = await ada.create()
    act = getattr(groups, operation)
    with pytest.raises(ApiError, match="Group not found"):
        await act(NOBODY, None, [ada.id])
    with pytest.raises(ApiError, match="permission denied"):
        await act(group["id"], bob.id, [ada.id])
    for caller in (None, ada.id):
        with pytest.raises(ApiError, match="User ID must be a valid ID"):
            await act(group["id"], caller, [bob.id, NIL])
    with pytest.raises(ApiError, match="join group"):
        await groups.join(group["id"], NIL, "")
    assert await ada.relations(group) == {ada.id: 0}


async def test_parts_of_a_transaction(
    app: Application, groups: Groups, ada: Somebody, bob: Somebody, eve: Somebody
) -> None:
    """They take effect together or not at all."""
    group = await ada.create(open=True)
    name = new_name()

    async def work(succeeds: bool) -> None:
        async with app.database.transaction() as tx:
            await groups.hold_groups(tx, [group["id"], NOBODY])
            await groups.create_within(tx, NewGroup(bob.id, name))
            await groups.join_within(tx, group["id"], bob.id, bob.name)
            await groups.add_within(tx, group["id"], None, [eve.id])
            await groups.promote_within(tx, group["id"], ada.id, [bob.id, eve.id])
            await groups.demote_within(tx, group["id"], None, [eve.id])
            await groups.ban_within(tx, group["id"], None, [eve.id])
            await groups.update_within(tx, group["id"], bob.id, GroupChange(description="D"))
            if not succeeds:
                await groups.kick_within(tx, NOBODY, None, [eve.id])

    with pytest.raises(ApiError, match="Group not found"):
        await work(False)
    assert await ada.relations(group) == {ada.id: 0}
    assert await bob.groups() == {}
    assert await ada.messages(group) == []
    assert await eve.notifications() == []
    await work(True)
    assert await ada.relations(group) == {ada.id: 0, bob.id: 1, eve.id: 4}
    assert sorted((await bob.groups()).values()) == [0, 1]
    assert [code for code, _, _ in await ada.messages(group)] == [3, 4, 7, 7, 8, 9]
    assert [one["code"] for one in await eve.notifications()] == [-4]
    taken = await eve.ask("POST", "/group", {"name": name})
    assert refusal(taken) == (409, 6, "Group name is in use.")


async def test_by_ids(groups: Groups, ada: Somebody) -> None:
    some = [await ada.create() for _ in range(3)]
    ids = [group["id"] for group in some]
    found = await groups.by_ids([*ids, ids[0], NOBODY])
    assert sorted(found, key=lambda group: ids.index(group["id"])) == some
    assert await groups.by_ids([]) == []


async def test_random(groups: Groups, ada: Somebody) -> None:
    for _ in range(12):
        await ada.create()
    assert await groups.random(0) == []
    seen: set[str] = set()
    for _ in range(40):
        found = {group["id"] for group in await groups.random(5)}
        assert len(found) == 5
        seen |= found
    everything = await groups.random(1000)
    assert len({group["id"] for group in everything}) == len(everything) >= 12
    assert len(seen) > 5


async def test_long_lists(app: Application, groups: Groups, api: httpx.AsyncClient, ada: Somebody) -> None:
    """Game code may have ten thousand users at once."""
    group = await ada.create(max_count=5000)
    ids = [str(uuid.uuid4()) for _ in range(2500)]
    from tests.groups.statements import SIGN_UP

    await app.database.write(SIGN_UP, ids)
    await groups.add(group["id"], None, ids)
    page = await groups.users(group["id"], 10_000)
    assert [entry["user"]["id"] for entry in page["group_users"]] == [ada.id, *ids]
    assert "cursor" not in page
    page = await groups.users(group["id"], 2000, state=2)
    assert len(page["group_users"]) == 2000
    rest = await groups.users(group["id"], 2000, cursor=page["cursor"])
    assert [entry["user"]["id"] for entry in rest["group_users"]] == ids[2000:]
    assert await ada.see(group) == (await groups.by_ids([group["id"]]))[0]


async def test_memberships(app: Application, ada: Somebody, bob: Somebody, enter: Enter) -> None:
    memberships = Memberships(app.database)
    group = await ada.create(open=True)
    assert await memberships.state(group["id"], bob.id) is None
    assert await memberships.state(NOBODY, ada.id) is None
    for state in (0, 1, 2, 4, 3):
        user = await enter()
        await relate(ada, group, user, state)
        assert await memberships.state(group["id"], user.id) == state
