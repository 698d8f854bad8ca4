"""Where a request comes from, told to game code only as far as it asks."""

from kizuna.http import compression
from kizuna.http.call import Call
from kizuna.http.parameters import parse_query

#: The OpenAPI document spells the key's parameter in the second way.
_KEY_NAMES = ("http_key", "httpKey")

_HIDDEN = frozenset((b"host", b"grpc-timeout"))


class HttpOrigin:
    """The request behind a call of game code. `parameters` holds all of its query parameters."""

    __slots__ = ("_call", "parameters")

    def __init__(self, call: Call) -> None:
        self._call = call
        query: bytes = call.scope["query_string"]
        self.parameters = parse_query(query) if query else {}

    @property
    def http_key(self) -> str:
        """The key in the query, "" without one."""
        for name in _KEY_NAMES:
            if (values := self.parameters.get(name)) and values[0]:
                return values[0]
        return ""

    @property
    def query_params(self) -> dict[str, list[str]]:
        """Values by parameter name, without the HTTP key."""
        return {name: values for name, values in self.parameters.items() if name not in _KEY_NAMES}

    @property
    def headers(self) -> dict[str, list[str]]:
        """Values by header name in canonical spelling (`Content-Type`)."""
        headers: dict[str, list[str]] = {}
        for name, value in self._call.scope["headers"]:
            if name not in _HIDDEN and not (name == b"accept-encoding" and compression.accepted(value)):
                headers.setdefault(_canonical(name), []).append(value.decode("latin-1"))
        return headers

    @property
    def client_ip(self) -> str:
        """The client's address."""
        return self._address()[0]

    @property
    def client_port(self) -> str:
        """Its port, "" where a proxy hides it."""
        return self._address()[1]

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header, its name in lower case."""
        for known, value in self._call.scope["headers"]:
            if known == name:
                found: bytes = value
                return found
        return None

    def _address(self) -> tuple[str, str]:
        return self._call.client_endpoint


def _canonical(name: bytes) -> str:
    return "-".join(part.capitalize() for part in name.decode("latin-1").split("-"))
