"""The typed messages against their declarations on the wire and in the OpenAPI document, and the translation
between the two forms."""

import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, IntEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.http import contract
from kizuna.http.contract import BodyKind
from kizuna.http.routing import RoutingTable
from kizuna.runtime import api
from kizuna.runtime.api.shapes import Shape, shapes_of
from kizuna.runtime.operations import BY_NAME
from kizuna.runtime.translation import decode_request, decode_response, encode_request, encode_response
from kizuna.wire.integers import RANGES
from kizuna.wire.messages import Field, Kind, lower_camel
from tests.conformance.scenarios import load_scenarios
from tests.runtime.wire_names import BY_WIRE_NAME

DOCUMENT = Path(__file__).parents[2] / "openapi" / "nakama-v2.yaml"
SERVED = {each.name: each for each in contract.OPERATIONS}
MESSAGES = {
    name: value
    for name, value in vars(api).items()
    if inspect.isclass(value) and issubclass(value, api.Message) and value is not api.Message
}
REQUESTS = {name: BY_WIRE_NAME[name].request for name in BY_WIRE_NAME if BY_WIRE_NAME[name].has_input}
RESPONSES = {each.response for each in BY_NAME.values() if each.has_response}

#: What responses print although it is zero. The OpenAPI document does not tell these from the others.
PRINTED_ZEROS = {
    "ChannelMessage.code",
    "ChannelMessage.persistent",
    "Friend.state",
    "Group.open",
    "GroupUser.state",
    "LeaderboardRecord.username",
    "Match.label",
    "UserGroup.state",
}

IST = timezone(timedelta(hours=5, minutes=30))
unhurried = settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])


def parts_of(cls: type[api.Message]) -> Iterator[type[api.Message]]:
    """A message and all that it consists of."""
    yield cls
    for shape in shapes_of(cls):
        if shape.message:
            yield from parts_of(shape.message)


# --- what is declared ---


def declared(operation: contract.Operation) -> dict[str, tuple[Field, bool]]:
    """The fields of an operation's request, and whether they are always there."""
    fields: dict[str, tuple[Field, bool]] = {}
    for message in (operation.body, operation.query):
        fields |= {field.name: (field, False) for field in (message.fields if message else ())}
    if operation.body_kind is BodyKind.FIELD and operation.body is not None:
        held = {field.name for field in operation.body.fields}
        query = operation.query.fields if operation.query else ()
        fields = {field.name: (field, False) for field in query}
        assert operation.body_field not in held | fields.keys()
        fields[operation.body_field] = (
            Field(operation.body_field, Kind.MESSAGE, message=operation.body),
            True,
        )
    for name in operation.path_params:
        fields[name] = (Field(name, Kind.STRING), True)
    return fields


def check_fits(shape: Shape, field: Field, always: bool) -> None:
    """The shape of a message's field is the wire's."""
    single_part = field.kind in (Kind.MESSAGE, Kind.TIMESTAMP) and not field.repeated
    assert (shape.kind, shape.repeated) == (field.kind, field.repeated), shape
    assert shape.optional == (field.wrapper or (single_part and not always)), shape
    assert (shape.message is None) == (field.message is None), shape
    if shape.message and field.message:
        assert shape.message.__name__ == field.message.name
        inner = {each.name: each for each in shapes_of(shape.message)}
        assert list(inner) == [each.name for each in field.message.fields]
        for each in field.message.fields:
            check_fits(inner[each.name], each, False)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_has_the_fields_of_the_wire(name: str) -> None:
    fields = declared(SERVED[name])
    shapes = {shape.name: shape for shape in shapes_of(REQUESTS[name])}
    assert set(shapes) == set(fields)
    for field, always in fields.values():
        check_fits(shapes[field.name], field, always)


@cache
def schemas() -> dict[str, Any]:
    """The document's declarations of messages by the names of their classes."""
    document = yaml.load(DOCUMENT.read_text(), Loader=yaml.CSafeLoader)
    return {class_name(name): schema for name, schema in document["components"]["schemas"].items()}


def class_name(schema: str) -> str:
    """What we call a message: without the names of the messages that it is a part of."""
    return re.sub("^(api|FriendsOfFriendsList|GroupUserList|UserGroupList)", "", schema)


ENUMS = {"Operator", "StoreProvider", "StoreEnvironment"}
SCALARS = {
    ("boolean", None): "bool",
    ("integer", "int32"): "int32",
    ("integer", "int64"): "uint32",
    ("object", None): "map",
    ("string", None): "string",
    ("string", "date-time"): "google.protobuf.Timestamp",
    ("string", "int64"): "int64",
}


def documented(declaration: dict[str, Any]) -> tuple[str, bool]:
    """What a property holds, by the name of the kind or the class, and whether several of it."""
    if declaration.get("type") == "array":
        return documented(declaration["items"])[0], True
    if "$ref" in declaration:
        name = class_name(declaration["$ref"].rpartition("/")[2])
        return ("enum" if name in ENUMS else name), False
    return SCALARS[declaration["type"], declaration.get("format")], False


PARTS_OF_RESPONSES = sorted(
    {part for cls in RESPONSES for part in parts_of(cls)}, key=lambda cls: cls.__name__
)


def held(shape: Shape) -> tuple[str, bool]:
    return (shape.message.__name__ if shape.message else shape.kind.value), shape.repeated


@pytest.mark.parametrize("cls", PARTS_OF_RESPONSES)
def test_a_response_has_the_properties_of_the_document(cls: type[api.Message]) -> None:
    properties = schemas()[cls.__name__]["properties"]
    assert {lower_camel(shape.name): held(shape) for shape in shapes_of(cls)} == {
        name: documented(declaration) for name, declaration in properties.items()
    }


def test_these_zeros_are_printed() -> None:
    optional = {
        f"{cls.__name__}.{shape.name}"
        for cls in PARTS_OF_RESPONSES
        for shape in shapes_of(cls)
        if shape.optional and shape.kind not in (Kind.TIMESTAMP, Kind.MESSAGE)
    }
    assert optional == PRINTED_ZEROS


def test_every_message_belongs_to_an_operation_and_is_exported() -> None:
    used = {part for cls in (*REQUESTS.values(), *RESPONSES) for part in parts_of(cls)}
    assert used == set(MESSAGES.values())
    assert set(MESSAGES) < set(api.__all__)


@pytest.mark.parametrize("cls", MESSAGES.values())
def test_a_misspelt_field_is_noticed(cls: type[api.Message]) -> None:
    assert cls() == cls()
    with pytest.raises(AttributeError):
        cls().surprise = 1  # type: ignore[attr-defined]


# --- there and back ---


texts = st.text(max_size=5)
times = st.datetimes(
    datetime.fromisoformat("0001-01-02"),
    datetime.fromisoformat("9999-12-30"),
    timezones=st.sampled_from([UTC, IST]),
)
values: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.STRING: texts,
    Kind.BOOL: st.booleans(),
    **{
        kind: st.sampled_from([low, 0, 1, high]) | st.integers(low, high)
        for kind, (low, high) in RANGES.items()
    },
    Kind.TIMESTAMP: times,
    Kind.STRING_MAP: st.dictionaries(texts, texts, max_size=2),
}


def instances(cls: type[api.Message]) -> st.SearchStrategy[api.Message]:
    return st.builds(cls, **{shape.name: contents(shape) for shape in shapes_of(cls)})


def contents(shape: Shape) -> st.SearchStrategy[Any]:
    one = instances(shape.message) if shape.message else values[shape.kind]
    if shape.repeated:
        return st.lists(one, max_size=2)
    return st.none() | one if shape.optional else one


@pytest.mark.parametrize("cls", MESSAGES.values())
@unhurried
@given(data=st.data())
def test_every_message_survives_the_way_to_the_wire_and_back(
    cls: type[api.Message], data: st.DataObject
) -> None:
    message = data.draw(instances(cls))
    assert decode_request(cls, encode_request(message)) == message
    printed = encode_response(message)
    assert orjson.loads(orjson.dumps(printed)) == printed
    assert decode_response(cls, printed) == message


def decoded(field: Field) -> st.SearchStrategy[Any]:
    """What decoding a request may yield for a field."""
    one = present(field.message.fields) if field.message else values[field.kind]
    return st.lists(one, max_size=2) if field.repeated else one


def present(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={field.name: decoded(field) for field in fields})


def blank(fields: tuple[Field, ...]) -> dict[str, Any]:
    """The plain fields of a message, all of them zero."""
    zeros: dict[Kind, Any] = {
        Kind.STRING: "",
        Kind.BOOL: False,
        Kind.STRING_MAP: {},
        **dict.fromkeys(RANGES, 0),
    }
    plain = [field for field in fields if not field.wrapper]
    return {
        field.name: [] if field.repeated else zeros[field.kind]
        for field in plain
        if field.repeated or field.kind in zeros
    }


def filled(fields: tuple[Field, ...], message: dict[str, Any]) -> dict[str, Any]:
    """A message with its plain fields all there, which says the same."""
    whole = blank(fields) | message
    for field in fields:
        if field.message and field.name in message:
            inner, value = field.message.fields, message[field.name]
            whole[field.name] = (
                [filled(inner, one) for one in value] if field.repeated else filled(inner, value)
            )
    return whole


@pytest.mark.parametrize("name", REQUESTS)
@unhurried
@given(data=st.data())
def test_what_a_client_sends_reaches_the_operation_unchanged(name: str, data: st.DataObject) -> None:
    every = declared(SERVED[name])
    required = {field.name: decoded(field) for field, always in every.values() if always}
    optional = {field.name: decoded(field) for field, always in every.values() if not always}
    sent = data.draw(st.fixed_dictionaries(required, optional=optional))
    fields = tuple(field for field, _ in every.values())
    assert encode_request(decode_request(REQUESTS[name], sent)) == filled(fields, sent)


def recorded_answers() -> Iterator[tuple[type[api.Message], dict[str, Any]]]:
    """The good answers of all recorded conversations, as far as they are messages."""
    table = RoutingTable(contract.OPERATIONS)
    for step in (step for scenario in load_scenarios().values() for step in scenario.steps):
        method, _, target = step.get("request", "").partition(" ")
        served, _, _ = table.find(method, urlsplit(target).path)
        known = BY_WIRE_NAME.get(served.name) if served else None
        if known and known.has_response and step["expect"]["status"] == 200:
            yield known.response, filled_in(step["expect"]["body"])


def filled_in(recorded: Any, name: str = "") -> Any:
    """A recorded value with the times that were masked in it."""
    if isinstance(recorded, dict):
        return {name: filled_in(value, name) for name, value in recorded.items()}
    if isinstance(recorded, list):
        return [filled_in(value) for value in recorded]
    masked = name.endswith("_time") and not recorded.startswith(("1970-", "0001-"))
    return "2026-11-21T04:19:17.120Z" if masked else recorded


def test_recorded_answers_come_back_unchanged() -> None:
    seen = set()
    for cls, message in recorded_answers():
        assert encode_response(decode_response(cls, message)) == message
        seen.add(cls.__name__)
    assert {
        "Account",
        "LeaderboardRecordList",
        "Session",
        "StorageObjects",
        "TournamentList",
        "Users",
    } <= seen


@pytest.mark.parametrize(
    ("message", "printed"),
    [
        (api.Group(), {}),
        (api.Group(open=False), {"open": False}),
        (api.Friend(state=0, user=api.User()), {"state": 0, "user": {}}),
        (api.ChannelMessage(code=0, persistent=False), {"code": 0, "persistent": False}),
        (api.LeaderboardRecord(username="", score=0, rank=-1), {"username": "", "rank": "-1"}),
        (api.Match(label="", size=0), {"label": ""}),
        (api.GroupUserList(group_users=[api.GroupUser()]), {"group_users": [{}]}),
        (
            api.MatchmakerStats(oldest_ticket_create_time=datetime(1970, 1, 1, 5, 30, tzinfo=IST)),
            {"oldest_ticket_create_time": "1970-01-01T00:00:00Z"},
        ),
        (
            api.Notification(create_time=datetime(2026, 1, 2, 3, 4, 5, 120_000, UTC)),
            {"create_time": "2026-01-02T03:04:05.120Z"},
        ),
    ],
)
def test_responses_are_printed_as_clients_know_them(message: api.Message, printed: dict[str, Any]) -> None:
    assert encode_response(message) == printed


# --- what hooks may set ---


def test_what_a_hook_changes_is_its_own() -> None:
    fields: dict[str, Any] = {"ids": ["a"], "usernames": []}
    request = decode_request(api.AddFriendsRequest, fields)
    request.ids.append("b")
    assert fields["ids"] == ["a"]
    encoded = encode_request(request)
    request.ids.append("c")
    assert encoded["ids"] == ["a", "b"]


def test_a_map_that_a_hook_changes_is_its_own() -> None:
    fields: dict[str, Any] = {"token": "t", "vars": {"a": "1"}}
    request = decode_request(api.SessionRefreshRequest, fields)
    request.vars["b"] = "2"
    assert fields["vars"] == {"a": "1"}
    encoded = encode_request(request)
    request.vars["c"] = "3"
    assert encoded["vars"] == {"a": "1", "b": "2"}
    device: dict[str, Any] = {"id": "d", "vars": {}}
    assert decode_response(api.AccountDevice, device).vars is not device["vars"]


class Limit(IntEnum):
    FEW = 3


class Name(str, Enum):  # noqa: UP042
    ADA = "ada"


class Moment(datetime):
    """As libraries that set the time in tests have them."""


def test_subclasses_of_plain_values_become_plain() -> None:
    request = encode_request(api.ListFriendsRequest(limit=Limit.FEW, cursor=Name.ADA))
    assert [type(value) for value in request.values()] == [int, str]
    assert request == {"limit": 3, "cursor": "ada"}
    event = api.Event(timestamp=Moment(2026, 1, 2, tzinfo=IST))
    assert type(encode_request(event)["timestamp"]) is datetime
    assert encode_response(event) == {"timestamp": "2026-01-01T18:30:00Z"}


def test_a_tuple_will_do_for_a_list() -> None:
    request = api.DeleteNotificationsRequest(ids=("a", "b"))  # type: ignore[arg-type]
    assert encode_request(request)["ids"] == ["a", "b"]


def test_a_null_character_passes_as_it_does_in_bodies() -> None:
    assert encode_request(api.AccountDevice(id="a\0b"))["id"] == "a\0b"


def any_(value: Any) -> Any:
    """A value of the wrong type, which the type checker is not to see."""
    return value


REFUSED: list[tuple[api.Message, type[Exception], str]] = [
    (api.AddFriendsRequest(ids=any_([7])), TypeError, "AddFriendsRequest.ids[0] must be str, not int"),
    (api.AddFriendsRequest(ids=any_("me")), TypeError, "AddFriendsRequest.ids must be list, not str"),
    (api.AddFriendsRequest(ids=any_(None)), TypeError, "AddFriendsRequest.ids must be list, not NoneType"),
    (api.AddFriendsRequest(metadata=any_({})), TypeError, "AddFriendsRequest.metadata must be str, not dict"),
    (
        api.AddFriendsRequest(metadata=any_(None)),
        TypeError,
        "AddFriendsRequest.metadata must be str, not NoneType",
    ),
    (api.AccountDevice(id="\ud800"), ValueError, "AccountDevice.id must be text without surrogates"),
    (api.AccountDevice(vars=any_({"a": 1})), TypeError, "AccountDevice.vars['a'] must be str, not int"),
    (api.AccountDevice(vars=any_({1: "a"})), TypeError, "AccountDevice.vars[1] must be str, not int"),
    (api.AccountDevice(vars=any_([])), TypeError, "AccountDevice.vars must be dict, not list"),
    (api.ListFriendsRequest(limit=any_(True)), TypeError, "ListFriendsRequest.limit must be int, not bool"),
    (api.ListFriendsRequest(limit=any_(1.0)), TypeError, "ListFriendsRequest.limit must be int, not float"),
    (
        api.ListFriendsRequest(limit=2**31),
        ValueError,
        "ListFriendsRequest.limit must be -2147483648 to 2147483647",
    ),
    (api.ListFriendsRequest(limit=10**5000), ValueError, "ListFriendsRequest.limit must be -2147483648 to"),
    (
        api.ListTournamentsRequest(start_time=-1),
        ValueError,
        "ListTournamentsRequest.start_time must be 0 to 4294967295",
    ),
    (
        api.WriteLeaderboardRecordRequest(record=api.RecordWrite(score=2**63)),
        ValueError,
        "WriteLeaderboardRecordRequest.record.score must be -9223372036854775808 to 9223372036854775807",
    ),
    (
        api.WriteLeaderboardRecordRequest(record=any_(None)),
        TypeError,
        "WriteLeaderboardRecordRequest.record must be RecordWrite, not NoneType",
    ),
    (
        api.LinkSteamRequest(account=any_({"token": "t"})),
        TypeError,
        "LinkSteamRequest.account must be AccountSteam, not dict",
    ),
    (
        api.WriteStorageObjectsRequest(
            objects=[api.WriteStorageObject(), api.WriteStorageObject(value=any_({}))]
        ),
        TypeError,
        "WriteStorageObjectsRequest.objects[1].value must be str, not dict",
    ),
    (api.ListGroupsRequest(open=any_(1)), TypeError, "ListGroupsRequest.open must be bool, not int"),
    (api.Event(timestamp=any_("now")), TypeError, "Event.timestamp must be datetime, not str"),
    (
        api.Event(timestamp=datetime(2026, 1, 1)),  # noqa: DTZ001
        ValueError,
        "Event.timestamp must be a time with a time zone",
    ),
    (
        api.Event(timestamp=datetime(1, 1, 1, tzinfo=IST)),
        ValueError,
        "Event.timestamp must lie in the years 1 to 9999",
    ),
]


@pytest.mark.parametrize(("message", "error", "text"), REFUSED)
def test_what_no_client_could_send_is_refused(
    message: api.Message, error: type[Exception], text: str
) -> None:
    for encode in (encode_request, encode_response):
        with pytest.raises(error) as caught:
            encode(message)
        assert str(caught.value).startswith(text)


def test_a_field_that_was_deleted_is_missed() -> None:
    request = api.AddFriendsRequest()
    del request.metadata
    with pytest.raises(TypeError, match=r"AddFriendsRequest\.metadata must be str"):
        encode_request(request)


@pytest.mark.parametrize("value", [None, {}, "AddFriendsRequest", api.AddFriendsRequest])
def test_only_messages_are_sent(value: Any) -> None:
    for encode in (encode_request, encode_response):
        with pytest.raises(TypeError, match="is no message of the API"):
            encode(value)
