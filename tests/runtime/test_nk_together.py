"""`multi_update`: accounts, objects, wallets, groups and scores, all or nothing."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from kizuna.clock import ShiftedClock
from kizuna.runtime import (
    SYSTEM_USER,
    AccountUpdate,
    ApiError,
    GroupChange,
    GroupCreate,
    GroupDelete,
    GroupJoin,
    GroupLeave,
    GroupState,
    GroupUpdate,
    GroupUsersAdd,
    GroupUsersBan,
    GroupUsersDemote,
    GroupUsersKick,
    GroupUsersPromote,
    LeaderboardWrite,
    Nakama,
    StorageDelete,
    StorageWrite,
    WalletError,
    WalletUpdate,
)
from kizuna.runtime.nakama import Services
from tests.runtime.conftest import nakama_of
from tests.support.applications import running_application
from tests.support.waiting import wait_until_async

T = TypeVar("T")

NewUser = Callable[[], Awaitable[str]]
NOBODY = "99999999-9999-4999-8999-999999999999"


@dataclass
class World:
    """A player, a rival, a group of the rival's with room for two, a leaderboard, a tournament for one."""

    nk: Nakama
    player: str
    rival: str
    group: str
    leaderboard: str
    tournament: str

    async def update(self, **changes: Any) -> Any:
        """A multi update that would do something everywhere, but for `changes`."""
        everywhere: dict[str, Any] = {
            "account_updates": [AccountUpdate(self.player, location="Kyoto")],
            "storage_writes": [StorageWrite("c", "new", {}, self.player)],
            "storage_deletes": [StorageDelete("c", "old", self.player)],
            "wallet_updates": [WalletUpdate(self.player, {"coins": 1})],
            "update_ledger": True,
            "group_changes": [
                GroupCreate(self.player, f"of {self.player}"),
                GroupUsersAdd(self.group, [self.player]),
            ],
            "leaderboard_writes": [
                LeaderboardWrite(self.tournament, self.player, "p", 7),
                LeaderboardWrite(self.leaderboard, self.player, "p", 5),
            ],
        }
        return await self.nk.multi_update(**everywhere | changes)

    async def state(self) -> Sequence[Any]:
        """All that such an update changes."""
        nk = self.nk
        return (
            await nk.account_get(self.player),
            await nk.storage_list("c", user_id=self.player),
            await nk.wallet_ledger_list(self.player),
            await nk.groups_get_id([self.group]),
            await nk.groups_list(f"of {self.player}"),
            await nk.group_users_list(self.group),
            (await nk.channel_messages_list(f"3.{self.group}..")).messages,
            await nk.notifications_list(self.player),
            await nk.leaderboard_records_list(self.leaderboard),
            await nk.tournament_records_list(self.tournament),
            await nk.tournaments_get([self.tournament]),
        )


@pytest.fixture
async def world(nk: Nakama, new_user: NewUser) -> World:
    player, rival = await new_user(), await new_user()
    group = await nk.group_create(rival, f"g-{rival}", max_count=2)
    board, cup = f"b-{player}", f"t-{player}"
    await nk.leaderboard_create(board, operator="incr")
    await nk.leaderboard_record_write(board, rival, score=6)
    await nk.tournament_create(cup, duration=3600, max_size=1, max_num_score=2, operator="incr")
    await nk.storage_write([StorageWrite("c", "old", {}, player)])
    return World(nk, player, rival, group.id, board, cup)


async def test_everything_is_done(world: World) -> None:
    nk = world.nk
    result = await world.update()
    assert [ack.key for ack in result.acks] == ["new"]
    assert [wallet.updated for wallet in result.wallets] == [{"coins": 1}]
    assert [(one.leaderboard_id, one.score, one.rank) for one in result.records] == [
        (world.tournament, 7, 1),
        (world.leaderboard, 5, 2),
    ]
    assert [group.name for group in result.groups] == [f"of {world.player}"]
    assert (await nk.account_get(world.player)).user.location == "Kyoto"
    memberships, _ = await nk.user_groups_list(world.player)
    assert {(one.group.id, one.state) for one in memberships} == {
        (result.groups[0].id, GroupState.SUPERADMIN),
        (world.group, GroupState.MEMBER),
    }
    assert [one.code for one in (await nk.notifications_list(world.player))[0]] == [-4]
    assert [one.code for one in (await nk.channel_messages_list(f"3.{world.group}..")).messages] == [4]
    assert (await nk.tournaments_get([world.tournament]))[0].size == 1


REFUSALS: dict[str, tuple[Callable[[World], dict[str, Any]], str]] = {
    "username": (
        lambda w: {"account_updates": [AccountUpdate(w.player, username=f"user-{w.rival}")]},
        "Username is already in use.",
    ),
    "version": (
        lambda w: {"storage_writes": [StorageWrite("c", "new", {}, w.player, version="v")]},
        "Storage write rejected - version check failed.",
    ),
    "nobody's object": (
        lambda w: {"storage_writes": [StorageWrite("c", "new", {}, NOBODY)]},
        "user not found",
    ),
    "nobody's wallet": (
        lambda w: {"wallet_updates": [WalletUpdate(w.player, {"coins": 1}), WalletUpdate(NOBODY, {"c": -1})]},
        "user not found",
    ),
    "nobody's account": (
        lambda w: {"account_updates": [AccountUpdate(NOBODY, location="Kyoto")]},
        "user not found",
    ),
    "nobody's group": (lambda w: {"group_changes": [GroupCreate(NOBODY, "g")]}, "user not found"),
    "group id": (
        lambda w: {"group_changes": [GroupCreate(w.player, f"of {w.player}", id=w.group)]},
        "group id in use",
    ),
    "a score below zero": (
        lambda w: {"leaderboard_writes": [LeaderboardWrite(w.leaderboard, w.player, score=-1)]},
        "score must not be negative",
    ),
    "deletion": (
        lambda w: {"storage_deletes": [StorageDelete("c", "old", w.player, "v")]},
        "Storage delete rejected - not found, version check failed, or permission denied.",
    ),
    "wallet": (
        lambda w: {
            "wallet_updates": [WalletUpdate(w.player, {"coins": 1}), WalletUpdate(w.rival, {"gold": -1})]
        },
        "wallet update rejected negative value at path 'gold'",
    ),
    "group name": (
        lambda w: {
            "group_changes": [GroupUsersAdd(w.group, [w.player]), GroupCreate(w.player, f"g-{w.rival}")]
        },
        "group name in use",
    ),
    "full group": (
        lambda w: {"group_changes": [GroupUpdate(w.group, max_count=1), GroupJoin(w.group, w.player, "p")]},
        "group is full",
    ),
    "unknown member": (
        lambda w: {"group_changes": [GroupUsersAdd(w.group, [w.player, NOBODY])]},
        "user not found",
    ),
    "unknown group": (lambda w: {"group_changes": [GroupDelete(NOBODY)]}, "group not found"),
    "a caller without a role": (
        lambda w: {"group_changes": [GroupUsersAdd(w.group, [w.player], caller_id=w.player)]},
        "group permission denied",
    ),
    "the last superadmin": (
        lambda w: {"group_changes": [GroupUsersAdd(w.group, [w.player]), GroupLeave(w.group, w.rival, "r")]},
        "user is last group superadmin",
    ),
    "unknown board": (
        lambda w: {"leaderboard_writes": [LeaderboardWrite("nowhere", w.player)]},
        "leaderboard not found",
    ),
    "full tournament": (
        lambda w: {
            "leaderboard_writes": [
                LeaderboardWrite(w.leaderboard, w.player, score=5),
                LeaderboardWrite(w.tournament, w.player),
                LeaderboardWrite(w.tournament, w.rival),
            ]
        },
        "tournament max size reached",
    ),
    "attempts": (
        lambda w: {
            "leaderboard_writes": [LeaderboardWrite(w.tournament, w.player, score=n) for n in (1, 2, 3)]
        },
        "max number score count reached",
    ),
    "scores without end": (
        lambda w: {
            "leaderboard_writes": [
                LeaderboardWrite(w.leaderboard, w.player, score=2**63 - 1) for _ in range(2)
            ]
        },
        "Error running multi update.",
    ),
}


@pytest.mark.parametrize("refused", REFUSALS)
async def test_one_refusal_undoes_everything(world: World, refused: str) -> None:
    changes, told = REFUSALS[refused]
    before = await world.state()
    with pytest.raises((ApiError, WalletError)) as refusal:
        await world.update(**changes(world))
    assert str(refusal.value) == told
    assert await world.state() == before
    # Nor is anything left that would hinder the same without it.
    assert [one.rank for one in (await world.update()).records] == [1, 2]


async def test_a_tournament_that_is_closed_undoes_everything(world: World, clock: ShiftedClock) -> None:
    cup = f"closed-{world.player}"
    await world.nk.tournament_create(cup, duration=60, start_time=int(clock.unix()) + 1000)
    before = await world.state()
    writes = [LeaderboardWrite(world.leaderboard, world.player, "p", 9), LeaderboardWrite(cup, world.player)]
    with pytest.raises(ApiError, match="tournament outside of duration"):
        await world.update(leaderboard_writes=writes)
    assert await world.state() == before


async def test_a_tournament_that_must_be_joined(world: World) -> None:
    cup = f"joined-{world.player}"
    await world.nk.tournament_create(cup, duration=3600, join_required=True, max_num_score=1)
    write = LeaderboardWrite(cup, world.player, score=3)
    with pytest.raises(ApiError, match="required to join before writing tournament record"):
        await world.nk.multi_update(leaderboard_writes=[write])
    await world.nk.tournament_join(cup, world.player, "p")
    assert [one.score for one in (await world.nk.multi_update(leaderboard_writes=[write])).records] == [3]
    # As alone: who has no attempts left is told the record as it is.
    later = LeaderboardWrite(cup, world.player, score=4)
    assert [one.score for one in (await world.nk.multi_update(leaderboard_writes=[later])).records] == [3]


async def test_several_scores_for_one_record_follow_each_other(world: World) -> None:
    scores = [LeaderboardWrite(world.leaderboard, world.player, score=n) for n in (1, 2, 4)]
    result = await world.nk.multi_update(leaderboard_writes=scores)
    assert [(one.score, one.num_score) for one in result.records] == [(1, 1), (3, 2), (7, 3)]
    page = await world.nk.leaderboard_records_list(world.leaderboard, [world.player])
    assert [(one.owner_id, one.rank) for one in page.records] == [(world.player, 1), (world.rival, 2)]
    assert (page.owner_records[0].rank, page.rank_count) == (1, 2)


async def test_a_score_that_changes_nothing_is_told_as_it_is(world: World) -> None:
    board = f"best-{world.player}"
    await world.nk.leaderboard_create(board, operator="best")
    await world.nk.leaderboard_record_write(board, world.player, score=9)
    result = await world.nk.multi_update(leaderboard_writes=[LeaderboardWrite(board, world.player, score=3)])
    assert [(one.score, one.num_score, one.rank) for one in result.records] == [(9, 1, 1)]


async def test_every_change_of_a_group(world: World, new_user: NewUser) -> None:
    nk, one, two, three = world.nk, *[await new_user() for _ in range(3)]
    group = (await nk.group_create(world.rival, f"all-{one}", open=True, metadata={"a": 1})).id
    doomed = (await nk.group_create(world.rival, f"doomed-{one}")).id
    await nk.multi_update(
        group_changes=[
            GroupJoin(group, one, "one"),
            GroupUsersAdd(group, [two, three]),
            GroupUsersPromote(group, [one, two]),
            GroupUsersDemote(group, [two], caller_id=world.rival),
            GroupUsersBan(group, [three]),
            GroupUpdate(group, description="d", metadata={"b": 2}, max_count=5, caller_id=one),
            GroupDelete(doomed),
        ]
    )
    members, _ = await nk.group_users_list(group)
    assert {(member.user.id, member.state) for member in members} == {
        (world.rival, GroupState.SUPERADMIN),
        (one, GroupState.ADMIN),
        (two, GroupState.MEMBER),
    }
    banned, _ = await nk.group_users_list(group, state=GroupState.BANNED)
    assert [member.user.id for member in banned] == [three]
    [changed] = await nk.groups_get_id([group, doomed])
    assert (changed.description, changed.metadata, changed.max_count, changed.edge_count) == (
        "d",
        {"b": 2},
        5,
        3,
    )
    await nk.multi_update(group_changes=[GroupLeave(group, one, "one"), GroupUsersKick(group, [two])])
    assert [member.user.id for member in (await nk.group_users_list(group))[0]] == [world.rival]
    with pytest.raises(TypeError, match="str is no change of a group"):
        await nk.multi_update(group_changes=["GroupDelete"])  # type: ignore[list-item]


async def test_a_new_group_of_which_other_parts_know(world: World) -> None:
    nk, group = world.nk, str(uuid.uuid4())
    result = await nk.multi_update(
        storage_writes=[StorageWrite("c", "guild", {"group": group}, world.player)],
        group_changes=[
            GroupCreate(world.player, f"own-{group}", id=group.upper()),
            GroupUsersAdd(group, [world.rival]),
            GroupUsersPromote(group, [world.rival], caller_id=world.player),
        ],
    )
    assert [(one.id, one.creator_id) for one in result.groups] == [(group, world.player)]
    members, _ = await nk.group_users_list(group)
    assert [(member.user.id, member.state) for member in members] == [
        (world.player, GroupState.SUPERADMIN),
        (world.rival, GroupState.ADMIN),
    ]
    for nonsense in ("mine", str(uuid.UUID(int=0))):
        with pytest.raises(ValueError, match="group id"):
            await nk.multi_update(group_changes=[GroupCreate(world.player, "g", id=nonsense)])


async def test_changes_of_groups_have_a_type_in_common(world: World) -> None:
    # That nothing says what the list holds is the point: type checkers find it out.
    changes = [GroupUpdate(world.group, description="d"), GroupUsersKick(world.group, [world.player])]
    assert all(isinstance(change, GroupChange) for change in changes)
    await world.nk.multi_update(group_changes=changes)
    with pytest.raises(TypeError, match="GroupChange is no change of a group"):
        await world.nk.multi_update(group_changes=[GroupChange()])


async def test_the_servers_own_account_and_wallet(world: World) -> None:
    result = await world.nk.multi_update(
        account_updates=[AccountUpdate(SYSTEM_USER, location="Kyoto")],
        wallet_updates=[WalletUpdate(SYSTEM_USER, {"coins": 0})],
    )
    assert [wallet.user_id for wallet in result.wallets] == [SYSTEM_USER]


@dataclass
class Crowd:
    """Players, groups and boards that everybody changes at once."""

    users: list[str]
    groups: list[str]
    leaderboards: list[str]
    tournament: str

    def shuffled(self, turn: int) -> dict[str, dict[str, Any]]:
        """Changes of all of them, each kind in an order of its own."""
        places = [(board, user) for board in [*self.leaderboards, self.tournament] for user in self.users]
        return {
            "users": {
                "account_updates": [AccountUpdate(user, location=f"{turn}") for user in mixed(self.users)],
                "wallet_updates": [WalletUpdate(user, {"coins": 1}) for user in mixed(self.users)],
            },
            "groups": {
                "group_changes": [GroupUpdate(group, description=f"{turn}") for group in mixed(self.groups)]
            },
            "objects": {
                "storage_writes": [StorageWrite("c", user, {"n": turn}) for user in mixed(self.users)]
            },
            "boards": {
                "leaderboard_writes": [LeaderboardWrite(board, who, score=1) for board, who in mixed(places)]
            },
        }


def mixed(things: list[T]) -> list[T]:
    return random.sample(things, len(things))


@pytest.fixture
async def crowd(nk: Nakama, new_user: NewUser) -> Crowd:
    users = [await new_user() for _ in range(4)]
    groups = [(await nk.group_create(users[0], f"crowd-{n}-{users[0]}", open=True)).id for n in range(3)]
    boards = [f"crowd-{n}-{users[0]}" for n in range(3)]
    for board in boards[:2]:
        await nk.leaderboard_create(board, operator="incr")
    await nk.tournament_create(boards[2], duration=3600, operator="incr", max_size=4)
    for board in boards:  # so that there are ranks to be kept right
        await nk.leaderboard_records_list(board)
    return Crowd(users, groups, boards[:2], boards[2])


#: A statement that each update sends a known number of times, and that number.
STATEMENTS = {
    "users": ("wallets.store", 1),
    "groups": ("groups.update", 3),
    "objects": ("storage.put_as_server", 1),
    "boards": ("records.attempt", 1),
}


@pytest.mark.parametrize("kinds", [*[[kind] for kind in STATEMENTS], list(STATEMENTS)], ids="-".join)
async def test_in_whatever_order_they_come_nobody_waits_for_ever(
    nk: Nakama, services: Services, crowd: Crowd, kinds: list[str]
) -> None:
    counts, turns = services.database.counts, 16

    async def update(turn: int) -> None:
        changes = crowd.shuffled(turn)
        await nk.multi_update(**{name: them for kind in kinds for name, them in changes[kind].items()})

    async def join_and_score(turn: int) -> None:
        user = random.choice(crowd.users)
        for group in mixed(crowd.groups):
            await nk.group_user_join(group, user, "u")
        await nk.leaderboard_record_write(crowd.leaderboards[turn % 2], user, score=0)

    before = {kind: counts[STATEMENTS[kind][0]] for kind in kinds}
    await asyncio.gather(*(work(turn) for turn in range(turns) for work in (update, join_and_score)))
    for kind in kinds:
        statement, times = STATEMENTS[kind]
        assert counts[statement] == before[kind] + turns * times, "some had to be tried again"
    if "users" in kinds:
        wallets = [(await nk.account_get(user)).wallet for user in crowd.users]
        assert wallets == [{"coins": turns}] * 4
    for board in [*crowd.leaderboards, crowd.tournament] if "boards" in kinds else []:
        page = await nk.leaderboard_records_list(board, crowd.users)
        assert {record.score for record in page.records} == {turns}
        assert [record.rank for record in page.owner_records] == [1, 2, 3, 4]
        assert page.rank_count == 4


async def test_what_one_writes_another_may_delete(nk: Nakama, services: Services) -> None:
    before = services.database.counts["storage.put_as_server"]
    for turn in range(8):
        keys = [f"{turn}-{n}-{uuid.uuid4()}" for n in range(6)]
        await nk.storage_write([StorageWrite("c", key, {}) for key in keys])
        some, others = keys[::2], keys[1::2]
        await asyncio.gather(
            *(
                nk.multi_update(
                    storage_writes=[StorageWrite("c", key, {"n": turn}) for key in mine],
                    storage_deletes=[StorageDelete("c", key) for key in theirs],
                )
                for mine, theirs in ((some, others), (others, some))
            )
        )
    # One for what is written first, one for each update.
    assert services.database.counts["storage.put_as_server"] == before + 8 * 3, "some had to be tried again"


async def test_ranks_are_right_when_nobody_knows_whether_it_was_committed(
    world: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await world.nk.leaderboard_records_list(world.leaderboard)).rank_count == 1
    atomically = services.database.atomically

    async def committed_and_lost(work: Any) -> Any:
        await atomically(work)
        raise ConnectionResetError("the answer to the commit is lost")

    with monkeypatch.context() as patch:
        patch.setattr(services.database, "atomically", committed_and_lost)
        with pytest.raises(ConnectionResetError):
            await world.update(
                leaderboard_writes=[LeaderboardWrite(world.leaderboard, world.player, score=50)]
            )
    page = await world.nk.leaderboard_records_list(world.leaderboard, [world.player])
    assert (page.owner_records[0].rank, page.rank_count) == (1, 2)


async def test_other_processes_learn_of_the_ranks(database_url: str, app_clock: ShiftedClock) -> None:
    async with AsyncExitStack() as stack:
        settings = {"bus": "postgres"}
        one, other = [
            nakama_of(await stack.enter_async_context(running_application(database_url, app_clock, settings)))
            for _ in range(2)
        ]
        board, players = f"far-{uuid.uuid4()}", [str(uuid.uuid4()) for _ in range(3)]
        await one.leaderboard_create(board)
        await one.leaderboard_record_write(board, players[0], score=5)
        for nk in (one, other):
            assert (await nk.leaderboard_records_list(board)).rank_count == 1
        scores = [LeaderboardWrite(board, player, score=10 + n) for n, player in enumerate(players)]
        result = await one.multi_update(leaderboard_writes=scores)
        assert [record.rank for record in result.records] == [3, 2, 1]

        async def other_knows() -> bool:
            page = await other.leaderboard_records_list(board, players)
            return page.rank_count == 3 and [one.rank for one in page.owner_records] == [1, 2, 3]

        await wait_until_async(other_knows)
