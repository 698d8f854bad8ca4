"""What rewards come from."""

from dataclasses import dataclass
from enum import StrEnum


class SourceKind(StrEnum):
    """The occasions on which rewards are granted; the values stand in the ledger and in events."""

    STORE_PURCHASE = "store_purchase"
    INVENTORY_CONSUME = "inventory_consume"
    ACHIEVEMENT = "achievement"
    SUB_ACHIEVEMENT = "sub_achievement"
    ACHIEVEMENT_TOTAL = "achievement_total"
    EVENT_LEADERBOARD = "event_leaderboard"
    MAILBOX_CLAIM = "mailbox_claim"
    MAILBOX_GRANT = "mailbox_grant"
    GIFT_CONTRIBUTE_REWARD = "gift_contribute_reward"
    GIFT_CONTRIBUTE_COST = "gift_contribute_cost"
    GIFT_CLAIM = "gift_claim"


@dataclass(frozen=True, slots=True)
class Source:
    """An occasion, and the id of what was bought, consumed, completed, …"""

    kind: SourceKind
    id: str

    @property
    def named(self) -> str:
        """What error messages for the game's developers call it."""
        return f"{self.kind.value} {self.id!r}"
