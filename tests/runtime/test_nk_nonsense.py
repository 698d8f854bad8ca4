"""Arguments that make no sense are refused before the database sees them, with an error that says what."""

from typing import Any

import pytest

import kizuna.runtime as rt
from kizuna.app import Application
from tests.runtime.conftest import nakama_of

SOMEBODY = "00000000-0000-4000-8000-000000000001"

LISTS = {
    "storage_read": {"ids": [None]},
    "storage_write": {"writes": [{}]},
    "storage_delete": {"targets": ["saves"]},
    "wallets_update": {"updates": [None]},
    "notifications_send": {"notifications": [{}]},
    "notifications_update": {"updates": [None]},
    "notifications_delete": {"notifications": [("a", "b")]},
}
TOGETHER = ("account_updates", "storage_writes", "storage_deletes", "wallet_updates")
BY_NAME = ("group_changes", "leaderboard_writes")


@pytest.mark.parametrize(("call", "arguments"), LISTS.items(), ids=list(LISTS))
async def test_lists_of_other_things(app: Application, call: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"not (NoneType|dict|str|tuple)$"):
        await getattr(nakama_of(app), call)(**arguments)


@pytest.mark.parametrize("part", [*TOGETHER, *BY_NAME])
async def test_other_things_together(app: Application, part: str) -> None:
    with pytest.raises(TypeError, match=r"not NoneType$|no change of a group$"):
        await nakama_of(app).multi_update(**{part: [None]})


@pytest.mark.parametrize("number", [2**31 - 1, 2**63, -1, 1.5, float("inf"), "1", True, None])
async def test_numbers(app: Application, number: Any) -> None:
    nk = nakama_of(app)
    with pytest.raises(ValueError, match=r"^limit must be at least 0"):
        await nk.storage_list("saves", limit=number)
    with pytest.raises(ValueError, match=r"^type must be|^invalid|Invalid channel type"):
        await nk.channel_id_build("room", number if number not in (2**31 - 1, -1) else 2**64)
    if number is None:
        return
    for listing in (nk.friends_list, nk.user_groups_list):
        with pytest.raises(ValueError, match=r"^state must be a whole number from 0 to [34]$"):
            await listing(SOMEBODY, state=number)
    with pytest.raises(ValueError, match=r"^members must be"):
        await nk.groups_list(members=2**31 if number == 2**31 - 1 else number, limit=1)


async def test_times_and_long_values(app: Application) -> None:
    nk: Any = nakama_of(app)
    with pytest.raises(TypeError, match=r"^timestamp must be a datetime, not int$"):
        await nk.event("x", timestamp=5)
    with pytest.raises(ValueError, match=r"is not a UUID$") as refused:
        await nk.account_get("x" * 100_000)
    assert len(str(refused.value)) < 200


async def test_enums_are_numbers(app: Application) -> None:
    nk = nakama_of(app)
    assert await nk.friends_list(SOMEBODY, state=rt.FriendState.BLOCKED) == ([], "")
    assert await nk.channel_id_build("lobby", rt.ChannelType.ROOM) == "2...lobby"
