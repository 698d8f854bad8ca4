"""/openapi.json and /docs: what this server serves, in its own spelling of names.

Operations come from the routers that serve them. Their descriptions, parameters and schemas come from the
reference's OpenAPI document that ships with kizuna, with names in snake_case as they are on the wire.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from kizuna import __version__

_PLACES = (Path(__file__).parents[1] / "_openapi", Path(__file__).parents[3] / "openapi")
_SNAKE = re.compile(r"(?<=[a-z0-9])([A-Z])")


def documentation(routers: Sequence[APIRouter]) -> FastAPI:
    """A FastAPI application that shows the routers' operations; they are served by the dispatcher."""
    app = FastAPI(title="kizuna", version=__version__, redoc_url=None)
    for router in routers:
        app.include_router(router)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        reference = _reference()
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                operation.update(_operation(reference, path, method))
        schema["components"] = _renamed(reference["components"])
        app.openapi_schema = schema
    return app.openapi_schema


@cache
def _reference() -> dict[str, Any]:
    import yaml

    for place in _PLACES:
        document = place / "nakama-v2.yaml"
        if document.is_file():
            loaded: dict[str, Any] = yaml.load(
                document.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            )
            return loaded
    raise RuntimeError("kizuna's OpenAPI document is missing from this installation")


def _operation(reference: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    for known, methods in reference["paths"].items():
        if snake_case(known) == path and method in methods:
            described: dict[str, Any] = _renamed(methods[method])
            del described["tags"]
            described["operationId"] = described["operationId"].removeprefix("Nakama_")
            described.setdefault("security", [{"BearerJwt": []}] if path != "/healthcheck" else [])
            return described
    return {}


def _renamed(node: Any) -> Any:
    """The same schema with the names of properties and parameters in snake_case."""
    if isinstance(node, list):
        return [_renamed(item) for item in node]
    if not isinstance(node, dict):
        return node
    renamed = {key: _renamed(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict):
        renamed["properties"] = {snake_case(key): value for key, value in renamed["properties"].items()}
    if "in" in node and isinstance(node.get("name"), str):
        renamed["name"] = snake_case(node["name"])
    return renamed


def snake_case(name: str) -> str:
    """`displayName` as `display_name`."""
    return (
        _SNAKE.sub(r"_\1", name).lower()
        if name[:1] != "/"
        else _SNAKE.sub(lambda m: "_" + m[1].lower(), name)
    )
