"""Pages of subscriptions and purchases: complete, in order, forwards and backwards."""

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.db.statements import Command
from kizuna.runtime import ApiError, Nakama
from tests.purchases.support import Refusal, Shelf, Shopper
from tests.support.boards import NOON

Enter = Callable[[], Awaitable[Shopper]]

INVALID = Refusal(400, 3, "subscriptions list cursor invalid")
DAY = timedelta(days=1)

#: Two at the same time among them, and one before 1970.
TIMES = [NOON, NOON - 5, NOON - 5, NOON - 5, NOON - 86400, -1_000_000]

SUBSCRIBE = Command(
    "test.subscribe",
    "Subscriptions of a user with these ids and purchase times.",
    """
    insert into subscription (original_transaction_id, user_id, store, environment, product_id, purchase_time,
        expire_time, create_time, update_time, store_time)
    select w.id, $1, 1, 2, 'vip', w.time, w.time, w.time, w.time, w.time
    from unnest($2::text[], $3::timestamptz[]) as w (id, time)
    """,
)
BUY = Command(
    "test.buy",
    "Purchases of a user with these ids and times.",
    """
    insert into purchase (transaction_id, user_id, store, environment, product_id, purchase_time, create_time,
        update_time)
    select w.id, $1, 1, 2, 'sword', w.time, w.time, w.time
    from unnest($2::text[], $3::timestamptz[]) as w (id, time)
    """,
)


async def fill(app: Application, command: Command, owner: Shopper, prefix: str) -> list[str]:
    """Rows for the owner; their ids in the order of the list."""
    rows = [(datetime.fromtimestamp(time, UTC), f"{prefix}-{n}") for n, time in enumerate(TIMES)]
    await app.database.write(command, owner.id, [id for _, id in rows], [time for time, _ in rows])
    return [id for _, id in sorted(rows, reverse=True)]


def ids(page: dict[str, Any]) -> list[str]:
    return [each["original_transaction_id"] for each in page.get("validated_subscriptions", ())]


@pytest.fixture
def nk(app: Application) -> Nakama:
    return app.runtime.nk


@pytest.mark.parametrize("limit", range(1, len(TIMES) + 2))
async def test_every_row_is_on_one_page(app: Application, shelf: Shelf, ada: Shopper, limit: int) -> None:
    """Those of the reference skip a row at each step, and repeat one on the way back."""
    expected = await fill(app, SUBSCRIBE, ada, shelf.id())
    parts = [expected[start : start + limit] for start in range(0, len(expected), limit)]
    pages = [await ada.subscriptions(limit=limit)]
    assert "prev_cursor" not in pages[0]
    while cursor := pages[-1].get("cursor"):
        pages.append(await ada.subscriptions(limit=limit, cursor=cursor))
        assert pages[-1]["prev_cursor"]
    assert [ids(page) for page in pages] == parts
    back = [pages[-1]]
    while cursor := back[-1].get("prev_cursor"):
        back.append(await ada.subscriptions(limit=limit, cursor=cursor))
        assert back[-1]["cursor"]
    assert [id for page in reversed(back) for id in ids(page)] == expected
    if len(back) > 1:
        seen = len(ids(back[-1]))
        forth = await ada.subscriptions(limit=limit, cursor=back[-1]["cursor"])
        assert ids(forth) == expected[seen : seen + limit]


async def test_one_without_a_row(ada: Shopper) -> None:
    assert await ada.subscriptions() == {}


async def test_without_a_limit_there_are_a_hundred(app: Application, shelf: Shelf, ada: Shopper) -> None:
    names = [f"{shelf.id()}" for _ in range(101)]
    times = [datetime.fromtimestamp(NOON + n, UTC) for n in range(101)]
    await app.database.write(SUBSCRIBE, ada.id, names, times)
    page = await ada.subscriptions()
    assert ids(page) == names[:0:-1]
    assert ids(await ada.subscriptions(cursor=page["cursor"])) == names[:1]


@pytest.mark.parametrize("limit", [0, -1, 101, 1000])
async def test_limits(ada: Shopper, limit: int) -> None:
    refusal = Refusal(400, 3, "Invalid limit - limit must be between 1 and 1000.")
    assert await ada.subscriptions(limit=limit) == refusal


async def test_rows_that_come_meanwhile_are_no_trouble(app: Application, shelf: Shelf, ada: Shopper) -> None:
    expected = await fill(app, SUBSCRIBE, ada, shelf.id())
    page = await ada.subscriptions(limit=3)
    await app.database.write(SUBSCRIBE, ada.id, [shelf.id()], [datetime.fromtimestamp(NOON + 9, UTC)])
    assert ids(await ada.subscriptions(limit=3, cursor=page["cursor"])) == expected[3:]


# --- cursors ---


async def test_a_cursor_is_of_one_user_and_one_list(
    app: Application, nk: Nakama, shelf: Shelf, ada: Shopper, bob: Shopper
) -> None:
    for command in (SUBSCRIBE, BUY):
        for owner in (ada, bob):
            await fill(app, command, owner, shelf.id())
    own = (await ada.subscriptions(limit=2))["cursor"]
    assert len(ids(await ada.subscriptions(limit=2, cursor=own))) == 2
    assert await bob.subscriptions(limit=2, cursor=own) == INVALID
    others = [
        (await nk.subscriptions_list(limit=2)).cursor,
        (await nk.purchases_list(limit=2)).cursor,
        (await nk.purchases_list(ada.id, limit=2)).cursor,
    ]
    for cursor in others:
        assert await ada.subscriptions(limit=2, cursor=cursor) == INVALID


def _cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "made",
    [
        "x",
        "=",
        "\0",
        lambda id: _cursor("subscriptions"),
        lambda id: _cursor("subscriptions", id, 2, 0, id, "a"),
        lambda id: _cursor("subscriptions", id, True, 0, id, "a"),
        lambda id: _cursor("subscriptions", id, 0, 2**63 - 1, id, "a"),
        lambda id: _cursor("subscriptions", id, 0, -(2**63), id, "a"),
        lambda id: _cursor("subscriptions", id, 0, 2**64, id, "a"),
        lambda id: _cursor("subscriptions", id, 0, 0, "nobody", "a"),
        lambda id: _cursor("subscriptions", id, 0, 0, id, "a\0"),
        lambda id: _cursor("subscriptions", id.upper(), 0, 0, id, "a"),
        lambda id: _cursor("subscriptions", None, 0, 0, id, "a"),
        lambda id: _cursor("purchases", id, 0, 0, id, "a"),
    ],
)
async def test_what_is_no_cursor(ada: Shopper, made: Any) -> None:
    """To the reference it is a fault of its own: 500."""
    assert await ada.subscriptions(cursor=made if isinstance(made, str) else made(ada.id)) == INVALID


async def test_a_cursor_to_nothing(ada: Shopper) -> None:
    for backwards in (0, 1):
        assert (
            await ada.subscriptions(cursor=_cursor("subscriptions", ada.id, backwards, 0, ada.id, "")) == {}
        )


# --- what game code lists ---


@pytest.mark.parametrize("of", ["purchases", "subscriptions"])
async def test_everybody_s(app: Application, nk: Nakama, shelf: Shelf, enter: Enter, of: str) -> None:
    """In the order of time, user and id; backwards too."""
    command, id = {
        "purchases": (BUY, "transaction_id"),
        "subscriptions": (SUBSCRIBE, "original_transaction_id"),
    }[of]
    owners = [await enter() for _ in range(3)]
    for owner in owners:
        await fill(app, command, owner, shelf.id())

    async def page(cursor: str, user_id: str | None = None) -> Any:
        return await getattr(nk, f"{of}_list")(user_id, limit=4, cursor=cursor)

    def rows(page: Any) -> list[Any]:
        listed: list[Any] = getattr(page, f"validated_{of}")
        return listed

    pages = [await page("")]
    while pages[-1].cursor:
        pages.append(await page(pages[-1].cursor))
    found = [row for each in pages for row in rows(each)]
    places = [(row.purchase_time, row.user_id, getattr(row, id)) for row in found]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == len(places) >= 18
    back = [pages[-1]]
    while back[-1].prev_cursor:
        back.append(await page(back[-1].prev_cursor))
    assert [row for each in reversed(back) for row in rows(each)] == found
    own = [row for row in found if row.user_id == owners[0].id]
    first = await page("", owners[0].id)
    assert rows(first) == own[:4]
    assert rows(await page(first.cursor, owners[0].id)) == own[4:]
    with pytest.raises(ApiError, match=f"{of} list cursor invalid"):
        await page(first.cursor, owners[1].id)
    with pytest.raises(ApiError, match=f"{of} list cursor invalid"):
        await page(pages[0].cursor, owners[0].id)
