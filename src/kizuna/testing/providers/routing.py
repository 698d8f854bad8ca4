"""Which part answers a request."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from kizuna.testing.providers.part import Handler, Part

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """A method and a path, in which "{name}" stands for one segment or a part of it."""

    method: str
    path: str
    handler: Handler

    @property
    def pattern(self) -> re.Pattern[str]:
        """What matches a path as it comes, with its escapes."""
        pieces = _PARAMETER.split(self.path)
        texts, names = map(re.escape, pieces[::2]), [*pieces[1::2], ""]
        groups = [f"(?P<{name}>[^/]+)" if name else "" for name in names]
        return re.compile("".join(text + group for text, group in zip(texts, groups, strict=True)))


class Router:
    """The routes of all parts. ValueError if two parts want the same one."""

    def __init__(self, parts: Iterable[Part]) -> None:
        routes: dict[str, Route] = {}
        for part in parts:
            for spelled, handler in part.routes().items():
                if spelled in routes:
                    raise ValueError(f"two parts answer {spelled}, {part.name} is the second")
                method, path = spelled.split(" ", 1)
                routes[spelled] = Route(method, path, handler)
        # The more a path says itself, the earlier it is tried.
        ordered = sorted(routes.values(), key=lambda route: len(_PARAMETER.sub("", route.path)), reverse=True)
        self._routes = [(route.pattern, route) for route in ordered]

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """The route of a request, and the parameters of its path, unescaped."""
        for pattern, route in self._routes:
            if route.method == method and (match := pattern.fullmatch(path)):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None
