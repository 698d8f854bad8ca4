"""What `kizuna serve` prints when it is ready."""

import json
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, distribution

from kizuna import __version__
from kizuna.settings import Settings

#: Lines for the end of the banner, given the server's URL.
Announcement = Callable[[str], Sequence[str]]


def silence(url: str) -> Sequence[str]:
    """An announcement of nothing."""
    return ()


def product() -> str:
    """Name and version."""
    try:
        distribution("kizuna")
    except PackageNotFoundError:
        return f"kizuna {__version__} (from a checkout)"
    return f"kizuna {__version__}"


def render(
    settings: Settings,
    host: str,
    port: int,
    storage: str,
    workers: int = 1,
    announcement: Announcement = silence,
) -> str:
    """The banner for a server on an address; `storage` tells where the data is, without secrets."""
    url = base_url(host, port)
    everywhere = " (every interface)" if host in ("0.0.0.0", "::") else ""
    default = settings.default_keys()
    note = " (the default one)" if "socket.server_key" in default else ""
    lines = [
        product(),
        f"  address     {url}{everywhere}",
        f"  server key  {settings.socket.server_key}{note}",
        f"  data        {storage}",
        *([f"  workers     {workers}"] if workers > 1 else []),
        *(
            f"Warning: {key} has its public default value; set your own before players come."
            for key in default
        ),
        "This signs a first player in:",
        first_request(url, settings.socket.server_key),
        *announcement(url),
    ]
    return "\n".join(lines) + "\n"


def base_url(host: str, port: int) -> str:
    """The URL under which this machine reaches a server that listens on `host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def first_request(url: str, server_key: str) -> str:
    """A command for any POSIX shell that answers with a session."""
    body = json.dumps({"id": "my-first-device"}, separators=(",", ":"))
    target = f"{url}/v2/account/authenticate/device?create=true"
    return f'curl "{target}" --user {shell_quoted(server_key + ":")} --data {shell_quoted(body)}'


def shell_quoted(text: str) -> str:
    """A text as one word of a POSIX shell."""
    return "'" + text.replace("'", "'\"'\"'") + "'"
