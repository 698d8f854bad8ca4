"""The reference page is what the docstrings say."""

import inspect
from pathlib import Path

import pytest

import kizuna.runtime
from kizuna.runtime import App, Context, Nakama, operations, reference

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == reference.render(), "python -m kizuna.runtime.reference > docs/api.md"


def test_the_page_names_every_call_of_the_server_api() -> None:
    page = reference.render()
    calls = [name for name, _ in inspect.getmembers(Nakama) if not name.startswith("_")]
    assert len(calls) > 90
    assert [name for name in calls if f"#### nk.{name}\n" not in page] == []


@pytest.mark.parametrize(("documented", "variable"), [(App, "app"), (Context, "ctx")])
def test_the_page_names_what_functions_are_registered_with_and_told(documented: type, variable: str) -> None:
    page = reference.render()
    names = [name for name in vars(documented) if not name.startswith("_") and name != "close"]
    for name in names:
        if callable(getattr(documented, name)) or isinstance(vars(documented)[name], property):
            assert f"#### {variable}.{name}\n" in page


def test_the_page_names_every_operation_and_every_type() -> None:
    page = reference.render()
    for name in operations.BY_NAME:
        assert f"| `{name}` |" in page
    for name in kizuna.runtime.__all__:
        if isinstance(getattr(kizuna.runtime, name), type):
            assert f"# {name}\n" in page or name == "Nakama", name


@pytest.mark.parametrize(
    "entry",
    [
        "#### ctx.execution_mode\n\n```python\nctx.execution_mode: str\n```\n\nWhat kind of function is",
        "#### ctx.function_id\n\n```python\nctx.function_id: str\n```\n\nThe id of the RPC,",
        "ctx.logger.with_fields(**fields: Any) -> 'GameLogger'\n",
        "### SYSTEM_USER\n\n`'00000000-0000-0000-0000-000000000000'`: the id of the server itself,",
        "Kinds: [`GroupCreate`](#groupcreate), [`GroupDelete`](#groupdelete),",
        "### ApiError\n\nA refusal. `code` is a gRPC code, `message` a text",
    ],
)
def test_what_is_no_method_and_no_record_has_its_entry_too(entry: str) -> None:
    assert reference.render().count(entry) == 1


@pytest.mark.parametrize("part", Nakama.__bases__)
def test_every_call_of_the_server_api_says_what_it_does(part: type) -> None:
    for name, member in vars(part).items():
        if not name.startswith("_"):
            assert inspect.getdoc(member), f"{part.__name__}.{name}"
