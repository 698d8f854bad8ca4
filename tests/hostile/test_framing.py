"""Requests that are wrong, slow, cut off or too many on the wire, against a server of its own process."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.hostile.raw import Line, request
from tests.support.players import Player
from tests.support.processes import Server, start_server
from tests.support.waiting import wait_until

READ_TIMEOUT = 1.0
LIMIT = 262_144
STORAGE = "/v2/storage"


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits for nobody longer than a second."""
    log = tmp_path_factory.mktemp("framing") / "server.log"
    env = {"KIZUNA_SOCKET__READ_TIMEOUT_MS": str(int(READ_TIMEOUT * 1000))}
    server = start_server(database_url=database_url, log=log, env=env)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _stays_well(server: Server) -> Iterator[None]:
    """After each test the server answers at once and has not logged a traceback."""
    before = server.output
    yield
    started = time.monotonic()
    assert httpx.get(f"{server.base_url}/healthcheck").json() == {}
    assert time.monotonic() - started < 8
    assert "Traceback" not in server.output.removeprefix(before)


def authorized(player: Player) -> str:
    return f"Authorization: Bearer {player.token}"


def objects(key: str) -> bytes:
    return json.dumps({"objects": [{"collection": "framing", "key": key, "value": "{}"}]}).encode()


def stored(client: httpx.Client, player: Player) -> set[str]:
    """The keys of the player's objects."""
    answer = client.get(f"{STORAGE}/framing/{player.id}", params={"limit": 100}, headers=player.headers)
    return {each["key"] for each in answer.json().get("objects", [])}


HEAD = b"POST /v2/account/authenticate/device HTTP/1.1\r\nHost: x\r\n"

#: Bytes, and the statuses that may come back; None is a connection closed without a word.
MALFORMED: dict[str, tuple[bytes, set[int | None]]] = {
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), {400}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "noise": (bytes(range(256)) * 10, {400}),
    "only a line end": (b"\r\n\r\n\r\n\r\n" + request("GET", "/healthcheck"), {200}),
    "an unknown version": (b"GET /healthcheck HTTP/3.7\r\n\r\n", {400}),
    "an unknown method": (b"BREW /healthcheck HTTP/1.1\r\n\r\n", {400}),
    "a method in lower case": (b"get /healthcheck HTTP/1.1\r\n\r\n", {400}),
    "CONNECT": (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", {400, 404, 501, None}),
    "no path": (b"GET ?x HTTP/1.1\r\n\r\n", {400}),
    "an asterisk": (b"GET * HTTP/1.1\r\n\r\n", {301, 400, 404}),
    "OPTIONS of an asterisk": (b"OPTIONS * HTTP/1.1\r\n\r\n", {200}),
    "an absolute target": (request("GET", "http://elsewhere/healthcheck"), {200}),
    "a fragment": (request("GET", "/healthcheck#x"), {200, 400}),
    "bytes beyond ASCII in the path": (request("GET", "/\xff"), {400}),
    "bytes beyond ASCII in the query": (request("GET", "/healthcheck?\xff"), {400}),
    "a header that is no header": (HEAD + b"nonsense\r\n\r\n", {400}),
    "a space before the colon": (HEAD + b"Content-Length : 2\r\n\r\n{}", {400}),
    "a folded header": (HEAD + b"X: a\r\n b\r\n\r\n", {400, 401}),
    "NUL in a header": (HEAD + b"X: a\0b\r\n\r\n", {400}),
    "a header without a name": (HEAD + b": a\r\n\r\n", {400}),
    "two lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", {400}),
    "length and chunks": (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "a negative length": (HEAD + b"Content-Length: -1\r\n\r\n", {400}),
    "a length beyond 64 bits": (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", {400}),
    "a hexadecimal length": (HEAD + b"Content-Length: 0x2\r\n\r\n{}", {400}),
    "an unknown transfer coding": (HEAD + b"Transfer-Encoding: gzip\r\n\r\n{}", {400}),
    "chunked twice": (HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", {400, 401}),
    "a chunk of no size": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", {400}),
    "a chunk beyond 64 bits": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n", {400}),
    "a chunk longer than it says": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}}\r\n0\r\n\r\n", {400}),
    "a long chunk extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;" + b"x" * 90_000, {400, 408}),
    "trailers without end": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 20_000,
        {400, 401, 408, 431},
    ),
    "a header too long": (HEAD + b"X: " + b"x" * 9_216 + b"\r\n\r\n", {431}),
    "headers too many": (HEAD + b"X:\r\n" * 3_000 + b"\r\n", {431}),
    "a request line too long": (b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\n\r\n", {431}),
    "WebSocket": (
        request("GET", "/ws", b"", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
        {404},
    ),
    "h2c": (
        request("GET", "/healthcheck", b"", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
        {200},
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_requests(server: Server, name: str) -> None:
    data, allowed = MALFORMED[name]
    with Line(server.port) as line:
        line.send(data)
        answer = line.reply()
        assert (answer.status if answer else None) in allowed, answer


@pytest.mark.parametrize("cut", [1, 20, 60, 150, -1])
def test_requests_that_are_cut_off(server: Server, client: httpx.Client, player: Player, cut: int) -> None:
    """The client vanishes in the middle; nothing of its request is done."""
    data = request("PUT", STORAGE, objects("cut"), authorized(player))
    with Line(server.port) as line:
        line.send(data[:cut])
    assert httpx.get(f"{server.base_url}/healthcheck").status_code == 200
    assert stored(client, player) == set()


def test_a_slow_head_is_given_up(server: Server) -> None:
    started = time.monotonic()
    with Line(server.port) as line:
        line.send(*(bytes([byte]) for byte in request("GET", "/healthcheck")[:16]), pause=0.1)
        answer = line.reply()
    assert answer is None or answer.status == 408
    assert time.monotonic() - started < READ_TIMEOUT + 10


def test_a_slow_body_is_given_up(server: Server, client: httpx.Client, player: Player) -> None:
    """One byte now and then does not count as progress, and what came is not done."""
    started = time.monotonic()
    data = request("PUT", STORAGE, objects("slow"), authorized(player))
    head, body = data[: -len(objects("slow"))], data[-len(objects("slow")) :]
    with Line(server.port) as line:
        line.send(head, *(body[n : n + 1] for n in range(15)), pause=0.1)
        answer = line.reply()
        assert answer is not None
        assert answer.status == 408
    assert time.monotonic() - started < READ_TIMEOUT + 10
    assert stored(client, player) == set()


def test_silent_connections_are_closed(server: Server) -> None:
    lines = [Line(server.port) for _ in range(200)]
    try:
        for line in lines:
            assert line.reply() is None
    finally:
        for line in lines:
            line.__exit__()


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
@pytest.mark.parametrize("chunk", [None, 1_000, 65_536])
def test_the_largest_body(server: Server, player: Player, size: int, chunk: int | None) -> None:
    """Sent in one piece or in chunks, it is the size that counts."""
    body = b'{"object_ids":[],"x":"' + b"x" * (size - 24) + b'"}'
    assert len(body) == size
    with Line(server.port) as line:
        if chunk is None:
            line.send(request("POST", STORAGE, body, authorized(player)))
        else:
            line.send(request("POST", STORAGE, b"", authorized(player), "Transfer-Encoding: chunked"))
            for start in range(0, size, chunk):
                piece = body[start : start + chunk]
                line.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            line.send(b"0\r\n\r\n")
        answer = line.reply()
        assert answer is not None
        if size > LIMIT:
            assert answer.status == 400
            assert json.loads(answer.body) == {"code": 3, "message": "http: request body too large"}
            assert b"connection: close" in answer.head
            assert line.reply() is None
        else:
            assert answer.status == 200


def test_a_body_without_end_is_not_read(server: Server, player: Player) -> None:
    """The refusal comes while the client still sends, and the server takes no more of it."""
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    with Line(server.port) as line:
        line.send(request("PUT", STORAGE, b"", authorized(player), "Content-Length: 9999999999"))
        for _ in range(300):
            line.send(b" " * 65_536)
        answer = line.reply()
    assert answer is None or answer.status == 400
    assert process.memory_info().rss - before < 30_000_000


def test_what_follows_a_complete_body_does_not_count(
    server: Server, client: httpx.Client, player: Player
) -> None:
    body = objects("spacious") + b" " * 300_000
    with Line(server.port) as line:
        line.send(request("PUT", STORAGE, body, authorized(player)))
        answer = line.reply()
    assert answer is not None
    assert answer.status == 200
    assert b"connection: close" in answer.head
    assert stored(client, player) == {"spacious"}


def test_tiny_chunks(server: Server, client: httpx.Client, player: Player) -> None:
    body = objects("tiny") + b" " * 20_000
    started = time.monotonic()
    with Line(server.port) as line:
        line.send(request("PUT", STORAGE, b"", authorized(player), "Transfer-Encoding: chunked"))
        line.send(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        answer = line.reply()
    assert answer is not None
    assert answer.status == 200
    assert time.monotonic() - started < 8
    assert stored(client, player) == {"tiny"}


def test_expecting_to_continue(server: Server, client: httpx.Client, player: Player) -> None:
    body = objects("continue")
    with Line(server.port) as line:
        expect = "Expect: 100-continue"
        line.send(request("PUT", STORAGE, body, authorized(player), expect)[: -len(body)])
        assert (answer := line.reply()) is not None
        assert answer.status == 100
        line.send(body)
        assert (answer := line.reply()) is not None
        assert answer.status == 200
        # A refusal that needs no body comes without the invitation to send it.
        line.send(request("DELETE", "/v2/storage/x", b"", expect, "Content-Length: 99"))
        assert (answer := line.reply()) is not None
        assert answer.status == 501
    assert stored(client, player) == {"continue"}


def test_pipelined_requests_are_answered_in_order(
    server: Server, client: httpx.Client, player: Player
) -> None:
    keys = [f"pipelined{n}" for n in range(50)]
    with Line(server.port) as line:
        line.send(b"".join(request("PUT", STORAGE, objects(key), authorized(player)) for key in keys))
        for key in keys:
            answer = line.reply()
            assert answer is not None
            assert json.loads(answer.body)["acks"][0]["key"] == key
    assert stored(client, player) == set(keys)


def test_a_pipeline_of_good_and_bad(server: Server) -> None:
    with Line(server.port) as line:
        good = request("GET", "/healthcheck")
        line.send(good + request("GET", "/nowhere") + good + b"nonsense\r\n\r\n" + good)
        statuses = [answer.status for answer in line.replies()]
    assert statuses[:3] == [200, 404, 200]
    assert set(statuses[3:]) <= {400}


def test_requests_sent_ahead_do_not_fill_the_memory(server: Server) -> None:
    """A quarter of a megabyte of requests may not become forty of what is kept about them."""
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    lines = [Line(server.port) for _ in range(10)]
    try:
        for line in lines:
            line.send_at_once(b"GET / HTTP/1.1\r\n\r\n" * 14_000)
        peak = 0

        def quiet() -> bool:
            nonlocal peak
            peak = max(peak, process.memory_info().rss)
            return process.cpu_percent(0.1) < 20

        wait_until(quiet, within=20, what="the server's rest")
    finally:
        for line in lines:
            line.__exit__()
    assert peak - before < 100_000_000, f"{(peak - before) / 1e6:.0f} MB for 10 connections"


def test_wishes_for_upgrades_sent_ahead(server: Server) -> None:
    """Each is answered, however many come at once."""
    upgrade = request("GET", "/healthcheck", b"", "Connection: upgrade", "Upgrade: x")
    with Line(server.port) as line:
        line.send(upgrade * 1_000 + request("GET", "/healthcheck", b"", "Connection: close"))
        statuses = [answer.status for answer in line.replies()]
    assert statuses == [200] * 1_001


def test_more_connections_than_descriptors(database_url: str, tmp_path: Path) -> None:
    """Who comes too many waits or is turned away; when they are gone, all is as before."""
    server = start_server(database_url=database_url, log=tmp_path / "server.log")
    try:
        process = psutil.Process(server.process.pid)
        process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds() + 30,) * 2)
        held = [socket.create_connection((server.host, server.port)) for _ in range(100)]
        time_spent = sum(process.cpu_times()[:2])
        time.sleep(1)
        assert sum(process.cpu_times()[:2]) - time_spent < 0.5, "it spins"
        for connection in held:
            connection.close()
        wait_until(server.answers, within=10, what="the server's health")
    finally:
        server.stop()
