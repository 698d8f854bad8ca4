"""The pages beside the API, made when somebody looks at them.

Most servers are never asked for them, and FastAPI with all that it brings is a tenth of an idle server.
"""

import asyncio
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from kizuna.http.routes import Routes


class Pages:
    """An ASGI application: `/docs` and `/openapi.json`. See `documentation.documentation`."""

    def __init__(self, features: Sequence[Routes], *, with_teams: bool) -> None:
        self._features = features
        self._with_teams = with_teams
        self._app: ASGIApp | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._making:
            if self._app is None:
                # Apart: it takes a good part of a second, in which others are served.
                self._app = await asyncio.to_thread(self._made)
        await self._app(scope, receive, send)

    def _made(self) -> ASGIApp:
        from kizuna.http.documentation import documentation

        app = documentation(self._features, with_teams=self._with_teams)
        app.openapi()
        return app
