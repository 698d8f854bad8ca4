"""The application on a clock that stands still, its leaderboards, and players in front of them."""

import pytest

from tests.support.board_fixtures import ada, app_clock, app_settings, boards, bob, enter

__all__ = ["ada", "app_clock", "app_settings", "board_kind", "boards", "bob", "enter"]


@pytest.fixture
def board_kind() -> str:
    """Whose operations the players use."""
    return "leaderboard"
