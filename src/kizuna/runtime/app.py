"""What a module's `register(app)` receives."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar, overload

from kizuna.accounts.deletions import AccountDeleted
from kizuna.events.service import Event
from kizuna.runtime.api.teams import Reward, Team
from kizuna.runtime.context import Context
from kizuna.runtime.errors import RegistrationError
from kizuna.runtime.functions import (
    ACCOUNT_DELETED,
    EVENT,
    PURCHASE_NOTIFICATION_APPLE,
    PURCHASE_NOTIFICATION_GOOGLE,
    REWARD_SOURCES,
    SESSION_END,
    SESSION_START,
    SHUTDOWN,
    STARTUP,
    SUBSCRIPTION_NOTIFICATION_APPLE,
    SUBSCRIPTION_NOTIFICATION_GOOGLE,
    TEAM_ACTIVITY,
    TEAM_COHORT,
    TEAM_EVENT,
    TEAM_PROFANITY,
    TEAM_USER_ACTIVITY,
    Callback,
    CallbackFunction,
    Function,
    Functions,
    HookFunction,
    Mode,
    RpcFunction,
    team_reward,
)
from kizuna.runtime.operations import NoInput, NoResponse, Operation, operation
from kizuna.runtime.purchases import PurchaseNotification, SubscriptionNotification
from kizuna.runtime.signatures import AnyFunction
from kizuna.runtime.team_data import CohortSearch, RolledReward, TeamEvent
from kizuna.scheduler.callbacks import LEADERBOARD_RESET, TOURNAMENT_END, TOURNAMENT_RESET
from kizuna.teams.hooks import CohortChoice

F = TypeVar("F", bound=Function)
C = TypeVar("C", bound=Callback)
H = TypeVar("H", bound=AnyFunction)
Q = TypeVar("Q")
R = TypeVar("R")
E = TypeVar("E", bound=Callable[[Context, Event], Awaitable[None]])
D = TypeVar("D", bound=Callable[[Context, AccountDeleted], Awaitable[None]])
P = TypeVar("P", bound=Callable[[Context, PurchaseNotification], Awaitable[None]])
S = TypeVar("S", bound=Callable[[Context, SubscriptionNotification], Awaitable[None]])
L = TypeVar("L", bound=Callable[[Context], Awaitable[None]])
T = TypeVar("T", bound=Callable[[Context, TeamEvent], Awaitable[None]])
G = TypeVar("G", bound=Callable[[Context, RolledReward], Awaitable[Reward | None]])
U = TypeVar("U", bound=Callable[[Context, list[str]], Awaitable[dict[str, int]]])
A = TypeVar("A", bound=Callable[[Context, Team], Awaitable[int | None]])
W = TypeVar("W", bound=Callable[[Context, str], Awaitable[bool]])
K = TypeVar("K", bound=Callable[[Context, CohortSearch], Awaitable[CohortChoice | None]])

#: Functions before and after operations: Q is the request's type, R the response's.
Check: TypeAlias = Callable[[Context], Awaitable[None]]
Before: TypeAlias = Callable[[Context, Q], Awaitable[Q | None]]
Done: TypeAlias = Callable[[Context], Awaitable[None]]
AfterRequest: TypeAlias = Callable[[Context, Q], Awaitable[None]]
AfterResponse: TypeAlias = Callable[[Context, R], Awaitable[None]]
After: TypeAlias = Callable[[Context, R, Q], Awaitable[None]]


class App:
    """Takes the functions of the game. Usable only until `register` has returned."""

    def __init__(self) -> None:
        self._functions = Functions()
        self._open = True

    @overload
    def rpc(self, id: str) -> Callable[[F], F]: ...

    @overload
    def rpc(self, id: str, function: F) -> F: ...

    def rpc(self, id: str, function: F | None = None) -> F | Callable[[F], F]:
        """Let clients call a function: `app.rpc("id", fn)`, or `@app.rpc("id")` above it.

        The function is `async def fn(ctx: Context, payload: str) -> str | None`; a payload annotated with a
        dataclass or a pydantic model is decoded from JSON first, and a result of such a type is sent as JSON.
        Let text be JSON too, `json.dumps(…)`: the JavaScript SDK parses every answer.
        Ids are not case sensitive; of two functions with one id the later counts. Raises
        `RegistrationError` for a function that cannot be called so.
        """
        if not isinstance(id, str) or not id:
            raise RegistrationError(f"an RPC id must be text that is not empty, not {id!r}")
        if function is None:
            return lambda decorated: self._register(id, decorated)
        return self._register(id, function)

    # Where no variant fits, mypy tells of the first: that is the one which most functions are meant for.
    @overload
    def before(self, op: Operation[Q, Any], function: Before[Q]) -> Before[Q]: ...

    @overload
    def before(self, op: Operation[NoInput, Any], function: Check) -> Check: ...

    @overload
    def before(self, op: str, function: H) -> H: ...

    @overload
    def before(self, op: Operation[NoInput, Any]) -> Callable[[Check], Check]: ...

    @overload
    def before(self, op: Operation[Q, Any]) -> Callable[[Before[Q]], Before[Q]]: ...

    @overload
    def before(self, op: str) -> Callable[[H], H]: ...

    def before(self, op: Operation[Any, Any] | str, function: AnyFunction | None = None) -> Any:
        """Call a function before an operation: `app.before(operations.AddFriends, fn)`, or
        `@app.before(operations.AddFriends)` above it. The operation's name does as well, in any case.

        The function is `async def fn(ctx, request: AddFriendsRequest) -> AddFriendsRequest | None`. It
        returns the request to go on with, as it came, changed or a new one, which is checked as if the client
        had sent it; or None to have the operation not found; or it raises an `Error`, which the client
        receives. It runs when the client has proved who it is, and before anything else is checked.

        For an operation that takes no input it is `async def fn(ctx) -> None`, and it can but refuse.

        Of two functions before one operation the later counts. Raises `RegistrationError` for a function that
        cannot be called so.
        """
        return self._hook("before", op, function)

    @overload
    def after(self, op: Operation[Q, R], function: After[R, Q]) -> After[R, Q]: ...

    @overload
    def after(self, op: Operation[Q, NoResponse], function: AfterRequest[Q]) -> AfterRequest[Q]: ...

    @overload
    def after(self, op: Operation[NoInput, R], function: AfterResponse[R]) -> AfterResponse[R]: ...

    @overload
    def after(self, op: Operation[NoInput, NoResponse], function: Done) -> Done: ...

    @overload
    def after(self, op: str, function: H) -> H: ...

    # That the types of operations without input or response could be types of requests and responses is
    # ruled out by the order.
    @overload
    def after(  # type: ignore[overload-overlap]
        self, op: Operation[NoInput, NoResponse]
    ) -> Callable[[Done], Done]: ...

    @overload
    def after(  # type: ignore[overload-overlap]
        self, op: Operation[Q, NoResponse]
    ) -> Callable[[AfterRequest[Q]], AfterRequest[Q]]: ...

    @overload
    def after(  # type: ignore[overload-overlap]
        self, op: Operation[NoInput, R]
    ) -> Callable[[AfterResponse[R]], AfterResponse[R]]: ...

    @overload
    def after(self, op: Operation[Q, R]) -> Callable[[After[R, Q]], After[R, Q]]: ...

    @overload
    def after(self, op: str) -> Callable[[H], H]: ...

    def after(self, op: Operation[Any, Any] | str, function: AnyFunction | None = None) -> Any:
        """Call a function after an operation has succeeded, before its response is sent; as for `before`.

        The function is `async def fn(ctx, response: GroupList, request: ListGroupsRequest) -> None`. An
        operation without response has `async def fn(ctx, request)`, one without input `async def fn(ctx,
        response)`, and one with neither `async def fn(ctx)`. The request is the one that was carried out.
        What the function changes in the response, the client receives; what it returns or raises does not
        concern the client. An operation that did nothing, for it was asked for nothing, does not count.
        """
        return self._hook("after", op, function)

    def event(self, function: E) -> E:
        """Call a function for events, clients' and the game's own: `async def fn(ctx, event: Event)`.

        `app.event(fn)`, or `@app.event` above it; the same goes for those that follow. Of several functions
        each is called, in the order in which they were registered, whether or not others fail. Events are
        handled in the background, a few at a time and in no certain order.
        """
        return self._register_handler(EVENT, function)

    def session_start(self, function: E) -> E:
        """Call a function when a player has connected by a socket: `async def fn(ctx, event: Event)`.

        There may be several, as for `event`. This release has no sockets, so they are never called yet.
        """
        return self._register_handler(SESSION_START, function)

    def session_end(self, function: E) -> E:
        """Call a function when a player's socket has closed: `async def fn(ctx, event: Event)`.

        There may be several, as for `event`; the event's property `reason` tells why. This release has no
        sockets, so they are never called yet.
        """
        return self._register_handler(SESSION_END, function)

    def startup(self, function: L) -> L:
        """Call a function before the server takes requests: `async def fn(ctx)`, in each of its processes.

        There may be several, called in the order in which they were registered, each when the one before has
        ended. They may take as long as they want. If one fails, the server does not start; after a change of
        files in development, the game from before stays in place.
        """
        return self._register_handler(STARTUP, function)

    def shutdown(self, function: L) -> L:
        """Call a function when the server ends and no request comes any more: `async def fn(ctx)`.

        There may be several; the one that was registered last is called first. Together they have
        `shutdown_grace_sec`, or 5 seconds if that is 0, of which each has its share and what those before it
        have left of theirs. They are not called in a process that never started.
        """
        return self._register_handler(SHUTDOWN, function)

    def account_deleted(self, function: D) -> D:
        """Call a function when an account has been deleted: `async def fn(ctx, event: AccountDeleted)`.

        It is called after the deletion, at least once for each, whatever happens to the server in between.
        One that fails is called again, after a while. Of two functions the later counts.
        """
        return self._register_callback(ACCOUNT_DELETED, function)

    def leaderboard_reset(self, function: C) -> C:
        """Call a function when a leaderboard has been reset: `async def fn(ctx, event: LeaderboardReset)`.

        `app.leaderboard_reset(fn)`, or `@app.leaderboard_reset` above it; the same goes for the other two. Of
        two functions the later counts. One that fails is called again, after a while: `event.key` tells a
        repetition. Raises `RegistrationError` for a function that cannot be called so.
        """
        return self._register_callback(LEADERBOARD_RESET, function)

    def tournament_end(self, function: C) -> C:
        """Call a function when a tournament closes: `async def fn(ctx, event: TournamentEnd)`."""
        return self._register_callback(TOURNAMENT_END, function)

    def tournament_reset(self, function: C) -> C:
        """Call a function when a tournament is reset: `async def fn(ctx, event: TournamentReset)`."""
        return self._register_callback(TOURNAMENT_RESET, function)

    def purchase_notification_apple(self, function: P) -> P:
        """Call a function when Apple tells of a refund: `async def fn(ctx, event: PurchaseNotification)`.

        `app.purchase_notification_apple(fn)`, or `@app.purchase_notification_apple` above it; the same goes
        for the other three. Apple's notifications come in at `iap.apple.notifications_endpoint_id`. The
        function is called at least once for each, after what it changes is stored, whatever happens to the
        server in between. One that fails is called again, after a while: `event.id` tells a repetition. Of
        two functions the later counts.
        """
        return self._register_callback(PURCHASE_NOTIFICATION_APPLE, function)

    def purchase_notification_google(self, function: P) -> P:
        """Call a function when Google tells of a refund: `async def fn(ctx, event: PurchaseNotification)`."""
        return self._register_callback(PURCHASE_NOTIFICATION_GOOGLE, function)

    def subscription_notification_apple(self, function: S) -> S:
        """Call a function when Apple tells of a subscription: `async def fn(ctx, event:
        SubscriptionNotification)`."""
        return self._register_callback(SUBSCRIPTION_NOTIFICATION_APPLE, function)

    def subscription_notification_google(self, function: S) -> S:
        """Call a function when Google tells of a subscription: `async def fn(ctx, event:
        SubscriptionNotification)`."""
        return self._register_callback(SUBSCRIPTION_NOTIFICATION_GOOGLE, function)

    def team_event(self, function: T) -> T:
        """Call a function when something was done to a team: `async def fn(ctx, event: TeamEvent)`.

        There may be several, as for `event`, and they are called in the same way: in the background, a few
        events at a time and in no certain order, after what they tell of is committed. Events that find the
        queue full are dropped, and those that wait when the server ends may be lost.
        """
        return self._register_handler(TEAM_EVENT, function)

    @overload
    def team_reward(self, source: str = "") -> Callable[[G], G]: ...

    @overload
    def team_reward(self, source: str, function: G) -> G: ...

    def team_reward(self, source: str = "", function: G | None = None) -> G | Callable[[G], G]:
        """Let a function decide about rewards of Teams: `app.team_reward("store_purchase", fn)`, or
        `@app.team_reward("store_purchase")` above it; `@app.team_reward()` for all sources that have no
        function of their own. `RolledReward` has the list of sources.

        The function is `async def fn(ctx, rolled: RolledReward) -> teams.Reward | None`. It is called after a
        reward was rolled and before it is granted, and returns the one that is granted in its place, or None
        for `rolled.reward` as the function leaves it. `gift_contribute_cost` is what the player pays.

        It is part of the call that earns the reward, as the four functions below are part of theirs: the
        transaction is open and holds the team, so `ctx.nk.teams` can read this team but not change it, and
        what else the function waits for, everybody waits for who wants this team. An `Error` refuses the
        player's call; with any other failure, and after `runtime.call_timeout_ms`, it has failed. Either
        way nothing of it remains. A call that is repeated for a conflict calls the function again. Of two
        functions for one source the later counts.
        """
        if not isinstance(source, str):
            raise RegistrationError("the source of rewards is text: write @app.team_reward() for all of them")
        if source and source not in REWARD_SOURCES:
            raise RegistrationError(f"there are no rewards of {source!r}, but of {', '.join(REWARD_SOURCES)}")
        if function is None:
            return lambda decorated: self._register_callback(team_reward(source), decorated)
        return self._register_callback(team_reward(source), function)

    def team_user_activity(self, function: U) -> U:
        """Let a function score users' activity: `async def fn(ctx, user_ids: list[str]) -> dict[str, int]`.

        Users who are not in the answer have 0. It is asked whenever teams are shown.
        """
        return self._register_callback(TEAM_USER_ACTIVITY, function)

    def team_activity(self, function: A) -> A:
        """Let a function score a team's activity: `async def fn(ctx, team: teams.Team) -> int | None`.

        None is the sum of its members' scores, which the team comes with.
        """
        return self._register_callback(TEAM_ACTIVITY, function)

    def team_profanity(self, function: W) -> W:
        """Let a function keep texts from others' eyes: `async def fn(ctx, text: str) -> bool`, True for a
        text that is refused with "input contains profanity".

        It is asked about names and descriptions of teams, and about messages to them.
        """
        return self._register_callback(TEAM_PROFANITY, function)

    def team_cohort(self, function: K) -> K:
        """Let a function choose the cohort in which a team competes: `async def fn(ctx, search: CohortSearch)
        -> CohortChoice | None`; None is the server's own choice.
        """
        return self._register_callback(TEAM_COHORT, function)

    def close(self) -> Functions:
        """Take no more functions; those that were registered."""
        self._open = False
        return self._functions

    def _register(self, id: str, function: F) -> F:
        self._check_open(f"RPC {id!r}")
        self._functions.rpcs[id.lower()] = RpcFunction(id.lower(), function)
        return function

    def _hook(self, mode: Mode, op: Operation[Any, Any] | str, function: AnyFunction | None) -> Any:
        found = _operation(op)
        if function is None:
            return lambda decorated: self._register_hook(HookFunction(found, mode, decorated))
        return self._register_hook(HookFunction(found, mode, function))

    def _register_hook(self, hook: HookFunction) -> AnyFunction:
        self._check_open(f"the function {hook.kind}")
        self._functions.add_hook(hook)
        return hook.call

    def _register_handler(self, kind: str, function: H) -> H:
        self._check_open(f"the function for {kind}")
        self._functions.add_handler(CallbackFunction(kind, function))
        return function

    def _register_callback(self, kind: str, function: H) -> H:
        self._check_open(f"the callback {kind}")
        self._functions.add_callback(CallbackFunction(kind, function))
        return function

    def _check_open(self, what: str) -> None:
        if not self._open:
            raise RegistrationError(f"{what} comes too late: only register(app) can add functions")


def _operation(op: Operation[Any, Any] | str) -> Operation[Any, Any]:
    try:
        return operation(op)
    except (TypeError, ValueError) as error:
        raise RegistrationError(str(error)) from None
