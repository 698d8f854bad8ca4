"""Registered functions: checked when they are registered, an RPC's payload and result translated when called.

Annotations say what is translated:

    payload annotation                       what the function receives
    none, `str`, `str | None`, `Any`         the text as the client sent it
    a dataclass, a pydantic model, …         that, decoded from JSON; what does not decode is a 400

    result annotation                        what the client receives
    none, `None`, `str`, `str | None`, `Any` the text; nothing is ""
    a dataclass, a pydantic model, …         its JSON

Other types than these two kinds (a TypedDict, `dict[str, int]`, …) do as well, if pydantic knows them.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticSerializationError

from kizuna.accounts.deletions import AccountDeleted
from kizuna.events.service import Event
from kizuna.runtime.api.teams import Reward, Team
from kizuna.runtime.boards import LeaderboardReset, TournamentEnd, TournamentReset
from kizuna.runtime.context import Context
from kizuna.runtime.errors import INVALID_RESULT, RegistrationError, refused_payload
from kizuna.runtime.operations import Operation
from kizuna.runtime.purchases import PurchaseNotification, SubscriptionNotification
from kizuna.runtime.signatures import AnyFunction, check_result, name_of, place_of, signature_of
from kizuna.runtime.team_data import CohortSearch, RolledReward, TeamEvent
from kizuna.scheduler.callbacks import LEADERBOARD_RESET, TOURNAMENT_END, TOURNAMENT_RESET
from kizuna.teams.hooks import CohortChoice
from kizuna.teams.rewards.sources import SourceKind

log = logging.getLogger(__name__)

Function = Callable[[Context, Any], Awaitable[Any]]
Callback = Callable[[Context, Any], Awaitable[None]]

#: Kinds of handlers, and of callbacks. Those for boards are the scheduler's.
EVENT = "event"
SESSION_START = "session_start"
SESSION_END = "session_end"
STARTUP = "startup"
SHUTDOWN = "shutdown"
ACCOUNT_DELETED = "account_deleted"
PURCHASE_NOTIFICATION_APPLE = "purchase_notification_apple"
PURCHASE_NOTIFICATION_GOOGLE = "purchase_notification_google"
SUBSCRIPTION_NOTIFICATION_APPLE = "subscription_notification_apple"
SUBSCRIPTION_NOTIFICATION_GOOGLE = "subscription_notification_google"
TEAM_EVENT = "team_event"
TEAM_REWARD = "team_reward"
TEAM_USER_ACTIVITY = "team_user_activity"
TEAM_ACTIVITY = "team_activity"
TEAM_PROFANITY = "team_profanity"
TEAM_COHORT = "team_cohort"


#: The sources of rewards that the game decides about. What it sends to a mailbox itself is none.
REWARD_SOURCES = tuple(str(kind) for kind in SourceKind if kind is not SourceKind.MAILBOX_GRANT)


def team_reward(source: str) -> str:
    """The kind of a callback for the rewards of one source, "" for those of all others."""
    return f"{TEAM_REWARD} {source}" if source else TEAM_REWARD


#: What handlers and callbacks receive besides their context, by their kinds: names and classes.
_RECEIVED: Mapping[str, Mapping[str, type]] = {
    EVENT: {"event": Event},
    SESSION_START: {"event": Event},
    SESSION_END: {"event": Event},
    STARTUP: {},
    SHUTDOWN: {},
    ACCOUNT_DELETED: {"event": AccountDeleted},
    PURCHASE_NOTIFICATION_APPLE: {"event": PurchaseNotification},
    PURCHASE_NOTIFICATION_GOOGLE: {"event": PurchaseNotification},
    SUBSCRIPTION_NOTIFICATION_APPLE: {"event": SubscriptionNotification},
    SUBSCRIPTION_NOTIFICATION_GOOGLE: {"event": SubscriptionNotification},
    LEADERBOARD_RESET: {"event": LeaderboardReset},
    TOURNAMENT_END: {"event": TournamentEnd},
    TOURNAMENT_RESET: {"event": TournamentReset},
    TEAM_EVENT: {"event": TeamEvent},
    **{team_reward(source): {"rolled": RolledReward} for source in ("", *REWARD_SOURCES)},
    TEAM_USER_ACTIVITY: {"user_ids": list},
    TEAM_ACTIVITY: {"team": Team},
    TEAM_PROFANITY: {"text": str},
    TEAM_COHORT: {"search": CohortSearch},
}

#: What some of them answer.
_ANSWERED: Mapping[str, type] = {
    **{team_reward(source): Reward for source in ("", *REWARD_SOURCES)},
    TEAM_USER_ACTIVITY: dict,
    TEAM_ACTIVITY: int,
    TEAM_PROFANITY: bool,
    TEAM_COHORT: CohortChoice,
}

#: When a hook runs.
Mode = Literal["before", "after"]


class InvalidResult(Exception):
    """The function answered with what is no text. The message is for clients, `advice` for the log."""

    def __init__(self, advice: str) -> None:
        super().__init__(INVALID_RESULT)
        self.advice = advice


class RpcFunction:
    """A function of game code that clients call by its id. RegistrationError if it cannot be one."""

    __slots__ = ("_payload", "_result", "call", "id")

    def __init__(self, id: str, function: Function) -> None:
        self.id = id
        self.call = function
        signature = signature_of(f"RPC {id!r}", {"payload": None}, function)
        payload = list(signature.parameters.values())[1].annotation
        self._payload = _adapter(id, "payload", payload)
        self._result = _adapter(id, "result", signature.return_annotation)

    def decode(self, payload: str) -> Any:
        """The payload as the function wants it. `CallFailed` (400) for one that is not of that form."""
        if self._payload is None:
            return payload
        try:
            # As everywhere, an empty body is an object without fields.
            return self._payload.validate_json(payload or "{}")
        except ValidationError as error:
            raise refused_payload(_sentence(error)) from error

    def encode(self, result: Any) -> str:
        """The function's result as text. `InvalidResult` for anything but text and what was declared."""
        if type(result) is str:
            return result
        if result is None:
            return ""
        if self._result is None:
            if isinstance(result, str):
                return str(result)
            raise InvalidResult(f"it returned {_kind(result)}; annotate the result or return json.dumps(…)")
        try:
            return self._result.dump_json(result, by_alias=True, warnings="error").decode()
        except (PydanticSerializationError, UnicodeError) as error:
            raise InvalidResult(f"it returned {_kind(result)}, not what it declares: {error}") from None


class GameFunction:
    """A function of game code for something, of which `kind` tells. RegistrationError if it cannot be one.

    `arguments` are the names and classes of what it receives besides its context.
    """

    __slots__ = ("call", "kind", "signature")

    def __init__(self, kind: str, function: AnyFunction, arguments: Mapping[str, type]) -> None:
        self.signature = signature_of(kind, arguments, function)
        self.kind = kind
        self.call = function

    @property
    def place(self) -> str:
        """The function's name, file and line."""
        return place_of(self.call)

    @property
    def file(self) -> str:
        """The file it is defined in, or its name if that is not known."""
        code = getattr(self.call, "__code__", None)
        return code.co_filename if code else name_of(self.call)


class CallbackFunction(GameFunction):
    """A function of game code that the server calls when something has happened, or is to be decided."""

    __slots__ = ()

    def __init__(self, kind: str, function: AnyFunction) -> None:
        super().__init__(kind, function, _RECEIVED[kind])
        if kind in _ANSWERED:
            check_result(kind, _ANSWERED[kind], function, self.signature.return_annotation)


class HookFunction(GameFunction):
    """A function of game code around an operation; its kind is, for example, "before AddFriends"."""

    __slots__ = ("mode", "operation")

    def __init__(self, operation: Operation[Any, Any], mode: Mode, function: AnyFunction) -> None:
        super().__init__(f"{mode} {operation.name}", function, _around(operation, mode))
        self.operation = operation
        self.mode = mode
        if mode == "before" and operation.has_input:
            check_result(self.kind, operation.request, function, self.signature.return_annotation)


def _around(operation: Operation[Any, Any], mode: Mode) -> dict[str, type]:
    """What a hook receives."""
    received: dict[str, type] = {}
    if mode == "after" and operation.has_response:
        received["response"] = operation.response
    if operation.has_input:
        received["request"] = operation.request
    return received


@dataclass(slots=True)
class OperationHooks:
    """The functions around one operation."""

    before: HookFunction | None = None
    after: HookFunction | None = None

    def add(self, hook: HookFunction) -> None:
        """Add a function; there is one of each mode, so another before it is never called."""
        _warn_of_two(getattr(self, hook.mode), hook)
        setattr(self, hook.mode, hook)

    def __iter__(self) -> Iterator[HookFunction]:
        return (hook for hook in (self.before, self.after) if hook is not None)


@dataclass(frozen=True, slots=True)
class Functions:
    """What modules have registered.

    RPCs by their lower-case ids; hooks by the names that operations have on the wire, of which some have two;
    callbacks by their kinds, one of each; handlers by their kinds too, each kind's in the order of calling.
    """

    rpcs: dict[str, RpcFunction] = field(default_factory=dict)
    hooks: dict[str, OperationHooks] = field(default_factory=dict)
    callbacks: dict[str, CallbackFunction] = field(default_factory=dict)
    handlers: dict[str, list[CallbackFunction]] = field(default_factory=dict)

    def update(self, later: "Functions") -> None:
        """Add functions; where there can only be one, the later counts."""
        self.rpcs.update(later.rpcs)
        for name, hooks in later.hooks.items():
            for hook in hooks:
                if name == hook.operation.name:
                    self.add_hook(hook)
        for callback in later.callbacks.values():
            self.add_callback(callback)
        for handler in chain.from_iterable(later.handlers.values()):
            self.add_handler(handler)

    def add_hook(self, hook: HookFunction) -> None:
        """Add a function around an operation; there is one before and one after each."""
        hooks = self.hooks.get(hook.operation.name) or OperationHooks()
        hooks.add(hook)
        for name in hook.operation.wire_names:
            self.hooks[name] = hooks

    def add_callback(self, callback: CallbackFunction) -> None:
        """Add a callback; there is one of each kind, so another before it is never called."""
        _warn_of_two(self.callbacks.get(callback.kind), callback)
        self.callbacks[callback.kind] = callback

    def add_handler(self, handler: CallbackFunction) -> None:
        """Add a handler behind those of its kind."""
        self.handlers.setdefault(handler.kind, []).append(handler)

    @property
    def of_teams(self) -> list[str]:
        """The kinds of functions for Teams that there are."""
        return sorted(kind for kind in (*self.callbacks, *self.handlers) if kind.startswith("team_"))

    def __bool__(self) -> bool:
        return bool(self.rpcs or self.hooks or self.callbacks or self.handlers)

    def __str__(self) -> str:
        hooks = {hook.kind for hooks in self.hooks.values() for hook in hooks}
        callbacks = [f"{kind} (callback)" for kind in sorted(self.callbacks)]
        handlers = [_counted(kind, len(self.handlers[kind])) for kind in sorted(self.handlers)]
        return ", ".join([*sorted(self.rpcs), *sorted(hooks), *callbacks, *handlers]) or "no functions"


def _counted(kind: str, count: int) -> str:
    return f"{kind} (handler)" if count == 1 else f"{kind} ({count} handlers)"


def _warn_of_two(earlier: GameFunction | None, later: GameFunction) -> None:
    if earlier is not None:
        log.warning(
            "There are two functions for %s, and only the later one is called: %s, not %s.",
            later.kind,
            later.place,
            earlier.place,
        )


def _adapter(id: str, what: str, annotation: Any) -> TypeAdapter[Any] | None:
    """What translates values of this type, None where the text itself is meant."""
    if _is_text(annotation):
        return None
    try:
        return TypeAdapter(annotation)
    except (PydanticUserError, NameError, TypeError) as error:
        raise RegistrationError(f"the {what} type of RPC {id!r} cannot be translated: {error}") from None


def _is_text(annotation: Any) -> bool:
    if annotation in (inspect.Parameter.empty, str, None, NoneType, Any):
        return True
    return get_origin(annotation) in (Union, UnionType) and all(map(_is_text, get_args(annotation)))


def _sentence(error: ValidationError) -> str:
    """The first thing that is wrong with a payload, with the field's name where it is about one."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    about = f"Payload field {name!r}" if name else "Payload"
    return f"{about}: {first['msg'].removesuffix('.')}."


def _kind(value: object) -> str:
    return type(value).__qualname__
