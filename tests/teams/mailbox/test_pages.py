"""Pages of a mailbox and their cursors, without a database."""

from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kizuna.db.engine import Database, Record
from kizuna.errors import ApiError
from kizuna.groups.roles import Role
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.held import View
from kizuna.teams.mailbox.pages import Page, page_message, page_of
from kizuna.wire.cursors import encode_cursor

TEAM, OTHER = "0d5c1f0e-52cb-4b44-8f2f-1f8fd3f5a111", "0d5c1f0e-52cb-4b44-8f2f-1f8fd3f5a222"

int64s = st.integers(-(2**63), 2**63 - 1)
#: When entries were created, by their sequence: many in one second, and in any order.
mailboxes = st.lists(st.integers(0, 4), max_size=30)


def view_of(team: str) -> View:
    return View(cast(Database, None), TeamsConfig(), team, None, Role.MEMBER, 10)


def select(create_secs: list[int], page: Page) -> list[Record]:
    """What the database answers, for entries that never expire."""
    rows = [
        {
            "id": str(sequence),
            "reward": "{}",
            "create_sec": create_sec,
            "update_sec": create_sec,
            "expiry_sec": None,
            "claim_sec": None,
            "sequence": sequence,
        }
        for sequence, create_sec in enumerate(create_secs)
        if (create_sec, sequence) < (page.create_sec, page.sequence)
    ]
    newest_first = sorted(rows, key=lambda row: (row["create_sec"], row["sequence"]), reverse=True)
    return cast(list[Record], newest_first[: page.size])


def read(create_secs: list[int], request: dict[str, Any]) -> tuple[list[int], str | None]:
    """The sequences of a page, and the cursor to the next."""
    page = page_of(view_of(TEAM), request)
    message = page_message(page, select(create_secs, page))
    return [int(entry["id"]) for entry in message.get("entries", [])], message.get("cursor")


@given(mailboxes, st.lists(st.integers(1, 8), min_size=31, max_size=31))
def test_pages_of_any_size_make_the_whole(create_secs: list[int], limits: list[int]) -> None:
    """T-385, T-394, T-397: everything once, newest first, and no page after the last."""
    seen: list[int] = []
    cursor: str | None = ""
    for limit in limits:
        sequences, cursor = read(create_secs, {"limit": limit, "cursor": cursor})
        seen += sequences
        if cursor is None:
            break
        assert len(sequences) == limit
    assert seen == sorted(range(len(create_secs)), key=lambda each: (create_secs[each], each), reverse=True)


@given(st.integers(-(2**31), 2**31 - 1))
def test_sizes_are_clamped(limit: int) -> None:
    """T-395."""
    page = page_of(view_of(TEAM), {"limit": limit})
    assert page.size - 1 == (100 if limit == 0 else sorted((1, limit, 100))[1])


@given(int64s, int64s)
def test_a_position_comes_back_as_it_was(create_sec: int, sequence: int) -> None:
    """T-397."""
    cursor = encode_cursor("team_mailbox", (TEAM, create_sec, sequence))
    page = page_of(view_of(TEAM), {"cursor": cursor})
    assert (page.create_sec, page.sequence) == (create_sec, sequence)
    with pytest.raises(ApiError, match="bad input"):
        page_of(view_of(OTHER), {"cursor": cursor})


@given(st.text(min_size=1))
def test_any_other_text_is_refused(text: str) -> None:
    """T-397: and does no harm."""
    with pytest.raises(ApiError, match="bad input"):
        page_of(view_of(TEAM), {"cursor": text})


@given(st.sampled_from("abcABC019-_=+/"), st.data())
def test_a_cursor_that_was_tampered_with(character: str, data: st.DataObject) -> None:
    """T-397: is refused, or is a position of the same team."""
    cursor = encode_cursor("team_mailbox", (TEAM, 5, 7))
    place = data.draw(st.integers(0, len(cursor) - 1))
    changed = cursor[:place] + character + cursor[place + 1 :]
    assume(changed != cursor)
    with suppress(ApiError):
        assert page_of(view_of(TEAM), {"cursor": changed}).team_id == TEAM
