"""The definitions of boards, as those who act on many need them: one that cannot be read spoils no other."""

from collections.abc import Sequence
from typing import Protocol

from kizuna.db.engine import UNREACHABLE
from kizuna.leaderboards.boards import Board


class Boards(Protocol):
    """Where definitions come from."""

    async def by_keys(self, keys: Sequence[int]) -> dict[int, Board]:
        """Boards by their keys, those that are gone left out."""
        ...


async def find_boards(boards: Boards, keys: Sequence[int]) -> dict[int, Board | Exception]:
    """The same, with the error in the place of a board whose definition makes no sense."""
    try:
        return dict(await boards.by_keys(keys))
    except UNREACHABLE:
        raise
    except Exception as error:
        if len(keys) == 1:
            return {keys[0]: error}
    found: dict[int, Board | Exception] = {}
    for key in keys:
        found |= await find_boards(boards, [key])
    return found
