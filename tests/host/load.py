"""Clients that keep a server busy and notice every request that fails."""

import socket
import threading
from types import TracebackType

from tests.host.running import read_answer, request


class Load:
    """Keep-alive clients that send one request after the other until the server takes no connections.

    A client may find no server when it connects. Once it is connected, or has been told that the connection
    stays open, it must get its answer.
    """

    def __init__(self, port: int, clients: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._answered = [0] * clients
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def answered(self) -> int:
        return sum(self._answered)

    def _run(self, number: int) -> None:
        while not self._stop.is_set():
            try:
                client = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            except ConnectionRefusedError:
                return
            with client:
                try:
                    self._converse(client, number)
                except OSError as error:
                    self.failures.append(repr(error))
                    return

    def _converse(self, client: socket.socket, number: int) -> None:
        while not self._stop.is_set():
            path = "/slow?0.02" if (number + self._answered[number]) % 3 else "/echo"
            client.sendall(request(path, body=b"x" * 300))
            status, head, body = read_answer(client)
            if status != 200 or not body:
                self.failures.append(f"{status} {head!r} {body!r}")
                return
            self._answered[number] += 1
            if b"connection: close" in head:
                return
