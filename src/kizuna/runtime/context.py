"""What a function of game code is told about its call."""

import logging
import uuid
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kizuna.caller import Caller
from kizuna.clock import Clock
from kizuna.runtime.nakama import Nakama

log = logging.getLogger("game")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all calls of one server have in common."""

    nk: Nakama
    env: Mapping[str, str]
    node: str
    version: str
    clock: Clock


class Origin(Protocol):
    """How a call reached the server. Nothing of it is computed unless it is asked for."""

    @property
    def headers(self) -> dict[str, list[str]]:
        """Values by header name in canonical spelling (`Content-Type`)."""

    @property
    def query_params(self) -> dict[str, list[str]]:
        """Values by parameter name, without the HTTP key."""

    @property
    def client_ip(self) -> str:
        """The client's address."""

    @property
    def client_port(self) -> str:
        """Its port, "" where a proxy hides it."""


class Nowhere:
    """The origin of what no request is behind."""

    @property
    def headers(self) -> dict[str, list[str]]:
        return {}

    @property
    def query_params(self) -> dict[str, list[str]]:
        return {}

    @property
    def client_ip(self) -> str:
        return ""

    @property
    def client_port(self) -> str:
        return ""


class GameLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger whose entries carry fields; in JSON logs they stand beside the message."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return msg, {**kwargs, "extra": {**(self.extra or {}), **(kwargs.get("extra") or {})}}

    def with_fields(self, **fields: Any) -> "GameLogger":
        """A logger that carries these fields besides."""
        return GameLogger(self.logger, {**(self.extra or {}), **fields})


class Context:
    """One call of a function.

    Without a request behind it (a callback) headers and parameters are empty, and so is the client's address.
    Without a player behind it (a call with the HTTP key, a hook before signing in) `user_id` and `username`
    are "", `vars` is empty and `expires_at` None: a function meant for players must check, and so must one
    meant for servers.
    """

    execution_mode: str = "rpc"
    """What kind of function is called: "rpc"; "before" or "after" an operation; "event"; "session_start",
    "session_end"; "startup", "shutdown"; "leaderboard_reset", "tournament_end", "tournament_reset";
    "account_deleted"; "purchase_notification_apple", "subscription_notification_google" and the like;
    "team_event", "team_user_activity", "team_activity", "team_profanity", "team_cohort"; "team_reward", or
    "team_reward store_purchase" and the like for a function for one source."""

    function_id: str
    """The id of the RPC, the name of the operation, or of anything else the same as `execution_mode`."""

    # Made when they are asked for: most calls never do.
    _headers: dict[str, list[str]] | None = None
    _query_params: dict[str, list[str]] | None = None
    _trace_id = ""
    _logger: GameLogger | None = None

    def __init__(
        self, surroundings: Surroundings, function_id: str, caller: Caller | None, origin: Origin
    ) -> None:
        self._surroundings = surroundings
        self._caller = caller
        self._origin = origin
        self.function_id = function_id

    @property
    def nk(self) -> Nakama:
        """The server API: accounts, friends, groups, storage, wallets, leaderboards and all else."""
        return self._surroundings.nk

    def now(self) -> datetime:
        """The present in UTC by the server's clock, which a test can move."""
        return self._surroundings.clock.now()

    @property
    def env(self) -> Mapping[str, str]:
        """The settings' `runtime.env`."""
        return self._surroundings.env

    @property
    def node(self) -> str:
        """The name of the server."""
        return self._surroundings.node

    @property
    def version(self) -> str:
        """The version of the server."""
        return self._surroundings.version

    @property
    def user_id(self) -> str:
        """The player's id."""
        return self._caller.user_id if self._caller else ""

    @property
    def username(self) -> str:
        """The player's name when the session began or was last refreshed."""
        return self._caller.username if self._caller else ""

    @property
    def vars(self) -> dict[str, str]:
        """The session's vars."""
        return dict(self._caller.vars) if self._caller else {}

    @property
    def expires_at(self) -> int | None:
        """When the session token expires, in seconds since 1970."""
        return self._caller.expires_at if self._caller else None

    @property
    def headers(self) -> dict[str, list[str]]:
        """The request's headers: values by canonical name, such as `User-Agent`."""
        if self._headers is None:
            self._headers = self._origin.headers
        return self._headers

    @property
    def query_params(self) -> dict[str, list[str]]:
        """The request's query parameters: values by name."""
        if self._query_params is None:
            self._query_params = self._origin.query_params
        return self._query_params

    @property
    def client_ip(self) -> str:
        """The client's address."""
        return self._origin.client_ip

    @property
    def client_port(self) -> str:
        """The client's port, "" if it is not known."""
        return self._origin.client_port

    @property
    def trace_id(self) -> str:
        """A UUID of this call alone, or of the request that hooks stand around."""
        if not self._trace_id:
            self._trace_id = str(uuid.uuid4())
        return self._trace_id

    @property
    def logger(self) -> GameLogger:
        """Writes to the server's log.

        Entries carry `trace_id`, if there is one `user_id`, and what is called: `rpc_id`, or `api_id` and
        `mode` (of a hook), or `callback`.
        """
        if self._logger is None:
            self._logger = GameLogger(log, self._log_fields() | {"trace_id": self.trace_id})
        return self._logger

    def _log_fields(self) -> dict[str, Any]:
        player = {"user_id": self.user_id} if self._caller else {}
        return {"rpc_id": self.function_id, **player}
