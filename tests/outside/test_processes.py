"""What requests to others mean for the server's process: its open files, and its end."""

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from tests.support.players import SERVER_KEY
from tests.support.processes import KIZUNA, Serve, Server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

#: Game code under which lookups of some names never end, and say so.
HANGING = """
import socket
import threading

_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host, *args, **options):
    if "hanging" in str(host):
        print(f"looks up {host}", flush=True)
        threading.Event().wait()
    return _getaddrinfo(host, *args, **options)


socket.getaddrinfo = getaddrinfo
"""

#: How long the server lets requests under way go on when it ends, in seconds, and what it may take besides.
GRACE, REST = 10.0, 10.0


def open_files(server: Server) -> int:
    """The soft limit of the process."""
    limits = Path(f"/proc/{server.process.pid}/limits").read_text().splitlines()
    [line] = [line for line in limits if line.startswith("Max open files")]
    return int(line.split()[3])


def test_as_many_files_are_open_as_may_be(serve: Serve) -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard in (256, resource.RLIM_INFINITY):
        pytest.skip("there is no room between the limits, or no limit")
    few: Sequence[str] = ("sh", "-c", 'ulimit -Sn 256 && exec "$@"', "sh", *KIZUNA)
    assert open_files(serve(command=few)) == min(hard, 1 << 20)


def sign_in(server: Server, path: str, account: dict[str, object], answers: list[int]) -> None:
    try:
        answer = httpx.post(
            f"{server.base_url}/v2/account/authenticate/{path}",
            json=account,
            auth=(SERVER_KEY, ""),
            timeout=60,
        )
        answers.append(answer.status_code)
    except httpx.HTTPError:
        answers.append(0)


@pytest.mark.parametrize("timeout", [1_000, 60_000])
def test_lookups_that_hang_do_not_keep_a_server_from_ending(
    timeout: int, serve: Serve, tmp_path: Path
) -> None:
    (modules := tmp_path / "modules").mkdir()
    (modules / "hanging.py").write_text(HANGING)
    settings = tmp_path / "hanging.yaml"
    settings.write_text(
        f"social.http_timeout_ms: {timeout}\n"
        "social.facebook.graph_base_url: http://hanging-1.test\n"
        "social.gamecenter.base_url: http://hanging-2.test\n"
    )
    server: Server = serve(modules=modules, config=settings)
    certificate = {
        "player_id": "ada",
        "bundle_id": "com.example.game",
        "public_key_url": "https://static.gc.apple.com/public-key/gc-prod-10.cer",
        "salt": "AAAA",
        "signature": "AAAA",
        "timestamp_seconds": 1,
    }
    answers: list[int] = []
    waiting = [
        threading.Thread(target=sign_in, args=(server, "facebook", {"token": "ada"}, answers)),
        threading.Thread(target=sign_in, args=(server, "gamecenter", certificate, answers)),
    ]
    for thread in waiting:
        thread.start()
    wait_until(
        lambda: all(f"looks up hanging-{number}.test" in server.output for number in (1, 2)),
        within=30,
        what="lookups that hang",
    )
    if timeout < GRACE * 1000:
        wait_until(lambda: len(answers) == len(waiting), within=30, what="refusals while the lookups hang")
        assert answers == [401, 401]
    started = time.monotonic()
    assert server.stop(60) == 0
    assert time.monotonic() - started < (GRACE if timeout > GRACE * 1000 else 0) + REST
    assert "by force" not in server.output
    for thread in waiting:
        thread.join(30)
