"""The table of hookable operations against the table of the wire and the OpenAPI document."""

from pathlib import Path
from typing import Any, get_overloads

import pytest
import yaml

from kizuna.http import contract
from kizuna.runtime import api, operations
from kizuna.runtime.app import After, App, Before
from kizuna.runtime.operations import BY_NAME, NoInput, NoResponse, Operation, operation
from tests.runtime.wire_names import BY_WIRE_NAME

DOCUMENT = Path(__file__).parents[2] / "openapi" / "nakama-v2.yaml"
SERVED = {each.name: each for each in contract.OPERATIONS}
WITHOUT_HOOKS = {"Healthcheck", "RpcFunc", "RpcFunc2"}
BEYOND_THE_DOCUMENT = {"ValidatePurchaseSamsung": "apiValidatePurchaseResponse"}


def documented_responses() -> dict[str, str]:
    """The name of each operation's response in the document, "" for an empty one."""
    document = yaml.load(DOCUMENT.read_text(), Loader=yaml.CSafeLoader)
    responses = dict(BEYOND_THE_DOCUMENT)
    for methods in document["paths"].values():
        for declaration in methods.values():
            schema = declaration["responses"]["200"]["content"]["application/json"]["schema"]
            name = declaration["operationId"].removeprefix("Nakama_")
            responses[name] = schema.get("$ref", "").rpartition("/")[2]
    return responses


def test_every_operation_is_there_once() -> None:
    assert len(BY_NAME) == 83
    assert set(BY_WIRE_NAME) == set(SERVED) - WITHOUT_HOOKS
    assert sorted(name for each in BY_NAME.values() for name in each.wire_names) == sorted(BY_WIRE_NAME)


def test_two_operations_can_be_reached_in_two_ways() -> None:
    also = {each.name: each.also for each in BY_NAME.values() if each.also}
    assert also == {
        "ListStorageObjects": "ListStorageObjects2",
        "WriteTournamentRecord": "WriteTournamentRecord2",
    }
    assert BY_WIRE_NAME["ListStorageObjects2"] is operations.ListStorageObjects


def test_constants_have_the_names_of_their_operations() -> None:
    constants = {name: value for name, value in vars(operations).items() if isinstance(value, Operation)}
    assert constants == dict(BY_NAME)
    assert all(str(each) == name for name, each in constants.items())


def test_an_operation_that_there_is_not() -> None:
    with pytest.raises(
        AttributeError, match=r"^there is no operation 'CreateGrup'; did you mean CreateGroup"
    ):
        operations.CreateGrup  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^there is no operation 'Juggle'$"):
        operations.Juggle  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(operations, "__path__")


def test_type_checkers_tell_of_the_most_common_form_first() -> None:
    """Where no overload fits, mypy compares with the first."""
    common: dict[Any, Any] = {App.before: Before, App.after: After}
    for method, function in common.items():
        assert get_overloads(method)[0].__annotations__["function"] == function


def test_requests_have_the_names_of_their_operations() -> None:
    others = {
        name: each.request for name, each in BY_NAME.items() if each.request.__name__ != f"{name}Request"
    }
    assert {name for name, request in others.items() if request is NoInput} == {
        "GetAccount",
        "DeleteAccount",
        "GetMatchmakerStats",
    }
    assert others.pop("Event") is api.Event
    for name, request in others.items():
        if request is not NoInput:
            provider = name.removeprefix("Unlink").removeprefix("Link")
            assert request.__name__ == f"Account{provider}"
            assert provider != name


@pytest.mark.parametrize("name", BY_WIRE_NAME)
def test_only_what_takes_nothing_has_no_input(name: str) -> None:
    served = SERVED[name]
    takes = bool(served.path_params or served.body is not None or served.query is not None)
    assert BY_WIRE_NAME[name].has_input == takes
    assert (BY_WIRE_NAME[name].request is NoInput) == (not takes)


@pytest.mark.parametrize(("name", "schema"), documented_responses().items())
def test_responses_are_the_documents(name: str, schema: str) -> None:
    if name in WITHOUT_HOOKS:
        assert name not in BY_WIRE_NAME
        return
    each = BY_WIRE_NAME[name]
    assert each.has_response == bool(schema)
    assert each.response.__name__ == (schema.removeprefix("api") or NoResponse.__name__)


@pytest.mark.parametrize("name", ["AddFriends", "addfriends", "ADDFRIENDS", operations.AddFriends])
def test_an_operation_is_found_by_its_name_in_any_case(name: Any) -> None:
    assert operation(name) is operations.AddFriends


@pytest.mark.parametrize("name", ["", "RpcFunc", "Healthcheck", "AddFriend", "ListStorageObjects2"])
def test_what_is_no_operation_is_not_found(name: str) -> None:
    with pytest.raises(ValueError, match=f"there is no operation '{name}'"):
        operation(name)


@pytest.mark.parametrize("which", [None, 7, api.AddFriendsRequest, b"AddFriends"])
def test_an_operation_is_named_by_text(which: Any) -> None:
    with pytest.raises(TypeError, match="an operation or its name is wanted"):
        operation(which)
