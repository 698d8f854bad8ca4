"""The OpenAPI schemas of Teams messages, and whether an answer is what they say."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from kizuna.http.documentation import teams_document

Schema = dict[str, Any]

_INT64 = (-(2**63), 2**63 - 1)
_INT32 = (-(2**31), 2**31 - 1)


def operations() -> Iterator[tuple[str, str, Schema]]:
    """Verb, path and description of everything in the document."""
    for path, methods in teams_document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def resolved(node: Schema) -> Schema:
    """What a reference refers to; anything else as it is."""
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = teams_document()["components"][kind][name]
    return node


def name_of_schema(content: Schema) -> str:
    """The name of the message that a request body or a response consists of, "" for a nameless one."""
    schema = resolved(content)["content"]["application/json"]["schema"]
    return str(schema.get("$ref", "")).rpartition("/")[2]


@cache
def response_of(function: str) -> str:
    """The name of the message that a function, such as "TEAMS_GET", answers; "" for an empty answer."""
    for _, _, operation in operations():
        if operation.get("x-rpc-id") == f"RPC_ID_{function}":
            return name_of_schema(operation["responses"]["200"])
    raise LookupError(function)


def conforms(message_name: str, message: dict[str, Any]) -> None:
    """Fails for a message that has another form than its schema says. "" is the empty message.

    What the schema does not name must not be there, nor what is false, zero or empty, except among the
    entries of maps and lists.
    """
    if not message_name:
        assert message == {}, f"{message} where nothing is expected"
        return
    _check(teams_document()["components"]["schemas"][message_name], message, message_name)


def _check(schema: Schema, value: Any, path: str) -> None:
    schema = resolved(schema)
    _CHECKS[schema["type"]](schema, value, path)
    if "enum" in schema:
        assert value in schema["enum"], f"{path}: {value!r} is none of {schema['enum']}"


def _check_object(schema: Schema, value: Any, path: str) -> None:
    assert isinstance(value, dict), f"{path}: {value!r} is no object"
    if "properties" in schema:
        for name, member in value.items():
            where = f"{path}.{name}"
            assert name in schema["properties"], f"{where} is not in the schema"
            _check(schema["properties"][name], member, where)
            assert not _is_default(schema["properties"][name], member), f"{where}: {member!r} is left out"
    elif isinstance(entry := schema["additionalProperties"], dict):
        for name, member in value.items():
            _check(entry, member, f"{path}[{name!r}]")


def _is_default(schema: Schema, value: Any) -> bool:
    """Whether a field's value is the one that its absence stands for. Messages and free objects have none."""
    schema = resolved(schema)
    if schema["type"] == "object" and not isinstance(schema.get("additionalProperties"), dict):
        return False
    return not value or (schema.get("format") == "int64" and value == "0")


def _check_array(schema: Schema, value: Any, path: str) -> None:
    assert isinstance(value, list), f"{path}: {value!r} is no list"
    for index, item in enumerate(value):
        _check(schema["items"], item, f"{path}[{index}]")


def _check_string(schema: Schema, value: Any, path: str) -> None:
    assert isinstance(value, str), f"{path}: {value!r} is no text"
    if schema.get("format") == "int64":
        assert str(int(value)) == value, f"{path}: {value!r} is not how an integer is written"
        assert _INT64[0] <= int(value) <= _INT64[1], f"{path}: {value} has more than 64 bits"


def _check_integer(_schema: Schema, value: Any, path: str) -> None:
    assert type(value) is int, f"{path}: {value!r} is no integer"
    assert _INT32[0] <= value <= _INT32[1], f"{path}: {value} has more than 32 bits"


def _check_number(_schema: Schema, value: Any, path: str) -> None:
    assert type(value) in (int, float), f"{path}: {value!r} is no number"


def _check_boolean(_schema: Schema, value: Any, path: str) -> None:
    assert isinstance(value, bool), f"{path}: {value!r} is neither true nor false"


_CHECKS: dict[str, Callable[[Schema, Any, str], None]] = {
    "object": _check_object,
    "array": _check_array,
    "string": _check_string,
    "integer": _check_integer,
    "number": _check_number,
    "boolean": _check_boolean,
}
