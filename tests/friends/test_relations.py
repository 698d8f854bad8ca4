"""The tables of operations, by themselves."""

from itertools import product

import pytest

from kizuna.friends.relations import (
    ADD,
    BEFRIEND,
    BLOCK,
    BOTH_BLOCK,
    DELETE,
    FRIENDS,
    I_ASKED,
    I_BLOCK,
    RESET,
    STRANGERS,
    THEY_ASKED,
    THEY_BLOCK,
    Change,
    Notice,
    Operation,
    Relation,
    State,
    edges,
)

POSSIBLE = [STRANGERS, I_ASKED, THEY_ASKED, FRIENDS, I_BLOCK, THEY_BLOCK, BOTH_BLOCK]
OPERATIONS = {"add": ADD, "delete": DELETE, "block": BLOCK, "befriend": BEFRIEND, "reset": RESET}


def seen_from_the_other_side(relation: Relation) -> Relation:
    return Relation(relation.theirs, relation.mine)


def after(operation: Operation, relation: Relation) -> Relation:
    return operation[relation].after if relation in operation else relation


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_what_is_possible_becomes_something_possible(operation: Operation) -> None:
    assert operation.keys() <= set(POSSIBLE)
    assert {change.after for change in operation.values()} <= set(POSSIBLE)


def test_every_possible_relation_can_be_reached_from_strangers() -> None:
    reached, new = {STRANGERS}, {STRANGERS}
    while new:
        steps = {after(operation, relation) for operation, relation in product((ADD, BLOCK, DELETE), new)}
        new = (steps | set(map(seen_from_the_other_side, steps))) - reached
        reached |= new
    assert reached == set(POSSIBLE)


def test_what_is_possible_is_possible_for_the_other_one_too() -> None:
    assert set(map(seen_from_the_other_side, POSSIBLE)) == set(POSSIBLE)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("relation", POSSIBLE)
def test_nobody_touches_anothers_block(operation: Operation, relation: Relation) -> None:
    theirs = after(operation, relation).theirs
    assert (theirs is State.BLOCKED) == (relation.theirs is State.BLOCKED)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("relation", [I_BLOCK, THEY_BLOCK, BOTH_BLOCK])
def test_nobody_is_told_anything_across_a_block(operation: Operation, relation: Relation) -> None:
    assert relation not in operation or operation[relation].notice is None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("relation", POSSIBLE)
def test_twice_is_once(operation: Operation, relation: Relation) -> None:
    once = after(operation, relation)
    assert after(operation, once) == once


def test_two_who_invite_each_other_are_friends() -> None:
    theirs = seen_from_the_other_side(after(ADD, STRANGERS))
    assert theirs == THEY_ASKED
    assert ADD[theirs] == Change(FRIENDS, Notice.ACCEPTED)


@pytest.mark.parametrize("relation", POSSIBLE)
def test_after_both_have_deleted_they_are_strangers(relation: Relation) -> None:
    mine_gone = after(DELETE, relation)
    assert after(DELETE, seen_from_the_other_side(mine_gone)) == STRANGERS


@pytest.mark.parametrize("relation", POSSIBLE)
def test_who_blocks_has_a_block_and_nothing_else_is_left(relation: Relation) -> None:
    mine, theirs = after(BLOCK, relation)
    assert mine is State.BLOCKED
    assert theirs in (None, State.BLOCKED)


def test_notices() -> None:
    told = {
        (name, relation): change.notice
        for name, operation in OPERATIONS.items()
        for relation, change in operation.items()
        if change.notice
    }
    assert told == {
        ("add", STRANGERS): Notice.INVITED,
        ("add", THEY_ASKED): Notice.ACCEPTED,
        ("delete", FRIENDS): Notice.REMOVED,
        ("delete", I_ASKED): Notice.REMOVED,
        ("delete", THEY_ASKED): Notice.REMOVED,
        ("befriend", STRANGERS): Notice.IMPORTED,
        ("befriend", I_ASKED): Notice.IMPORTED,
        ("befriend", THEY_ASKED): Notice.IMPORTED,
    }


def test_edges_that_exist() -> None:
    assert [edges(relation) for relation in (STRANGERS, FRIENDS, I_BLOCK, THEY_BLOCK)] == [
        (False, False),
        (True, True),
        (True, False),
        (False, True),
    ]
