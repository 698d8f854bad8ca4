"""Who may do what to whom: every operation on members, by callers and at targets of every relation."""

from collections.abc import Awaitable, Callable

import pytest

from tests.groups.support import DENIED, Somebody, good, refusal, relate

Enter = Callable[[], Awaitable[Somebody]]

#: How the tables write relations: superadmin, admin, member, request, banned, none.
LETTERS = "SAMRB-"

#: What becomes of a target of each relation, in that order.
SUPERADMINS = {
    "add": "SAMMBM",
    "kick": "------",
    "ban": "BBBBB-",
    "promote": "SSARB-",
    "demote": "AMMRB-",
}
ADMINS = {
    "add": "SAMMBM",
    "kick": "SA----",
    "ban": "SABBB-",
    "promote": "SAARB-",
    "demote": "SMMRB-",
}
CODES = {"add": 4, "kick": 6, "ban": 8, "promote": 7, "demote": 9}
COUNTED = "SAM"


def state(letter: str) -> int | None:
    return None if letter == "-" else LETTERS.index(letter)


@pytest.mark.parametrize("caller", LETTERS)
@pytest.mark.parametrize("operation", CODES)
async def test_operation(enter: Enter, operation: str, caller: str) -> None:
    owner, actor = await enter(), await enter()
    group = await owner.create(open=True)
    await relate(owner, group, actor, state(caller))
    targets = {letter: await enter() for letter in LETTERS}
    for letter in "SAMB-R":  # requests last: they close the group
        await relate(owner, group, targets[letter], state(letter))
    before = await owner.messages(group)

    answer = await actor.act(operation, group, *targets.values())

    expected = {"S": SUPERADMINS, "A": ADMINS}.get(caller, {}).get(operation)
    if expected is None:
        assert refusal(answer) == DENIED
        expected = LETTERS
    else:
        assert good(answer) == {}
    relations = await owner.relations(group)
    assert {letter: relations.get(target.id) for letter, target in targets.items()} == {
        letter: state(after) for letter, after in zip(LETTERS, expected, strict=True)
    }
    assert relations.get(actor.id) == state(caller)
    await owner.size(group)
    told = await owner.messages(group)
    news = [
        (CODES[operation], targets[was].id, targets[was].name)
        for was, now in zip(LETTERS, expected, strict=True)
        if was != now and (was in COUNTED or now in COUNTED)
    ]
    assert told == sorted([*before, *news])


@pytest.mark.parametrize("caller", LETTERS)
async def test_update_and_delete(enter: Enter, caller: str) -> None:
    owner, actor = await enter(), await enter()
    group = await owner.create(open=True)
    await relate(owner, group, actor, state(caller))

    answer = await actor.update(group, description="changed")
    seen = await owner.see(group)
    assert seen is not None
    if caller in "SA":
        assert good(answer) == {}
        assert seen["description"] == "changed"
    else:
        assert refusal(answer) == (404, 5, "Group not found or you're not allowed to update.")
        assert "description" not in seen

    answer = await actor.delete(group)
    if caller == "S":
        assert good(answer) == {}
        assert await owner.see(group) is None
        assert await owner.relations(group) == {}
    else:
        assert refusal(answer) == (400, 3, "Group not found or you're not allowed to delete.")
        assert await owner.see(group) is not None


@pytest.mark.parametrize("relation", LETTERS)
@pytest.mark.parametrize("open", [True, False])
async def test_join_and_leave(enter: Enter, relation: str, open: bool) -> None:
    """Joining does nothing where there is a relation; leaving ends all but bans."""
    owner, somebody = await enter(), await enter()
    group = await owner.create(open=True)
    await relate(owner, group, somebody, state(relation))
    good(await owner.update(group, open=open))
    before = await owner.messages(group)

    assert good(await somebody.join(group)) == {}
    joined = ("M" if open else "R") if relation == "-" else relation
    assert (await owner.relations(group)).get(somebody.id) == state(joined)
    await owner.size(group)

    assert good(await somebody.leave(group)) == {}
    assert (await owner.relations(group)).get(somebody.id) == (4 if relation == "B" else None)
    assert await owner.size(group) == 1
    told = [(3, somebody.id, somebody.name)] if relation == "-" and open else []
    told += [(5, somebody.id, somebody.name)] if joined in COUNTED else []
    assert await owner.messages(group) == sorted([*before, *told])
    requests = [one for one in await owner.notifications() if one["code"] == -5]
    assert len(requests) == (relation == "R" or (relation == "-" and not open))
