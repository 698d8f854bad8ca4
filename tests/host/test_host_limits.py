"""What a connection of a client is allowed, on the wire."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.host.running import Running, read_all, read_answer, request, running, until

READ = 0.4
IDLE = 0.5


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    limits = {
        "read_timeout_ms": int(READ * 1000),
        "write_timeout_ms": 700,
        "idle_timeout_ms": int(IDLE * 1000),
    }
    with running({"socket": limits}) as started:
        yield started


@pytest.fixture
def client(server: Running) -> Iterator[socket.socket]:
    with server.connect() as connection:
        yield connection


def head_of(size: int) -> bytes:
    """A request head of exactly that many bytes, blank line included."""
    empty = request(headers="X-Fill: \r\n")
    return request(headers=f"X-Fill: {'x' * (size - len(empty))}\r\n")


def is_refusal(answer: tuple[int, bytes, bytes], status: int, body: bytes) -> bool:
    got, head, text = answer
    return (
        got == status
        and text == body
        and b"content-type: text/plain; charset=utf-8" in head
        and b"connection: close" in head
    )


TOO_LARGE = (431, b"431 Request Header Fields Too Large")
MALFORMED = (400, b"Invalid HTTP request received.")
TIMEOUT = (408, b"408 Request Timeout")


def test_the_longest_head_is_served(client: socket.socket) -> None:
    assert len(head_of(9216)) == 9216
    client.sendall(head_of(9216))
    assert read_answer(client)[0] == 200


def test_one_byte_more_is_refused(client: socket.socket) -> None:
    client.sendall(head_of(9217))
    assert is_refusal(read_answer(client), *TOO_LARGE)
    assert client.recv(1) == b""


@pytest.mark.parametrize(("size", "served"), [(9216, True), (9217, False)])
@pytest.mark.parametrize("cut", [1, 4000, 9212, 9213, 9214, 9215])
def test_the_size_counts_over_packets(client: socket.socket, size: int, served: bool, cut: int) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = head_of(size)
    client.sendall(head[:cut])
    time.sleep(0.02)  # so that the parts arrive separately
    client.sendall(head[cut:])
    assert read_answer(client)[0] == (200 if served else 431)


def test_the_size_counts_without_the_body(client: socket.socket) -> None:
    body = b"b" * 100_000
    empty = request("/echo", body=body, headers="X-Fill: \r\n")
    fill = "x" * (9216 - (len(empty) - len(body)))
    client.sendall(request("/echo", body=body, headers=f"X-Fill: {fill}\r\n"))
    assert read_answer(client)[2] == body


def test_the_second_request_of_a_connection_is_measured_alike(client: socket.socket) -> None:
    for size in (9216, 9216, 9217):
        client.sendall(head_of(size))
        status, _, _ = read_answer(client)
    assert status == 431


def test_a_refusal_is_readable_although_more_input_comes(client: socket.socket) -> None:
    client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 2_000_000)
    assert is_refusal(read_answer(client), *TOO_LARGE)


def test_an_early_answer_is_readable_although_its_request_goes_on(client: socket.socket) -> None:
    client.sendall(b"POST /refuse HTTP/1.1\r\nHost: test\r\nContent-Length: 3000000\r\n\r\n")
    client.sendall(b"x" * 2_000_000)
    assert read_answer(client)[2] == b"no"


def test_slow_headers_end_in_408(client: socket.socket) -> None:
    started = time.monotonic()
    client.sendall(b"GET / HTTP/1.1\r\nHost:")
    assert is_refusal(read_answer(client), *TIMEOUT)
    assert READ - 0.1 < time.monotonic() - started < READ + 8


def test_trickling_headers_do_not_buy_time(client: socket.socket) -> None:
    started = time.monotonic()
    client.sendall(b"GET / HTTP/1.1\r\nX: ")
    client.settimeout(0.05)
    answer = b""
    while not answer:
        client.sendall(b"x")
        try:
            answer = client.recv(65536)
        except TimeoutError:
            assert time.monotonic() - started < READ + 8
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_slow_body_ends_in_408(client: socket.socket) -> None:
    client.sendall(b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345")
    assert is_refusal(read_answer(client), *TIMEOUT)


def test_a_client_that_says_nothing_is_hung_up_on(client: socket.socket) -> None:
    assert read_all(client) == b""


def test_an_idle_connection_is_closed(client: socket.socket) -> None:
    client.sendall(request())
    read_answer(client)
    started = time.monotonic()
    assert client.recv(1) == b""
    assert IDLE - 0.1 < time.monotonic() - started < IDLE + 8


def test_a_slow_answer_is_not_the_clients_fault(client: socket.socket) -> None:
    client.sendall(request(f"/slow?{READ + IDLE + 0.3}"))
    assert read_answer(client)[0] == 200


def test_an_answer_that_is_not_taken_is_given_up(server: Running) -> None:
    """Enough echoes to fill every buffer on the way; the server must not keep them for ever."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(0.2)
        client.connect(("127.0.0.1", server.port))
        message = request("/echo", body=b"x" * 250_000)

        def cut() -> bool:
            try:
                client.sendall(message)
            except TimeoutError:
                return False
            except OSError:
                return True
            return False

        until(cut, "the connection is cut")


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: test\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_http_is_refused_in_words(server: Running, client: socket.socket, garbage: bytes) -> None:
    client.sendall(garbage)
    assert is_refusal(read_answer(client), *MALFORMED)
    assert client.recv(1) == b""
    assert "Traceback" not in server.errors


def test_a_client_that_leaves_is_no_error(server: Running) -> None:
    with server.connect() as client:
        client.sendall(request("/slow?0.2") * 3)
    before = int(server.get("/finished"))
    until(lambda: int(server.get("/finished")) > before, "the request that was left behind ends")
    assert "Traceback" not in server.errors


def test_garbage_behind_a_request_leaves_it_its_answer(client: socket.socket) -> None:
    client.sendall(request("/slow?0.1", body=b"{}") + b"garbage\r\n\r\n")
    status, head, body = read_answer(client)
    assert (status, body) == (200, b"{}")
    assert b"connection: close" in head
    assert client.recv(1) == b""


def test_requests_sent_ahead_are_answered_in_order(client: socket.socket) -> None:
    client.sendall(b"".join(request("/echo", body=b"%d" % n) for n in range(5)) + request(close=True))
    bodies = [part.split(b"\r\n\r\n")[1] for part in read_all(client).split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"0", b"1", b"2", b"3", b"4", b"{}"]


@pytest.mark.parametrize("wish", ["h2c", "websocket"])
def test_a_wish_for_another_protocol_is_left_unheard(client: socket.socket, wish: str) -> None:
    upgrade = request(headers=f"Connection: Upgrade\r\nUpgrade: {wish}\r\n")
    client.sendall(upgrade)
    assert read_answer(client)[0] == 200
    client.sendall(upgrade + request(close=True))
    assert read_all(client).count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("sliced", [1, 7, 10_000])
@pytest.mark.parametrize(
    "framed", [b"Content-Length: 4\r\n\r\nbody", b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"]
)
def test_a_body_with_such_a_wish_arrives(client: socket.socket, framed: bytes, sliced: int) -> None:
    wish = b"POST /echo HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    sent = wish + framed + wish + b"Content-Length: 0\r\n\r\n" + wish + framed + request(close=True)
    for start in range(0, len(sent), sliced):
        client.sendall(sent[start : start + sliced])
    bodies = [part.split(b"\r\n\r\n")[1] for part in read_all(client).split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"body", b"", b"body", b"{}"]


def test_what_is_sent_far_ahead_waits(server: Running) -> None:
    """More than the server holds back: it stops reading until it has caught up."""
    bodies = [b"%d " % n + b"x" * 40_000 for n in range(60)]
    with server.connect() as client:
        sent = b"".join(request("/echo", body=body) for body in bodies) + request(close=True)
        sender = threading.Thread(target=client.sendall, args=(sent,))
        sender.start()
        answers = [part.split(b"\r\n\r\n")[1] for part in read_all(client).split(b"HTTP/1.1 200 OK")[1:]]
        sender.join()
    assert answers == [*bodies, b"{}"]


def test_a_tunnel_is_refused(client: socket.socket) -> None:
    client.sendall(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
    assert is_refusal(read_answer(client), *MALFORMED)


def test_trailers_without_end_are_refused(client: socket.socket) -> None:
    client.sendall(b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
    answer: Any = b""
    client.settimeout(0.01)
    for n in range(100):
        try:
            client.sendall(b"X-Trailer-%d: " % n + b"x" * 1000 + b"\r\n")
            answer = client.recv(65536)
            break
        except TimeoutError:
            continue
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_long_chunked_body_is_no_stray_input(client: socket.socket) -> None:
    client.sendall(b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(50):
        client.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
    client.sendall(b"0\r\n\r\n")
    assert len(read_answer(client)[2]) == 50_000
