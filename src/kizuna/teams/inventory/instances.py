"""An instance of an item: the stack of a stackable one, or a single unit of another."""

from dataclasses import dataclass, field
from typing import Any, Self

from kizuna.db.engine import Record
from kizuna.teams.config.shapes import Item
from kizuna.teams.inventory.properties import InstanceProperties
from kizuna.wire.encode import JsonObject


@dataclass(slots=True, eq=False)
class Instance:
    """So many of an item with the same properties. Times are in unix seconds."""

    id: str
    item_id: str
    stack: bool
    count: int
    owned_sec: int
    update_sec: int
    properties: InstanceProperties = field(default_factory=InstanceProperties)

    @classmethod
    def of(cls, row: Record) -> Self:
        """That of a row of `queries.INSTANCES`."""
        return cls(
            row["instance_id"],
            row["item_id"],
            row["stack"],
            row["count"],
            row["owned_sec"],
            row["update_sec"],
            InstanceProperties.of(row),
        )

    @property
    def age(self) -> tuple[int, str]:
        """What instances are sorted by, the oldest first."""
        return self.owned_sec, self.id

    def message(self, item: Item, definition: JsonObject) -> JsonObject:
        """The `InventoryItem` message; `definition` is that of the codex."""
        message = {
            **definition,
            "instance_id": self.id,
            "owned_time_sec": str(self.owned_sec),
            "update_time_sec": str(self.update_sec),
        }
        if self.count:
            message["count"] = str(self.count)
        message.pop("string_properties", None)
        message.pop("numeric_properties", None)
        return message | self.properties.message(item)

    def row(self) -> tuple[Any, ...]:
        """The columns of `queries.STORE`."""
        texts = self.properties.texts()
        return (self.id, self.item_id, self.stack, self.count, *texts, self.owned_sec, self.update_sec)
