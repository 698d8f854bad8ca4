"""Wallets: what an update may do, alone and among many."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.runtime import ApiError, LedgerError, Nakama, WalletError, WalletUpdate

NewUser = Callable[[], Awaitable[str]]
LARGEST = 2**63 - 1
NOBODY = "99999999-9999-4999-8999-999999999999"


async def balances(nk: Nakama, user_id: str) -> dict[str, int]:
    return (await nk.account_get(user_id)).wallet


async def test_an_update_tells_before_and_after(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    began = (await nk.account_get(user)).user.update_time
    first = await nk.wallet_update(user, {"coins": 100, "gems": 5})
    second = await nk.wallet_update(user, {"coins": -100, "energy": 0})
    assert (first.previous, first.updated) == ({}, {"coins": 100, "gems": 5})
    assert second.previous == first.updated
    assert second.updated == {"coins": 0, "gems": 5, "energy": 0} == await balances(nk, user)
    assert (await nk.account_get(user)).user.update_time >= began
    assert await nk.wallet_ledger_list(user) == ([], "")


@pytest.mark.parametrize(
    ("start", "changes", "path", "current", "amount"),
    [
        ({}, {"coins": -1}, "coins", 0, -1),
        ({"coins": 5}, {"gems": 1, "coins": -6}, "coins", 5, -6),
        ({"coins": LARGEST}, {"coins": 1}, "coins", LARGEST, 1),
        ({"coins": LARGEST}, {"coins": LARGEST}, "coins", LARGEST, LARGEST),
    ],
)
async def test_a_balance_leaves_its_bounds_for_nobody(
    nk: Nakama, new_user: NewUser, start: Any, changes: Any, path: str, current: int, amount: int
) -> None:
    user = await new_user()
    await nk.wallet_update(user, start)
    with pytest.raises(WalletError) as refusal:
        await nk.wallet_update(user, changes, update_ledger=True)
    error = refusal.value
    assert (error.user_id, error.path, error.current, error.amount) == (user, path, current, amount)
    assert str(error) == f"wallet update rejected negative value at path '{path}'"
    assert await balances(nk, user) == start
    assert await nk.wallet_ledger_list(user) == ([], "")


async def test_updates_of_one_call_apply_in_order_all_or_none(nk: Nakama, new_user: NewUser) -> None:
    user, other = await new_user(), await new_user()

    def update(who: str, coins: int) -> WalletUpdate:
        return WalletUpdate(who, {"coins": coins})

    results = await nk.wallets_update(
        [update(user, 5), update(NOBODY, 1), update(other, 1), update(user, -5)]
    )
    assert [(each.user_id, each.previous, each.updated) for each in results] == [
        (user, {}, {"coins": 5}),
        (other, {}, {"coins": 1}),
        (user, {"coins": 5}, {"coins": 0}),
    ]
    with pytest.raises(WalletError):
        await nk.wallets_update([update(other, 1), update(user, 5), update(user, -6)])
    assert [await balances(nk, user), await balances(nk, other)] == [{"coins": 0}, {"coins": 1}]
    with pytest.raises(ApiError, match="user not found"):
        await nk.wallet_update(NOBODY, {"coins": 1})
    assert await nk.wallets_update([]) == []


async def test_the_ledger_is_listed_newest_first_in_pages(nk: Nakama, new_user: NewUser) -> None:
    user, other = await new_user(), await new_user()
    for batch in ((1, 2, 3), (4, 5), (6,)):
        await nk.wallets_update(
            [WalletUpdate(user, {"coins": n}, {"n": n}) for n in batch], update_ledger=True
        )
    first, cursor = await nk.wallet_ledger_list(user, limit=4)
    rest, end = await nk.wallet_ledger_list(user, limit=4, cursor=cursor)
    assert [item.changeset["coins"] for item in first + rest] == [6, 5, 4, 3, 2, 1]
    assert [item.metadata["n"] for item in first + rest] == [6, 5, 4, 3, 2, 1]
    assert end == ""
    assert (await nk.wallet_ledger_list(user, limit=6))[1] == ""
    assert await nk.wallet_ledger_list(user, limit=0) == ([], "")
    for cursor_of_nobody, owner in ((cursor, other), ("nonsense", user), (cursor + "A", user)):
        with pytest.raises(LedgerError, match="wallet ledger cursor invalid"):
            await nk.wallet_ledger_list(owner, cursor=cursor_of_nobody)
    for limit in (-1, 101, True):
        with pytest.raises(ValueError, match="limit must be 0 to 100"):
            await nk.wallet_ledger_list(user, limit=limit)


async def test_a_ledger_item_takes_more_metadata(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    await nk.wallet_update(user, {"coins": 1}, {"kept": 1, "changed": 1}, update_ledger=True)
    [item], _ = await nk.wallet_ledger_list(user)
    changed = await nk.wallet_ledger_update(item.id, {"changed": 2, "new": 3})
    assert changed.metadata == {"kept": 1, "changed": 2, "new": 3}
    assert (changed.id, changed.user_id, changed.changeset) == (item.id, user, {"coins": 1})
    assert changed.create_time == item.create_time < changed.update_time
    assert await nk.wallet_ledger_list(user) == ([changed], "")
    with pytest.raises(LedgerError, match="not found"):
        await nk.wallet_ledger_update(NOBODY, {})


async def test_the_ledger_goes_with_the_account(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    await nk.wallet_update(user, {"coins": 1}, update_ledger=True)
    await nk.account_delete(user)
    assert await nk.wallet_ledger_list(user) == ([], "")


@pytest.mark.parametrize(
    ("user_id", "changeset", "metadata", "told"),
    [
        ("me", {}, {}, "user id 'me' is not a UUID"),
        (NOBODY, {"coins": 1.5}, {}, "must hold 64-bit integers"),
        (NOBODY, {"coins": True}, {}, "must hold 64-bit integers"),
        (NOBODY, {"coins": LARGEST + 1}, {}, "must hold 64-bit integers"),
        (NOBODY, {"co\0ins": 1}, {}, "cannot be stored"),
        (NOBODY, [1], {}, "must be a dict of integers"),
        (NOBODY, {}, [1], "metadata must be a dict"),
        (NOBODY, {}, {"x": object()}, "metadata cannot be written as JSON"),
        (NOBODY, {}, {"x": ["\0"]}, "holds a NUL"),
    ],
)
async def test_arguments_without_sense_are_refused(
    nk: Nakama, user_id: Any, changeset: Any, metadata: Any, told: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=told):
        await nk.wallet_update(user_id, changeset, metadata)


async def test_what_only_looks_like_a_nul_is_kept(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    await nk.wallet_update(user, {"coins": 1}, {"text": "\\u0000"}, update_ledger=True)
    assert (await nk.wallet_ledger_list(user))[0][0].metadata == {"text": "\\u0000"}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(-9, 9), min_size=1, max_size=40), start=st.integers(0, 20))
async def test_concurrent_updates_add_up_and_never_overdraw(
    nk: Nakama, new_user: NewUser, amounts: list[int], start: int
) -> None:
    user = await new_user()
    await nk.wallet_update(user, {"coins": start}, update_ledger=True)

    async def change(amount: int) -> int:
        try:
            result = await nk.wallet_update(user, {"coins": amount}, update_ledger=True)
        except WalletError as refusal:
            return 0 if refusal.current + amount < 0 else amount
        assert result.updated["coins"] == result.previous["coins"] + amount >= 0
        return amount

    applied = await asyncio.gather(*map(change, amounts))
    balance = (await balances(nk, user))["coins"]
    ledger, _ = await nk.wallet_ledger_list(user)
    changes = [item.changeset["coins"] for item in reversed(ledger)]
    assert balance == start + sum(applied) == sum(changes)
    # In the ledger's order the balance was never below zero: it is the order in which it happened.
    assert all(sum(changes[: count + 1]) >= 0 for count in range(len(changes)))


async def test_64_debits_at_once_stop_at_zero(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    await nk.wallet_update(user, {"coins": 100})

    async def debit() -> bool:
        try:
            await nk.wallet_update(user, {"coins": -7})
        except WalletError:
            return False
        return True

    assert sum(await asyncio.gather(*(debit() for _ in range(64)))) == 14
    assert await balances(nk, user) == {"coins": 2}


async def test_transfers_in_all_directions_neither_block_nor_lose(nk: Nakama, new_user: NewUser) -> None:
    users = [await new_user() for _ in range(4)]
    await nk.wallets_update([WalletUpdate(user, {"coins": 50}) for user in users])

    async def transfer() -> None:
        giver, taker = random.sample(users, 2)
        updates = [WalletUpdate(giver, {"coins": -3}), WalletUpdate(taker, {"coins": 3})]
        await nk.wallets_update(random.sample(updates, 2), update_ledger=True)

    await asyncio.gather(*(transfer() for _ in range(40)), return_exceptions=False)
    assert sum([(await balances(nk, user))["coins"] for user in users]) == 200
