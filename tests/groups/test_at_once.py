"""Changes of one group at the same time: the one that comes second sees what the first has done."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.groups.support import DENIED, FULL, Somebody, good, new_name, refusal, relate

Enter = Callable[[], Awaitable[Somebody]]


async def test_more_players_than_places(enter: Enter, ada: Somebody) -> None:
    group = await ada.create(open=True, max_count=8)
    players = [await enter() for _ in range(20)]
    answers = await asyncio.gather(
        *(player.join(group) for player in players[:10]),
        *(ada.act("add", group, player) for player in players[10:]),
    )
    assert sum(answer.status_code == 200 for answer in answers) == 7
    assert {refusal(answer) for answer in answers if answer.status_code != 200} == {FULL}
    assert await ada.size(group) == 8
    assert len(await ada.messages(group)) == 7


async def test_joining_once_and_for_all(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    for answer in await asyncio.gather(*(bob.join(group) for _ in range(10))):
        good(answer)
    assert await ada.size(group) == 2
    assert await ada.messages(group) == [(3, bob.id, bob.name)]


@pytest.mark.parametrize("operation", ["kick", "ban", "demote"])
@pytest.mark.parametrize("role", [0, 1])
async def test_two_who_act_on_each_other(
    ada: Somebody, bob: Somebody, eve: Somebody, operation: str, role: int
) -> None:
    """Admins spare admins, except for demotion."""
    for _ in range(5):
        group = await ada.create()
        await relate(ada, group, bob, role)
        await relate(ada, group, eve, role)
        one, other = (ada, bob) if role == 0 else (bob, eve)
        answers = await asyncio.gather(one.act(operation, group, other), other.act(operation, group, one))
        told = sorted(answer.status_code for answer in answers)
        relations = await ada.relations(group)
        untouched = sum(relations.get(user.id) == role for user in (one, other))
        if role == 1 and operation != "demote":
            assert (told, untouched) == ([200, 200], 2)
        else:
            assert untouched == 1
            # A superadmin who has become an admin may still ask, to no effect.
            if not (role == 0 and operation == "demote"):
                assert told == [200, 404]
                assert {refusal(answer) for answer in answers if answer.status_code == 404} == {DENIED}
        assert 0 in relations.values()
        await ada.size(group)


async def test_two_superadmins_leave(ada: Somebody, bob: Somebody, eve: Somebody) -> None:
    group = await ada.create()
    await relate(ada, group, bob, 0)
    await relate(ada, group, eve, 2)
    answers = await asyncio.gather(ada.leave(group), bob.leave(group))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert sorted((await eve.members(group)).values()) == [0, 2]


async def test_a_name_for_one(enter: Enter) -> None:
    name = new_name()
    players = [await enter() for _ in range(8)]
    answers = await asyncio.gather(*(player.ask("POST", "/group", {"name": name}) for player in players))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
