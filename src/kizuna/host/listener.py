"""The listening socket.

It is bound early, so that a taken port is known at once, and listens when everything else is ready.
"""

import contextlib
import ctypes
import errno
import select
import socket
import struct
import sys

from kizuna.host.errors import HostError

#: Connections that may wait to be accepted; the system may allow fewer.
BACKLOG = 4096

_SO_ATTACH_FILTER = 26


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not yet listening. Raises HostError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise HostError(f"There is no address for the host {host!r}.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise HostError(_sentence(error, host, port)) from None
    return listener


def listen(listener: socket.socket) -> None:
    """Let clients connect. Raises HostError when somebody else came first."""
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        host, port = listener.getsockname()[:2]
        raise HostError(_sentence(error, host, port)) from None


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host or '0.0.0.0'} is already in use. Choose another one with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"This machine has no address {host}."
    if error.errno == errno.EACCES:
        return f"Listening on port {port} needs more rights than this user has. Choose one above 1023."
    return f"Cannot listen on port {port} of {host}: {error.strerror}."


def turn_away(listener: socket.socket) -> None:
    """Let no new connection begin, without a word to the client, while those under way are still completed.

    Closing a listening socket resets whatever waits in its queue, and a client that has been told it is
    connected loses its request. So the queue is emptied first, and nothing may be added meanwhile: a client's
    opening packet is ignored, it tries again a second later and finds the next server, or none. Linux only;
    elsewhere this does nothing.
    """
    if sys.platform != "linux":
        return
    # Classic BPF over the TCP header: drop packets that have SYN set and ACK clear.
    program = b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (0x30, 0, 0, 13),  # load the flags
            (0x54, 0, 0, 0x12),  # keep SYN and ACK
            (0x15, 0, 1, 0x02),  # SYN alone?
            (0x06, 0, 0, 0),  # drop
            (0x06, 0, 0, 0xFFFFFFFF),  # take
        )
    )
    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HP", len(program) // 8, ctypes.addressof(buffer))
    with contextlib.suppress(OSError):  # a sandbox may forbid it; then it is as on other systems
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)


def has_waiting(listener: socket.socket) -> bool:
    """Whether connections wait to be accepted."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return bool(poll.poll(0))
