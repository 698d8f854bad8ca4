"""Every table, for Alembic's comparison with the migrations."""

import kizuna.accounts.tables
import kizuna.channels.tables
import kizuna.friends.tables
import kizuna.groups.tables
import kizuna.identity.tables
import kizuna.leaderboards.tables
import kizuna.notifications.tables
import kizuna.purchases.tables
import kizuna.scheduler.tables
import kizuna.sessions.tables
import kizuna.storage.tables
import kizuna.teams.tables
import kizuna.wallets.tables  # noqa: F401
from kizuna.db.metadata import metadata

__all__ = ["metadata"]
