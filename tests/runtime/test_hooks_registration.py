"""Which functions can be registered before and after operations, and as handlers."""

import logging

import pytest

from kizuna.runtime import ModuleLoadError, RegistrationError
from kizuna.runtime.app import App
from kizuna.runtime.functions import Functions
from kizuna.runtime.operations import BY_NAME
from tests.runtime.conftest import Folder, started

FUNCTIONS = """
from kizuna.runtime import api, operations

async def one(ctx): ...
async def two(ctx, message): ...
async def three(ctx, response, request): ...
async def more(ctx, *messages): ...
async def defaults(ctx, request, more=1): ...
async def unknown(ctx, request: "Nothing"): ...
def plain(ctx, request): ...

class Callable:
    async def __call__(self, ctx, request):
        return request

def register(app):
"""


@pytest.mark.parametrize(
    "registered",
    [
        "app.before(operations.AddFriends, two)",
        "app.before(operations.AddFriends, defaults)",
        "app.before(operations.AddFriends, Callable())",
        "app.before('addfriends', two)",
        "app.before('AddFriends')(two)",
        "app.before(operations.GetAccount, one)",
        "app.after(operations.AddFriends, two)",
        "app.after(operations.GetAccount, two)",
        "app.after(operations.DeleteAccount, one)",
        "app.after(operations.ListFriends, three)",
        "app.after(operations.ListFriends)(three)",
        "app.event(two); app.event(two)",
        "app.session_start(two); app.session_end(two)",
        "app.startup(one); app.shutdown(one)",
        "app.account_deleted(two)",
    ],
)
async def test_functions_that_can_be_registered(folder: Folder, registered: str) -> None:
    folder.write("game.py", FUNCTIONS + f"    {registered}\n")
    async with started(folder.path) as game:
        assert game.runtime._game.functions


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        (
            "app.before(operations.AddFriends, one)",
            "one for before AddFriends must take two arguments, context and request",
        ),
        ("app.before('addfriends', three)", "before AddFriends must take two arguments, context and request"),
        ("app.before(operations.AddFriends, more)", "must take two arguments"),
        (
            "app.before(operations.AddFriends, plain)",
            "plain for before AddFriends must be defined with async def",
        ),
        ("app.before(operations.AddFriends, unknown)", "has an annotation that cannot be resolved"),
        ("app.before(operations.AddFriends, 7)", "is no function"),
        ("app.before(operations.GetAccount, two)", "before GetAccount must take one argument, context"),
        (
            "app.after(operations.GetAccount, one)",
            "after GetAccount must take two arguments, context and response",
        ),
        (
            "app.after(operations.AddFriends, three)",
            "after AddFriends must take two arguments, context and request",
        ),
        ("app.after(operations.DeleteAccount, two)", "after DeleteAccount must take one argument, context"),
        (
            "app.after(operations.ListFriends, two)",
            "after ListFriends must take three arguments, context, response and request",
        ),
        ("app.before('AddFriend', two)", "there is no operation 'AddFriend'; did you mean AddFriends"),
        (
            "app.before(operations.AddFriend, two)",
            "there is no operation 'AddFriend'; did you mean AddFriends",
        ),
        ("app.before('Authenticate', two)", "there is no operation 'Authenticate'"),
        ("app.before('RpcFunc', two)", "there is no operation 'RpcFunc'"),
        ("app.before(two)", "an operation or its name is wanted"),
        ("app.event(one)", "one for event must take two arguments, context and event"),
        ("app.startup(two)", "two for startup must take one argument, context"),
        ("app.shutdown(two)", "two for shutdown must take one argument, context"),
        ("app.session_start(one)", "one for session_start must take two arguments, context and event"),
        ("app.account_deleted(one)", "one for account_deleted must take two arguments, context and event"),
    ],
)
async def test_functions_that_cannot_be_registered(folder: Folder, registered: str, told: str) -> None:
    path = folder.write("game.py", FUNCTIONS + f"    {registered}\n")
    with pytest.raises(ModuleLoadError) as caught:
        async with started(folder.path):
            pass
    assert str(path) in str(caught.value)
    assert told in str(caught.value)


ANNOTATED = """
import typing
from kizuna.runtime import api, operations

T = typing.TypeVar("T")

class Named(typing.Protocol):
    name: str

def register(app):
"""

#: Ways to register `f`, its parameters, and what it returns.
FITTING = [
    (
        "app.before('CreateGroup', f)",
        "ctx: rt.Context, request: api.CreateGroupRequest",
        "api.CreateGroupRequest",
    ),
    (
        "app.before('CreateGroup', f)",
        "ctx, request: 'api.CreateGroupRequest'",
        "api.CreateGroupRequest | None",
    ),
    ("app.before('CreateGroup', f)", "ctx: object, request: api.Message", "typing.Optional[api.Message]"),
    ("app.before('CreateGroup', f)", "ctx: typing.Any, request: Named", "None"),
    ("app.before('CreateGroup', f)", "ctx, request: T", "T"),
    (
        "app.before('CreateGroup', f)",
        "ctx, request: api.UpdateGroupRequest | api.CreateGroupRequest",
        "typing.NoReturn",
    ),
    (
        "app.before('CreateGroup', f)",
        "ctx, request: typing.Annotated[api.CreateGroupRequest, 1]",
        "typing.Any",
    ),
    ("app.before('GetAccount', f)", "ctx: rt.Context", "None"),
    ("app.after('ListGroups', f)", "ctx, response: api.GroupList, request: api.ListGroupsRequest", "str"),
    ("app.after('DeleteGroup', f)", "ctx, request: api.DeleteGroupRequest", "None"),
    ("app.event(f)", "ctx: rt.Context, event: rt.Event", "None"),
    ("app.account_deleted(f)", "ctx: rt.Context, event: rt.AccountDeleted", "None"),
    ("app.tournament_end(f)", "ctx: rt.Context, event: rt.TournamentEnd", "None"),
    ("app.startup(f)", "ctx: rt.Context", "None"),
]

UNFITTING = [
    (
        "app.before('CreateGroup', f)",
        "ctx, request: api.UpdateGroupRequest",
        "None",
        "for before CreateGroup takes api.UpdateGroupRequest where api.CreateGroupRequest comes",
    ),
    (
        "app.before('CreateGroup', f)",
        "ctx, request: api.CreateGroupRequest",
        "api.Group | None",
        "for before CreateGroup returns api.Group | None where api.CreateGroupRequest or None is wanted",
    ),
    (
        "app.before('CreateGroup', f)",
        "ctx, request",
        "str",
        "for before CreateGroup returns str where api.CreateGroupRequest or None is wanted",
    ),
    (
        "app.before('CreateGroup', f)",
        "request: api.CreateGroupRequest, ctx: rt.Context",
        "None",
        "for before CreateGroup takes api.CreateGroupRequest where rt.Context comes",
    ),
    (
        "app.after('ListGroups', f)",
        "ctx, request: api.ListGroupsRequest, response: api.GroupList",
        "None",
        "for after ListGroups takes api.ListGroupsRequest where api.GroupList comes",
    ),
    (
        "app.after('ListGroups', f)",
        "ctx, response: api.GroupList, request: dict[str, typing.Any] | str",
        "None",
        "takes dict[str, typing.Any] | str where api.ListGroupsRequest comes",
    ),
    ("app.event(f)", "ctx, event: api.Event", "None", "for event takes api.Event where rt.Event comes"),
    ("app.session_start(f)", "ctx, event: str", "None", "for session_start takes str where rt.Event comes"),
    (
        "app.account_deleted(f)",
        "ctx, event: rt.Account",
        "None",
        "for account_deleted takes rt.Account where rt.AccountDeleted comes",
    ),
    (
        "app.leaderboard_reset(f)",
        "ctx, event: rt.TournamentReset",
        "None",
        "for leaderboard_reset takes rt.TournamentReset where rt.LeaderboardReset comes",
    ),
    ("app.startup(f)", "ctx: rt.App", "None", "for startup takes rt.App where rt.Context comes"),
    (
        "app.rpc('f', f)",
        "payload: str, ctx: rt.Context",
        "str",
        "for RPC 'f' takes str where rt.Context comes",
    ),
]


@pytest.mark.parametrize(("registered", "parameters", "result"), FITTING)
async def test_annotations_that_fit(folder: Folder, registered: str, parameters: str, result: str) -> None:
    folder.write("game.py", ANNOTATED + f"    {registered}\n\nasync def f({parameters}) -> {result}: ...\n")
    async with started(folder.path) as game:
        assert game.runtime._game.functions


@pytest.mark.parametrize(("registered", "parameters", "result", "told"), UNFITTING)
async def test_annotations_that_do_not_fit(
    folder: Folder, registered: str, parameters: str, result: str, told: str
) -> None:
    folder.write("game.py", ANNOTATED + f"    {registered}\n\nasync def f({parameters}) -> {result}: ...\n")
    with pytest.raises(ModuleLoadError) as caught:
        async with started(folder.path):
            pass
    assert f"the function f {told}" in str(caught.value) or told in str(caught.value)


async def test_nothing_can_be_registered_later() -> None:
    async def function(ctx: object) -> None: ...

    app = App()
    app.close()
    with pytest.raises(RegistrationError, match="before GetAccount comes too late"):
        app.before("GetAccount", function)
    with pytest.raises(RegistrationError, match="after DeleteAccount comes too late"):
        app.after("DeleteAccount", function)
    with pytest.raises(RegistrationError, match="startup comes too late"):
        app.startup(function)


def test_every_operation_takes_functions_by_any_spelling_of_its_name() -> None:
    async def one(ctx: object) -> None: ...
    async def two(ctx: object, message: object) -> None: ...
    async def three(ctx: object, response: object, request: object) -> None: ...

    app = App()
    for name, operation in BY_NAME.items():
        app.before(name.upper(), two if operation.has_input else one)
        app.after(operation, (one, two, three)[operation.has_response + operation.has_input])
    hooks = app.close().hooks
    assert set(hooks) - set(BY_NAME) == {"ListStorageObjects2", "WriteTournamentRecord2"}
    assert all(each.before and each.after for each in hooks.values())


async def test_the_later_of_two_counts_and_the_log_says_so(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("a.py", FUNCTIONS + "    app.before('AddFriends', two)\n")
    folder.write(
        "b.py", FUNCTIONS + "    app.before('AddFriends', defaults)\n    app.after('AddFriends', two)\n"
    )
    async with started(folder.path) as game:
        hooks = game.runtime._game.functions.hooks["AddFriends"]
        assert hooks.before is not None
        assert hooks.before.call.__name__ == "defaults"
    [warning] = [record for record in caplog.records if "two functions" in record.message]
    first, second = (folder.path / name for name in ("a.py", "b.py"))
    assert warning.message.endswith(
        "for before AddFriends, and only the later one is called: "
        f"defaults in {second}:9, not two in {first}:6."
    )


async def test_two_folders_are_added_up(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first, second = Folder(folder.path / "first"), Folder(folder.path / "second")
    first.write(
        "a.py",
        FUNCTIONS
        + "    app.before('ListStorageObjects', two); app.event(two); app.startup(one); app.rpc('r', two)\n",
    )
    second.write(
        "b.py",
        FUNCTIONS
        + "    app.before('ListStorageObjects', defaults); app.event(two); app.account_deleted(two)\n",
    )
    async with started(first.path, second.path) as game:
        functions = game.runtime._game.functions
        assert str(functions) == (
            "r, before ListStorageObjects, account_deleted (callback), event (2 handlers), startup (handler)"
        )
        for name in ("ListStorageObjects", "ListStorageObjects2"):
            before = functions.hooks[name].before
            assert before is not None
            assert before.call.__name__ == "defaults"
    assert f"Loaded game code: {functions}" in caplog.text
    assert caplog.text.count("There are two functions for before ListStorageObjects,") == 1
    assert str(Functions()) == "no functions"


@pytest.mark.parametrize(
    "registered", ["app.before('GetAccount', one)", "app.event(two)", "app.shutdown(one)"]
)
async def test_a_folder_with_any_function_is_no_mistake(
    folder: Folder, registered: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", FUNCTIONS + f"    {registered}\n")
    async with started(folder.path):
        pass
    assert "have no functions" not in caplog.text
