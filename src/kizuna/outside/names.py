"""The addresses of hosts, looked up so that a name that hangs holds up nobody who asks for another."""

import asyncio
import socket
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain, zip_longest
from threading import Thread

#: Lookups at once, each of another name. Games ask a dozen hosts, whatever clients send.
_MOST_LOOKUPS = 64


class Names:
    """Looks names up, each in a thread of its own, and each once at a time however many ask for it.

    The threads of the event loop are few, and a lookup cannot be ended: some that hang would hold up all.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Future[list[str]]] = {}

    async def addresses(self, host: str) -> list[str]:
        """The IP addresses of a host in the order in which they are best tried. OSError if there is none."""
        found = self._under_way.get(host) or self._begin(host)
        return await asyncio.shield(found)

    def _begin(self, host: str) -> asyncio.Future[list[str]]:
        if len(self._under_way) >= _MOST_LOOKUPS:
            raise OSError("too many names are being looked up")
        found = self._under_way[host] = asyncio.get_running_loop().create_future()

        def done(_: asyncio.Future[list[str]]) -> None:
            del self._under_way[host]
            found.exception()  # whoever waited has it; nobody else needs to hear of it

        found.add_done_callback(done)
        Thread(target=_look_up, args=(host, found), name=f"look up {host}", daemon=True).start()
        return found


def _look_up(host: str, found: asyncio.Future[list[str]]) -> None:
    addresses: list[str] = []
    error: OSError | None = None
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = _alternating((family, str(address[0])) for family, _, _, _, address in entries)
    except OSError as failed:
        error = failed
    except UnicodeError:
        error = OSError("it is no name of a host")
    with suppress(RuntimeError):  # the server has ended meanwhile
        found.get_loop().call_soon_threadsafe(_tell, found, addresses, error)


def _tell(found: asyncio.Future[list[str]], addresses: list[str], error: OSError | None) -> None:
    if error is None:
        found.set_result(addresses)
    else:
        found.set_exception(error)


def _alternating(addresses: Iterable[tuple[int, str]]) -> list[str]:
    """Addresses of two families by turns: where one of the two leads nowhere, the next may not."""
    families: dict[int, list[str]] = {}
    for family, address in addresses:
        families.setdefault(family, []).append(address)
    by_turns = chain.from_iterable(zip_longest(*families.values()))
    return [address for address in by_turns if address is not None]
