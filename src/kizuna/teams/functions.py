"""The table of Teams functions: what each takes, who may call it, and where it is found."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from kizuna.teams.held import Actor, Held, RowsPart, View
from kizuna.teams.protocol.fields import Message

Request = dict[str, Any]
Reply = dict[str, Any]


class Access(Enum):
    """Who may call a function of a team."""

    ANYBODY = "any player"
    MEMBER = "superadmins, admins and members of the team"
    ADMIN = "superadmins and admins of the team"


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A Teams function: `name` is its RPC id without the prefix `RPC_ID_`, `number` its place in Hiro's enum.

    `rest` is where it is found besides, each "VERB /path"; parameters in braces are fields of the request,
    but for `{team_id}`, which is the team, and `{user_id}`, the only one of several users. There,
    `rest_defaults` are the values of fields that are not set. An `empty` function answers with nothing at
    all over RPC. A `debug` function answers only where the settings allow it.
    """

    name: str
    number: int
    request: Message
    rest: tuple[str, ...]
    access: Access = Access.MEMBER
    empty: bool = False
    debug: bool = False
    rest_defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rpc_id(self) -> str:
        return f"RPC_ID_{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Free:
    """A function without a team: `run(actor, request)`."""

    function: Function
    run: Callable[[Actor, Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A function that only looks at a team: `run(view, request)`."""

    function: Function
    run: Callable[[View, Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, eq=False)
class Writing:
    """A function that changes a team: `run(held, request)`, all of it in one transaction.

    It gives the reply, or what makes the reply, which others need not wait for: the team is free again then.
    Calls for which `queue` gives the same name run one after the other, whatever their teams. `reads` are the
    parts that nearly every call needs: their rows are read along with the team.
    """

    function: Function
    run: Callable[[Held, Request], Awaitable[Reply | Callable[[], Reply]]]
    queue: Callable[[Request], str] | None = None
    reads: tuple[type[RowsPart], ...] = ()


Served = Free | Reading | Writing
