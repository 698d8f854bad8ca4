"""The server API: accounts, users, storage, and all of them at once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kizuna.runtime import (
    SYSTEM_USER,
    AccountUpdate,
    ApiError,
    Nakama,
    StorageDelete,
    StorageObject,
    StorageRead,
    StorageRefusal,
    StorageWrite,
    WalletError,
    WalletUpdate,
)
from kizuna.runtime.nakama import Services

NewUser = Callable[[], Awaitable[str]]
NOBODY = "99999999-9999-4999-8999-999999999999"
VERSION_CHECK_FAILED = "Storage write rejected - version check failed."


async def test_an_account_is_read_and_changed(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    await nk.account_update(user, username=f"n-{user}", metadata={"a": [1]}, location="Kyoto", timezone="x")
    await nk.account_update(user.upper(), timezone="", display_name="Ada")
    account = await nk.account_get(user)
    profile = account.user
    assert (profile.id, profile.username, profile.display_name) == (user, f"n-{user}", "Ada")
    assert (profile.location, profile.timezone, profile.metadata) == ("Kyoto", "", {"a": [1]})
    assert (account.wallet, account.devices, account.email, account.disable_time) == ({}, [], "", None)
    assert profile.create_time.tzinfo is not None


async def test_accounts_are_found_by_user_and_device(nk: Nakama, new_user: NewUser) -> None:
    one, two = await new_user(), await new_user()
    found = await nk.accounts_get([one, NOBODY, two, one], ["no-such-device"])
    assert [account.user.id for account in found] == [one, two]


async def test_an_account_that_is_not_there(nk: Nakama) -> None:
    with pytest.raises(ApiError, match=r"Account not found\."):
        await nk.account_get(NOBODY)
    await nk.account_update(NOBODY, location="nowhere")
    await nk.account_delete(NOBODY)
    with pytest.raises(ApiError, match="Error deleting user account"):
        await nk.account_delete(SYSTEM_USER)


async def test_values_that_do_not_fit_an_account_are_refused(nk: Nakama, new_user: NewUser) -> None:
    user, other = await new_user(), await new_user()
    for values, told in (
        ({"username": f"user-{other}"}, "Username is already in use."),
        ({"username": ""}, "must be 1-128 bytes"),
        ({"lang_tag": ""}, "Error while trying to update account."),
        ({"display_name": "x" * 256}, "Error while trying to update account."),
        ({"display_name": "\0"}, "cannot be stored"),
        ({"metadata": [1]}, "metadata must be a dict"),
        ({}, "No fields to update."),
    ):
        wanted: dict[str, Any] = dict(values)
        with pytest.raises((ApiError, ValueError, TypeError), match=told):
            await nk.account_update(user, **wanted)


async def test_users_are_fetched_by_id_and_name(nk: Nakama, new_user: NewUser) -> None:
    one, two = await new_user(), await new_user()
    assert {user.id for user in await nk.users_get_id([one, two, NOBODY])} == {one, two}
    assert [user.id for user in await nk.users_get_username([f"user-{two}", "nobody"])] == [two]
    assert await nk.users_get_id([]) == []
    with pytest.raises(ValueError, match="user id 'x' is not a UUID"):
        await nk.users_get_id(["x"])


async def test_a_ban_is_seen_in_the_account(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    await nk.users_ban([user])
    assert (await nk.account_get(user)).disable_time is not None
    await nk.users_unban([user])
    assert (await nk.account_get(user)).disable_time is None


async def test_objects_are_written_read_listed_and_deleted(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    hidden = StorageWrite(user, "hidden", {"n": 1}, user, permission_read=0, permission_write=0)
    shared = StorageWrite(user, "shared", {"n": 2}, user, permission_read=2)
    servers = StorageWrite(user, "server's", {"n": 3})
    acks = await nk.storage_write([shared, hidden, servers])
    assert [(ack.key, ack.user_id) for ack in acks] == [
        ("shared", user),
        ("hidden", user),
        ("server's", SYSTEM_USER),
    ]
    found = await nk.storage_read([StorageRead(user, "hidden", user), StorageRead(user, "server's")])
    assert {(each.key, each.value["n"], each.permission_read) for each in found} == {
        ("hidden", 1, 0),
        ("server's", 3, 1),
    }
    assert {each.version for each in found} <= {ack.version for ack in acks}

    async def listed(**choice: Any) -> list[str]:
        return [each.key for each in (await nk.storage_list(user, **choice))[0]]

    assert await listed() == ["hidden", "server's", "shared"]
    assert await listed(user_id=user) == ["hidden", "shared"]
    assert await listed(user_id="") == ["server's"]
    assert await listed(user_id=user, caller_id=NOBODY) == ["shared"]
    assert await listed(limit=0) == []
    page, cursor = await nk.storage_list(user, limit=2)
    assert [each.key for each in page] == ["hidden", "server's"]
    assert await listed(limit=2, cursor=cursor) == ["shared"]

    rewritten = await nk.storage_write([StorageWrite(user, "hidden", {"n": 4}, user)])
    await nk.storage_delete([StorageDelete(user, "hidden", user, rewritten[0].version)])
    await nk.storage_delete([StorageDelete(user, "hidden", user)])
    with pytest.raises(StorageRefusal, match="Storage delete rejected"):
        await nk.storage_delete([StorageDelete(user, "shared", user), StorageDelete(user, "x", user, "v")])
    assert await listed(user_id=user) == ["shared"]


@pytest.mark.parametrize("wrong", ["bad", "*"])
async def test_a_wrong_version_refuses_a_deletion_that_another_entry_wants(
    nk: Nakama, new_user: NewUser, wrong: str
) -> None:
    user = await new_user()
    acks = await nk.storage_write([StorageWrite("c", key, {"n": 1}, user) for key in ("k", "other")])
    plain, good, bad = [StorageDelete("c", "k", user, version) for version in ("", acks[0].version, wrong)]
    other = StorageDelete("c", "other", user)
    for deletes in ([plain, bad], [bad, plain], [good, bad], [bad, good], [other, plain, bad, plain]):
        with pytest.raises(StorageRefusal, match="Storage delete rejected"):
            await nk.storage_delete(deletes)
        with pytest.raises(StorageRefusal, match="Storage delete rejected"):
            await nk.multi_update(storage_deletes=deletes)
        assert [each.key for each in (await nk.storage_list("c", user_id=user))[0]] == ["k", "other"]
    await nk.storage_delete([plain, good, plain])
    assert [each.key for each in (await nk.storage_list("c", user_id=user))[0]] == ["other"]


async def test_versions_are_checked(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    write = StorageWrite("c", "k", {"n": 1}, user, version="*")
    await nk.storage_write([write])
    for version in ("*", "another"):
        with pytest.raises(StorageRefusal) as refusal:
            await nk.storage_write([StorageWrite("c", "k", {"n": 2}, user, version=version)])
        assert str(refusal.value) == VERSION_CHECK_FAILED


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (StorageWrite("", "k", {}), "Invalid collection or key"),
        (StorageWrite("c", "k" * 129, {}), "Error writing storage objects."),
        (StorageWrite("c", "k", {}, "me"), "user id 'me' is not a UUID"),
        (StorageWrite("c", "k", {}, NOBODY), "user not found"),
        (StorageWrite("c", "k", [1]), "value must be a dict"),  # type: ignore[arg-type]
        (StorageWrite("c", "k", {"n": 2**64}), "value cannot be written as JSON"),
        (StorageWrite("c", "k", {1: 1}), "value cannot be written as JSON"),  # type: ignore[dict-item]
        (StorageWrite("c", "k\0", {}), "key holds a character"),
        (StorageWrite("c", "k", {}, permission_read=3), "Invalid Read permission"),
        (StorageWrite("c", "k", {}, permission_write=2), "Invalid Write permission"),
    ],
)
async def test_objects_that_cannot_be_written(nk: Nakama, write: StorageWrite, told: str) -> None:
    with pytest.raises((ApiError, ValueError, TypeError), match=told):
        await nk.storage_write([write])
    with pytest.raises((ApiError, ValueError, TypeError)):
        await nk.multi_update(storage_writes=[write])


async def test_increments_with_retry_lose_nothing(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()

    async def increment(found: list[StorageObject]) -> list[StorageWrite]:
        count = found[0].value["count"] if found else 0
        return [StorageWrite("c", "count", {"count": count + 1}, user)]

    where = [StorageRead("c", "count", user)]
    await asyncio.gather(*(nk.storage_write_retry(where, increment, max_retries=10) for _ in range(4)))
    assert (await nk.storage_read(where))[0].value == {"count": 4}


async def test_retries_come_to_an_end(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    where, asked = [StorageRead("c", "contested", user)], 0

    async def always_too_late(found: list[StorageObject]) -> list[StorageWrite]:
        nonlocal asked
        asked += 1
        await nk.storage_write([StorageWrite("c", "contested", {"by": "another", "n": asked}, user)])
        return [StorageWrite("c", "contested", {"by": "us"}, user)]

    with pytest.raises(ApiError, match="exhausted retries"):
        await nk.storage_write_retry(where, always_too_late, max_retries=2)
    assert asked == 3
    with pytest.raises(ValueError, match="max_retries must be 0 to 10"):
        await nk.storage_write_retry(where, always_too_late, max_retries=11)


async def test_a_multi_update_does_everything(nk: Nakama, new_user: NewUser) -> None:
    user = await new_user()
    await nk.storage_write([StorageWrite("c", "old", {}, user)])
    result = await nk.multi_update(
        [AccountUpdate(user, location="Kyoto")],
        [StorageWrite("c", "new", {"n": 1}, user)],
        [StorageDelete("c", "old", user)],
        [WalletUpdate(user, {"coins": 3})],
        update_ledger=True,
    )
    assert [ack.key for ack in result.acks] == ["new"]
    assert [wallet.updated for wallet in result.wallets] == [{"coins": 3}]
    assert (await nk.account_get(user)).user.location == "Kyoto"
    assert [each.key for each in (await nk.storage_list("c", user_id=user))[0]] == ["new"]
    assert len((await nk.wallet_ledger_list(user))[0]) == 1


@pytest.mark.parametrize("culprit", ["account", "write", "delete", "wallet"])
async def test_a_multi_update_does_everything_or_nothing(
    nk: Nakama, services: Services, new_user: NewUser, culprit: str
) -> None:
    user, other = await new_user(), await new_user()
    before = await nk.account_get(user)
    with pytest.raises((ApiError, WalletError)) as refusal:
        await nk.multi_update(
            [AccountUpdate(user, username=f"user-{other}" if culprit == "account" else f"new-{user}")],
            [StorageWrite("c", "new", {}, user, version="v" if culprit == "write" else "")],
            [StorageDelete("c", "old", user, "v" if culprit == "delete" else "")],
            [WalletUpdate(user, {"coins": -1 if culprit == "wallet" else 1})],
            update_ledger=True,
        )
    assert (
        str(refusal.value)
        == {
            "account": "Username is already in use.",
            "write": VERSION_CHECK_FAILED,
            "delete": "Storage delete rejected - not found, version check failed, or permission denied.",
            "wallet": "wallet update rejected negative value at path 'coins'",
        }[culprit]
    )
    assert await nk.account_get(user) == before
    assert await nk.storage_list("c", user_id=user) == ([], "")
    assert await nk.wallet_ledger_list(user) == ([], "")


async def test_multi_updates_of_the_same_users_in_any_order_do_not_block_each_other(
    nk: Nakama, services: Services, new_user: NewUser
) -> None:
    users = [await new_user() for _ in range(3)]

    async def update(turn: int) -> None:
        in_one_order, in_another = random.sample(users, 3), random.sample(users, 3)
        await nk.multi_update(
            account_updates=[AccountUpdate(user, location=f"{turn}") for user in in_one_order],
            wallet_updates=[WalletUpdate(user, {"coins": 1}) for user in in_another],
        )

    before = services.database.counts["wallets.store"]
    await asyncio.gather(*(update(turn) for turn in range(24)))
    assert services.database.counts["wallets.store"] == before + 24, "some had to be tried again"
    assert [(await nk.account_get(user)).wallet for user in users] == [{"coins": 24}] * 3
