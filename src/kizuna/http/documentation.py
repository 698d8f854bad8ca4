"""/openapi.json and /docs: what this server serves, in its own spelling of names.

Operations come from the routers that serve them. Their descriptions, parameters and schemas come from the
reference's OpenAPI document that ships with kizuna, with names in snake_case as they are on the wire, under
the corrections that lie beside it. Teams, which that does not know, have a document of their own.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse

from kizuna import __version__
from kizuna.http.routes import Routes

_PLACES = (Path(__file__).parents[1] / "_openapi", Path(__file__).parents[3] / "openapi")
_REFERENCE, _CORRECTIONS, _TEAMS = "nakama-v2.yaml", "corrections.yaml", "kizuna.yaml"
_SNAKE = re.compile(r"(?<=[a-z0-9])([A-Z])")

_ROOT = '<div id="swagger-ui">'

#: What stands on the page until Swagger UI takes its place.
_OFFLINE = """
<p style="font: 1rem sans-serif; margin: 2rem">
This page shows itself with Swagger UI, which your browser loads from the internet (cdn.jsdelivr.net).
Without the internet, read <a href="openapi.json">/openapi.json</a>, which says the same.
</p>
"""


def documentation(features: Sequence[Routes], *, with_teams: bool = False) -> FastAPI:
    """A FastAPI application that shows the features' operations; they are served by the dispatcher.

    `with_teams` shows those of Teams besides, of which its own document tells everything.
    """
    app = FastAPI(title="kizuna", version=__version__, docs_url=None, redoc_url=None)
    app.get("/docs", include_in_schema=False)(_page)
    for routes in features:
        app.include_router(_router(routes))
    app.openapi = lambda: _described(app, with_teams)  # type: ignore[method-assign]
    return app


def _router(routes: Routes) -> APIRouter:
    router = APIRouter(tags=[routes.tag])
    for endpoint in routes.endpoints:
        operation = endpoint.operation
        router.add_api_route(
            operation.path,
            endpoint.handler,
            methods=[operation.method],
            operation_id=operation.name,
            response_model=None,
        )
    return router


async def _page() -> HTMLResponse:
    page = get_swagger_ui_html(openapi_url="openapi.json", title="kizuna").body
    return HTMLResponse(bytes(page).decode().replace(_ROOT, _ROOT + _OFFLINE))


def _described(app: FastAPI, with_teams: bool) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        reference = _reference()
        schema["info"]["description"] = reference["info"]["description"]
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                described = _operation(reference, path, method) or operation
                methods[method] = {**described, "tags": operation["tags"]}
        schema["components"] = reference["components"]
        if with_teams:
            teams = teams_document()
            schema["paths"].update(teams["paths"])
            schema["components"] = patched(schema["components"], teams["components"])
        app.openapi_schema = schema
    return app.openapi_schema


@cache
def teams_document() -> dict[str, Any]:
    """What is said of Teams: OpenAPI `paths` and `components`.

    The operations that are RPCs too name these as `x-rpc-id`.
    """
    return _document(_TEAMS)


@cache
def _reference() -> dict[str, Any]:
    """The reference's document in the wire's spelling, corrected."""
    renamed = _renamed(_document(_REFERENCE))
    paths = {_snake_case(path): methods for path, methods in renamed["paths"].items()}
    corrected: dict[str, Any] = patched({**renamed, "paths": paths}, _document(_CORRECTIONS))
    return corrected


def _document(name: str) -> dict[str, Any]:
    import yaml

    for place in _PLACES:
        document = place / name
        if document.is_file():
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            loaded: dict[str, Any] = yaml.load(document.read_text(), loader)
            return loaded
    raise RuntimeError(f"{name} of kizuna's OpenAPI documents is missing from this installation")


def _operation(reference: dict[str, Any], path: str, method: str) -> dict[str, Any] | None:
    known = reference["paths"].get(path, {}).get(method)
    if known is None:
        return None
    security: list[Any] = [] if path == "/healthcheck" else [{"BearerJwt": []}]
    return {"security": security, **known, "operationId": known["operationId"].removeprefix("Nakama_")}


def _renamed(node: Any) -> Any:
    """The same document with the names of properties and parameters in snake_case."""
    if isinstance(node, list):
        return [_renamed(item) for item in node]
    if not isinstance(node, dict):
        return node
    renamed = {
        key: _renamed_properties(value) if key == "properties" else _renamed(value)
        for key, value in node.items()
    }
    if node.get("in") in ("path", "query"):
        renamed["name"] = _snake_case(node["name"])
    return renamed


def _renamed_properties(properties: dict[str, Any]) -> dict[str, Any]:
    """Schemas by the names of properties, which may be words of the schema language too."""
    return {_snake_case(name): _renamed(schema) for name, schema in properties.items()}


def patched(document: Any, patch: Any) -> Any:
    """A document under a JSON merge patch, which names the items of a list by their `name`."""
    if not isinstance(patch, dict):
        return patch
    if isinstance(document, list):
        return list(patched({item["name"]: item for item in document}, patch).values())
    result = dict(document) if isinstance(document, dict) else {}
    for key, change in patch.items():
        if change is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), change)
    return result


def _snake_case(name: str) -> str:
    """`displayName` as `display_name`."""
    return _SNAKE.sub(lambda match: f"_{match[1].lower()}", name)
