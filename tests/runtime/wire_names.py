"""The hookable operations as the table of the wire names them."""

from typing import Any

from kizuna.runtime.operations import BY_NAME, Operation

#: An operation may have two names.
BY_WIRE_NAME: dict[str, Operation[Any, Any]] = {
    name: each for each in BY_NAME.values() for name in each.wire_names
}
