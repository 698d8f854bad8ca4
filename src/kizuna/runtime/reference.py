"""The reference page of the Python API, made of its docstrings.

python -m kizuna.runtime.reference > docs/api.md
"""

import ast
import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from enum import Enum
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any

import kizuna.runtime
from kizuna.runtime import api, operations
from kizuna.runtime.api import teams
from kizuna.runtime.app import App
from kizuna.runtime.context import Context, GameLogger
from kizuna.runtime.data import SYSTEM_USER
from kizuna.runtime.nakama import Nakama
from kizuna.runtime.nakama.teams import TeamsApi, WithTeams

_INTRODUCTION = """
Everything that game code imports, made from the docstrings by `python -m kizuna.runtime.reference`.
[Game code](game-code.md) tells how it belongs together.

- [App](#app): registering functions
- [Context](#context): what a function is told about its call
- [Server API](#server-api): `ctx.nk`
- [Types](#types): what the server API takes and gives
- [Errors](#errors)
- [Operations](#operations): what hooks stand before and after
- [Messages](#messages): requests and responses of the operations, `from kizuna.runtime import api`
- [Messages of Teams](#messages-of-teams): `from kizuna.runtime.api import teams`
"""

_OPERATIONS = """
`app.before(operations.AddFriends, fn)`, with `from kizuna.runtime import operations`. A dash stands for no
request or no response.
"""

_SYSTEM_USER = (
    "the id of the server itself, as the owner of objects and the sender of messages. "
    'For an owner, `""` means it too.'
)

#: The longest line of a signature.
_WIDTH = 100

#: Methods that the server calls.
_OF_THE_SERVER = {"close", "process"}

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def render() -> str:
    """The page, in Markdown."""
    sections = [
        ("", [_INTRODUCTION.strip()]),
        ("App", _class_lines(App, "app")),
        (
            "Context",
            [*_class_lines(Context, "ctx"), "### GameLogger", *_class_lines(GameLogger, "ctx.logger")],
        ),
        ("Server API", _server_api()),
        ("Types", _types()),
        ("Errors", _errors()),
        ("Operations", _operations()),
        ("Messages", _messages()),
        ("Messages of Teams", _messages_of_teams()),
    ]
    blocks = ["# Python API"]
    for title, lines in sections:
        blocks += [f"## {title}"] if title else []
        blocks += lines
    return "\n\n".join(blocks) + "\n"


def _server_api() -> Iterator[str]:
    yield _documentation(_module_of(Nakama))
    for part in Nakama.__bases__:
        heading = re.split(r",? for game code|[:.]", inspect.getdoc(_module_of(part)) or "")[0]
        yield f"### {heading}"
        yield from _class_lines(part, "nk")
        if part is WithTeams:
            for each in TeamsApi.__bases__:
                yield from _section_lines(each, "nk.teams")


def _types() -> Iterator[str]:
    yield f"### SYSTEM_USER\n\n`{SYSTEM_USER!r}`: {_SYSTEM_USER}"
    for name, value in _exported():
        if kinds := _kinds_of(value):
            yield f"### {name}"
            yield _documentation(value)
            yield "Kinds: " + ", ".join(f"[`{each}`](#{each.lower()})" for each in kinds) + "."
        elif isinstance(value, type) and _is_record(value):
            yield f"### {name}"
            yield from _record_lines(value)


def _kinds_of(value: Any) -> list[str]:
    """The records that are kinds of this class; none of what is a record itself, or no class."""
    if not isinstance(value, type) or _is_record(value):
        return []
    kinds = ((name, each) for name, each in _exported() if isinstance(each, type) and _is_record(each))
    return [name for name, each in kinds if issubclass(each, value)]


def _errors() -> Iterator[str]:
    for name, value in _exported():
        if isinstance(value, type) and issubclass(value, Exception):
            base = value.__bases__[0]
            yield f"### {name}"
            yield _documentation(value) + ("" if base is Exception else f" It is a `{base.__name__}`.")


def _operations() -> Iterator[str]:
    yield _OPERATIONS.strip()
    rows = ["| operation | request | response |", "|---|---|---|"]
    for name, operation in operations.BY_NAME.items():
        request = _message_link(operation.request, shown=operation.has_input)
        response = _message_link(operation.response, shown=operation.has_response)
        rows.append(f"| `{name}` | {request} | {response} |")
    yield "\n".join(rows)


def _messages() -> Iterator[str]:
    for name in sorted(vars(api)):
        value = getattr(api, name)
        if dataclasses.is_dataclass(value) and isinstance(value, type):
            yield f"### api.{name}"
            yield from _record_lines(value)


def _messages_of_teams() -> Iterator[str]:
    yield _documentation(teams).partition("\n\n")[2]
    for name in teams.__all__:
        yield f"### teams.{name}"
        yield from _record_lines(getattr(teams, name))


def _message_link(message: type, *, shown: bool) -> str:
    name = message.__name__
    return f"[`api.{name}`](#api{name.lower()})" if shown else "–"


def _exported() -> Iterator[tuple[str, Any]]:
    return ((name, getattr(kizuna.runtime, name)) for name in kizuna.runtime.__all__)


# --- classes, as their source shows them: annotations and defaults are what somebody has written ---


def _class_lines(documented: type, variable: str) -> Iterator[str]:
    """What a class says of itself and of its public methods and properties."""
    yield _documentation(documented)
    yield from _member_lines(documented, variable)


def _section_lines(documented: type, variable: str) -> Iterator[str]:
    """The same below a heading of its own, which is the first sentence of what the class says of itself."""
    heading, _, text = _documentation(documented).partition(".")
    yield f"### {heading}"
    if text.strip():
        yield text.strip()
    yield from _member_lines(documented, variable)


def _member_lines(documented: type, variable: str) -> Iterator[str]:
    """What a class says of its public methods and properties."""
    for node, following in pairwise([*_body(documented), ast.Pass()]):
        if text := _attribute_text(node, following):
            declared = f"{variable}.{_field(node).partition(' = ')[0]}"
            yield from _entry(declared.partition(":")[0], declared, text)
        elif isinstance(node, _Function) and not _is_hidden(node):
            declared = _signature(node, f"{variable}.")
            yield from _entry(f"{variable}.{node.name}", declared, ast.get_docstring(node))


def _entry(name: str, declaration: str, text: str | None) -> Iterator[str]:
    """A method, a property or an attribute."""
    yield f"#### {name}"
    yield f"```python\n{declaration}\n```"
    if text:
        yield text


def _attribute_text(node: ast.stmt, following: ast.stmt) -> str:
    """The text that follows the declaration of an attribute, "" if none does, or after anything else."""
    if not isinstance(node, ast.AnnAssign) or not isinstance(following, ast.Expr):
        return ""
    text = following.value.value if isinstance(following.value, ast.Constant) else None
    return inspect.cleandoc(text) if isinstance(text, str) else ""


def _record_lines(documented: type) -> Iterator[str]:
    """What a class says of itself, and its fields."""
    yield _documentation(documented)
    fields = [line for node in _body(documented) if (line := _field(node))]
    if fields:
        yield "\n".join(f"- `{line}`" for line in fields)
    for node in _body(documented):
        if isinstance(node, ast.FunctionDef) and _is_property(node) and not node.name.startswith("_"):
            yield f"- `{_signature(node)}`: {ast.get_docstring(node)}"


def _signature(node: _Function, prefix: str = "") -> str:
    """How a method is called, or a property read, and what it gives."""
    gives = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    name = prefix + node.name
    if _is_property(node):
        return f"{name}{gives.replace(' ->', ':')}"
    if isinstance(node, ast.AsyncFunctionDef):
        name = f"await {name}"
    parameters = list(_parameters(node.args))
    line = f"{name}({', '.join(parameters)}){gives}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {parameter}," for parameter in parameters), f"){gives}"])


def _parameters(arguments: ast.arguments) -> Iterator[str]:
    """The parameters of a method, without `self`."""
    without: list[ast.expr | None] = [None] * (len(arguments.args) - len(arguments.defaults))
    for argument, default in zip(arguments.args, [*without, *arguments.defaults], strict=True):
        if argument.arg != "self":
            yield _declared(argument, default)
    if arguments.vararg:
        yield f"*{ast.unparse(arguments.vararg)}"
    elif arguments.kwonlyargs:
        yield "*"
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _declared(argument, default)
    if arguments.kwarg:
        yield f"**{ast.unparse(arguments.kwarg)}"


def _declared(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


def _field(node: ast.stmt) -> str:
    """A field of a record, or a member of an enumeration; "" for anything else."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return "" if node.targets[0].id.startswith("_") else ast.unparse(node)
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        return ""
    if node.target.id.startswith("_"):
        return ""
    declared = f"{node.target.id}: {ast.unparse(node.annotation)}"
    default = _default(node.value)
    return f"{declared} = {default}" if default else declared


def _default(value: ast.expr | None) -> str:
    """A field's default, that of `field(…)` too; "" for none."""
    if not isinstance(value, ast.Call) or ast.unparse(value.func) != "field":
        return "" if value is None else ast.unparse(value)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in value.keywords}
    if factory := given.get("default_factory"):
        return {"dict": "{}", "list": "[]"}.get(factory, f"{factory}()")
    return given.get("default", "")


def _body(documented: type) -> list[ast.stmt]:
    return _definitions(_module_of(documented))[documented.__name__].body


@cache
def _definitions(module: ModuleType) -> dict[str, ast.ClassDef]:
    """The classes that a module defines, by their names."""
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _documentation(documented: type | ModuleType) -> str:
    return inspect.cleandoc(documented.__doc__ or "")


def _module_of(documented: type) -> ModuleType:
    return sys.modules[documented.__module__]


def _is_property(node: _Function) -> bool:
    return any(ast.unparse(decorator) == "property" for decorator in node.decorator_list)


def _is_hidden(node: _Function) -> bool:
    """Whether a method is private, the server's, or a variant of another one."""
    is_overload = any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list)
    return is_overload or node.name.startswith("_") or node.name in _OF_THE_SERVER


def _is_record(value: type) -> bool:
    """Whether a class is a dataclass, a named tuple or an enumeration."""
    return dataclasses.is_dataclass(value) or issubclass(value, Enum) or hasattr(value, "_fields")


if __name__ == "__main__":
    sys.stdout.write(render())
