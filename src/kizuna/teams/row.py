"""What engines and parts see of a row that was read."""

from typing import Any, Protocol


class Row(Protocol):
    """Fields by their names: a record of the database, or a dict that came with another row."""

    def __getitem__(self, name: str, /) -> Any: ...
