"""What the messages of the API consist of.

A field's annotation says how it travels:

    `str`, `bool`, `Int32`, `UInt32`, `Int64`, `EnumNumber`   a value, whose zero means that it was not given
    any of these `| None`                                     a value that may be absent: None is not zero
    `datetime | None`                                         a time, aware; None for none
    a message                                                 a part that is always there
    a message `| None`                                        a part that may be missing
    `list[…]`, `dict[str, str]`                               several, none being an empty one

Texts that hold JSON stay texts: `metadata`, `content`, `value`, `wallet`.
"""

from typing import Annotated, TypeAlias

from kizuna.wire.messages import Kind

#: Whole numbers, by the range they must keep to.
Int32: TypeAlias = Annotated[int, Kind.INT32]
UInt32: TypeAlias = Annotated[int, Kind.UINT32]
Int64: TypeAlias = Annotated[int, Kind.INT64]

#: The number of an enum's name.
EnumNumber: TypeAlias = Annotated[int, Kind.ENUM]


class Message:
    """A request or a response of the API, or a part of one: a dataclass that hooks may change."""

    __slots__ = ()
