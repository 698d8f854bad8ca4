"""Starting, running and ending of the server's processes."""

import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.host.load import Load
from tests.host.running import Running, is_free, read_answer, request, running, until

WORKERS = pytest.mark.parametrize("workers", [1, 2])


def gone(pid: int) -> bool:
    """Whether a process has ended; one that only waits to be reaped has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


# Start


@WORKERS
def test_the_banner_has_a_command_that_works(workers: int) -> None:
    key = "it's a $key"
    with running({"workers": workers, "socket": {"server_key": key}}) as server:
        assert server.curl_line
        words = shlex.split(server.curl_line)
        url = f"http://127.0.0.1:{server.port}/v2/account/authenticate/device?create=true"
        assert words[:4] == ["curl", url, "--user", f"{key}:"]
        assert json.loads(words[5]) == {"id": "my-first-device"}
        answer = subprocess.run(server.curl_line, shell=True, capture_output=True, timeout=10, check=True)
        assert answer.stdout == b"{}"


def test_the_banner_names_default_keys_once_each() -> None:
    with running({"socket": {"server_key": "mine"}}) as server:
        warned = [line.split()[1] for line in server.out if line.startswith("Warning: ")]
    assert warned == ["session.encryption_key", "session.refresh_encryption_key", "runtime.http_key"]


@WORKERS
def test_the_banner_names_the_workers_when_there_are_more(workers: int) -> None:
    with running({"workers": workers}) as server:
        named = [line.split() for line in server.out if "workers" in line]
    assert named == ([["workers", "2"]] if workers == 2 else [])


@WORKERS
def test_the_last_line_of_the_log_tells_the_end(workers: int) -> None:
    with running({"workers": workers}) as server:
        assert server.end() == 0
    assert server.err[-1].endswith(" kizuna.host.parent: Stopped.")


def test_a_taken_port_is_one_plain_sentence() -> None:
    with running() as first:
        second = Running({"socket": {"port": first.port}})
        assert second.wait() == 1
    assert second.err == [
        f"kizuna: Port {first.port} on 127.0.0.1 is already in use. Choose another one with --port."
    ]


@WORKERS
def test_a_failing_start_stops_everything_with_its_traceback(workers: int) -> None:
    server = Running({"workers": workers}, STANDIN_FAIL="the game module is broken")
    assert server.wait() == 1
    assert "RuntimeError: the game module is broken" in server.errors
    assert "Traceback" in server.errors
    assert server.curl_line is None


@WORKERS
def test_a_dead_database_stops_the_server(workers: int, tmp_path: Path) -> None:
    sign = tmp_path / "died"
    with running({"workers": workers}, STANDIN_DATABASE_DIES=str(sign)) as server:
        sign.touch()
        assert server.wait() == 1
        assert "kizuna: The database died. Its last words: farewell" in server.err
        assert is_free(server.port)


def test_the_answers_have_no_header_that_names_the_server() -> None:
    with running() as server, server.connect() as client:
        client.sendall(request())
        _, head, _ = read_answer(client)
    assert b"\r\nserver:" not in head
    assert re.search(rb"\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt", head)


# Workers


def test_connections_spread_over_the_workers() -> None:
    with running({"workers": 2}) as server, ExitStack() as connections:
        clients = [connections.enter_context(server.connect()) for _ in range(60)]
        for client in clients:
            client.sendall(request("/pid"))
        served = Counter(read_answer(client)[2] for client in clients)
    assert len(served) == 2
    assert min(served.values()) >= 6


def test_a_stop_while_workers_start() -> None:
    server = Running({"workers": 2})
    workers = until(lambda: children(server.process.pid), "workers are started")
    assert server.end() == 0
    assert all(map(gone, workers))


def test_a_dead_worker_is_replaced() -> None:
    with running({"workers": 2}) as server:
        before = until(lambda: len(pids := server.workers()) == 2 and pids, "two workers answer")
        victim = before.pop()
        os.kill(victim, signal.SIGKILL)
        after = until(lambda: len(pids := server.workers() - {victim}) == 2 and pids, "a replacement answers")
        assert before < after
        assert "SIGKILL" in until(lambda: server.errors, "a line in the log")


def test_killing_the_parent_leaves_nothing_behind() -> None:
    with running({"workers": 2}) as server:
        pids = server.workers()
        server.end(signal.SIGKILL)
        until(lambda: all(map(gone, pids)), "the workers end", patience=3)
        assert is_free(server.port)
        with running({"socket": {"port": server.port}}) as successor:
            assert successor.get() == b"{}"


def test_a_parent_killed_while_workers_start_leaves_nothing_behind() -> None:
    server = Running({"workers": 2})
    workers = until(lambda: children(server.process.pid), "workers are started")
    server.process.kill()
    until(lambda: all(map(gone, workers)), "the workers end")
    server.wait()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# End


@pytest.mark.parametrize(
    ("workers", "number"), [(1, signal.SIGTERM), (2, signal.SIGTERM), (1, signal.SIGINT)]
)
def test_a_stop_under_load_fails_no_request(workers: int, number: signal.Signals) -> None:
    with running({"workers": workers, "shutdown_announce_ms": 300}) as server:
        with Load(server.port, clients=24) as load:
            until(lambda: load.answered > 300, "the load is on")
            before = load.answered
            started = time.monotonic()
            assert server.end(number) == 0
            assert time.monotonic() - started < 5
        assert load.failures == []
        assert load.answered > before
        assert is_free(server.port)


@WORKERS
def test_a_request_under_way_is_finished(workers: int, tmp_path: Path) -> None:
    log, slow = tmp_path / "shutdown", tmp_path / "slow"
    files = {"STANDIN_SHUTDOWN": str(log), "STANDIN_SLOW": str(slow)}
    with running({"workers": workers}, **files) as server, server.connect() as client:
        client.sendall(request("/slow?0.8"))
        until(slow.exists, "the request is under way")
        stopping = threading.Thread(target=server.end)
        stopping.start()
        status, head, body = read_answer(client)
        assert (status, body) == (200, b"{}")
        assert b"connection: close" in head
        stopping.join()
        assert server.process.returncode == 0
    assert len(log.read_text().split()) == workers


def test_an_idle_connection_does_not_hold_the_server_up() -> None:
    with running() as server, server.connect() as client, server.connect():
        client.sendall(request())
        read_answer(client)
        started = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - started < 3
        assert client.recv(1) == b""


@WORKERS
def test_a_second_interrupt_hurries(workers: int, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    with running({"workers": workers}, STANDIN_SLOW=str(slow)) as server, server.connect() as client:
        client.sendall(request("/slow?9"))
        until(slow.exists, "the request is under way")
        started = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        until(lambda: is_free(server.port), "listening ends")
        assert server.process.poll() is None
        assert server.end(signal.SIGINT) == 0
        assert time.monotonic() - started < 4


# What blocks


def test_a_blocked_event_loop_is_reported_with_its_stack() -> None:
    with running() as server:
        server.get("/block")
        until(lambda: "runs again" in server.errors, "the end of the blockage is logged")
    assert server.errors.count("has been blocked for") == 1
    assert "time.sleep(1.4)" in server.errors
