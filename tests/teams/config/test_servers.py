"""Servers in processes of their own, and how a changed configuration reaches all of them."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from kizuna.host import hangups
from tests.support.databases import Databases
from tests.support.players import sign_in
from tests.support.processes import KIZUNA, Serve, Server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")

#: A changed configuration is everywhere after a second; a machine that has much to do may be slower.
SOON = 60.0

#: In a configuration this works, and is warned of.
ODD: dict[str, Any] = {"items": {"idol": {"consume_reward": {}}}}
WARNING = "guilds.json: inventory.items.idol.consume_reward: is never given, for the item is not consumable"


@pytest.fixture
def database_url(databases: Databases) -> str:
    """A database of the test's own: versions count from 1."""
    return databases.migrated()


class Game:
    """A folder with settings and a Teams configuration, whose only currency tells which one is in force."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "kizuna.yaml"
        self.settings.write_text("teams.config: guilds.json\n")
        self.write("first")

    def write(self, currency: str, **more: Any) -> None:
        values = {"wallet": {"currencies": {currency: 1}}, **more}
        (self.folder / "guilds.json").write_text(json.dumps(values))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of kizuna's in this folder."""
        command = [*KIZUNA, *arguments, "--config", "kizuna.yaml"]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )

    def reload(self, *arguments: str) -> str:
        """What operators are told by a reload that succeeds; warnings stand first."""
        done = self.run("reload", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stderr + done.stdout


@pytest.fixture
def game(tmp_path: Path) -> Game:
    return Game(tmp_path)


class Wallets:
    """Asks a server, over a new connection each time, which currencies there are."""

    def __init__(self, server: Server) -> None:
        self._url = server.base_url
        with httpx.Client(base_url=self._url, timeout=30) as client:
            self._headers = sign_in(client).headers
            team = client.post("/v2/group", json={"name": os.urandom(6).hex()}, headers=self._headers)
        self._team = team.json()["id"]

    def __call__(self) -> str:
        answer = httpx.post(
            f"{self._url}/v2/rpc/RPC_ID_TEAMS_WALLET_GET?unwrap",
            json={"id": self._team},
            headers=self._headers,
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return ",".join(answer.json()["currencies"])

    def are(self, currency: str) -> bool:
        """Whether every one of many answers has the currency: all workers go by it."""
        return all(self() == currency for _ in range(12))


def versions(server: Server) -> dict[str, int]:
    """The version that each process of a server has logged last, by process id."""
    lines = re.findall(r"\[(\d+)\] \S+: The Teams configuration is at version (\d+)", server.output)
    return {process: int(version) for process, version in lines}


def all_at(version: int, *servers: Server, processes: int) -> None:
    def arrived() -> bool:
        found = [at for server in servers for at in versions(server).values()]
        return found == [version] * processes

    wait_until(arrived, within=SOON, what=f"version {version} in {processes} processes")


def logs(server: Server, sentence: str) -> None:
    wait_until(lambda: sentence in server.output, within=SOON, what=f"{sentence!r} in the log")


def stored(version: int) -> str:
    return (
        f"Version {version} of the Teams configuration is stored; "
        "running servers take it up within a second.\n"
    )


def test_every_process_takes_up_what_is_reloaded(serve: Serve, game: Game, database_url: str) -> None:
    """T-127, T-143: two servers, one of them with two workers; what is refused changes nothing anywhere."""
    game.write("first", inventory=ODD)
    options: dict[str, Any] = {"config": game.settings, "cwd": game.folder}
    pair, single = serve("--workers", "2", **options), serve(**options)
    all_at(1, pair, single, processes=3)
    assert re.search(rf"WARN\w* .* {re.escape(WARNING)}", pair.output)
    for server in (pair, single):
        assert f"The Teams configuration is version 1, read from {game.folder}/guilds.json." in server.output
        assert "replaces" not in server.output
    wallets = [Wallets(pair), Wallets(single)]
    there = ("--database-url", database_url)
    warned = f"Warning: {WARNING}\n"
    assert game.reload(*there) == f"{warned}The Teams configuration is unchanged: version 1.\n"

    game.write("second", inventory=ODD)
    gone = "No longer configured, hidden but kept: currencies first.\n"
    assert game.reload(*there) == warned + gone + stored(2)
    all_at(2, pair, single, processes=3)
    assert all(each.are("second") for each in wallets)

    game.write("third", max_team_size=0)
    refused = game.run("reload", *there)
    assert refused.returncode == 1
    assert refused.stdout == ""
    reason = "guilds.json: max_team_size: must be at least 1, not 0 (teams max size invalid)"
    assert refused.stderr == f"kizuna: {reason}\n"
    pair.process.send_signal(signal.SIGHUP)
    logs(pair, f"is refused, the one in force stays:\n{reason}")
    assert all(each.are("second") for each in wallets)

    game.write("third")
    workers = versions(pair).keys()
    for process in (*map(int, workers), pair.process.pid):
        os.kill(process, signal.SIGHUP)
    all_at(3, pair, single, processes=3)
    assert versions(pair).keys() == workers  # a worker leaves the signal to its parent
    assert "hidden but kept: currencies second; items idol." in pair.output
    assert all(each.are("third") for each in wallets)
    single.process.send_signal(signal.SIGHUP)
    logs(single, "is unchanged: version 3")

    single.stop()
    game.write("fourth")
    restarted = serve(**options)
    all_at(4, pair, restarted, processes=3)
    assert Wallets(restarted).are("fourth")
    assert re.search(r"WARN\w* .* replaces version 3, which other nodes may play by\.\n", restarted.output)
    assert "hidden but kept: currencies third." in restarted.output


def test_a_restart_goes_on_with_what_is_stored(serve: Serve, game: Game, data_dir: Path) -> None:
    """T-127: after `kill -9` too; `reload` finds the embedded database while it runs, and only then."""
    options: dict[str, Any] = {"config": game.settings, "cwd": game.folder}
    options |= {"database_url": None, "data_dir": data_dir}
    there = ("--data-dir", str(data_dir))
    silent = game.run("reload", *there)
    assert silent.returncode == 1
    assert silent.stderr == (
        f"kizuna: The embedded database in {data_dir} is not running; `kizuna serve` starts it.\n"
    )
    server = serve(**options)
    game.write("second")
    assert game.reload(*there).endswith(stored(2))
    all_at(2, server, processes=1)
    wallets = Wallets(server)
    assert wallets.are("second")
    server.kill()

    again = serve(**options)
    assert versions(again) == {str(again.process.pid): 2}
    assert "replaces" not in again.output
    assert Wallets(again).are("second")


def test_a_start_is_refused_with_all_problems(serve: Serve, game: Game) -> None:
    """T-127: case 92: nothing listens, nothing is stored, the problems are on stderr."""
    loop = {"name": "x", "max_count": 1, "precondition_ids": ["loop"]}
    reward = {"guaranteed": {"currencies": {"rubies": {"min": 1}}}}
    game.write(
        "first",
        unknown={},
        initial_max_team_size=0,
        max_team_size=0,
        achievements={"loop": loop},
        store_items={"box": {"reward": reward}},
    )
    server = serve("--workers", "2", config=game.settings, cwd=game.folder, wait=False)
    assert server.process.wait(SOON) == 1
    told = [line.removeprefix("kizuna: ") for line in server.output.splitlines()]
    assert [line.split(": ")[1] for line in told if line.startswith("guilds.json: ")] == [
        "initial_max_team_size",
        "max_team_size",
        "unknown",
        "achievements.loop.precondition_ids",
        "store_items.box.reward.guaranteed.currencies.rubies",
    ]
    assert "guilds.json: unknown: is no key here; there are" in server.output
    assert "guilds.json: max_team_size: must be at least 1, not 0 (teams max size invalid)" in server.output
    assert "curl" not in server.output


def test_a_missing_file_stops_the_start(serve: Serve, game: Game) -> None:
    (game.folder / "guilds.json").unlink()
    server = serve(config=game.settings, cwd=game.folder, wait=False)
    assert server.process.wait(SOON) == 1
    assert server.output.endswith(
        f"kizuna: teams.config: {game.folder}/guilds.json cannot be read: No such file or directory; "
        "a relative path is looked for in the folder where kizuna is started\n"
    )


def test_there_must_be_something_to_reload(game: Game) -> None:
    game.settings.write_text("{}")
    done = game.run("reload", "--database-url", "postgresql://127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stderr == "kizuna: There is no Teams configuration to read: teams.config is not set.\n"


def test_a_database_that_does_not_answer_is_one_sentence(game: Game) -> None:
    done = game.run("reload", "--database-url", "postgresql://127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stderr.startswith("kizuna: The database at 127.0.0.1:1/none cannot be used: ")


def test_doctor_looks_at_the_configuration(game: Game, database_url: str) -> None:
    """Problems with their places, warnings, or that all is well."""
    there = ("--database-url", database_url)
    assert "ok       The Teams configuration guilds.json can be used." in game.run("doctor", *there).stdout
    game.write("first", mailbox={"max_size": -1}, inventory={"items": {"idol": {"max_count": "5"}}})
    done = game.run("doctor", *there)
    assert done.returncode == 1
    assert "problem  guilds.json: mailbox.max_size: must be at least 0, not -1" in done.stdout
    assert (
        "problem  guilds.json: inventory.items.idol.max_count: must be a whole number, not '5'" in done.stdout
    )


def test_a_hangup_does_not_end_a_start(tmp_path: Path) -> None:
    """T-127: not even before the settings are read; here they come in after the signal."""
    settings = tmp_path / "kizuna.yaml"
    os.mkfifo(settings)
    command = [*KIZUNA, "serve", "--config", "kizuna.yaml", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        with settings.open("w") as written:  # which waits for the reader
            process.send_signal(signal.SIGHUP)
            written.write("teams.config: missing.json\n")
        assert "missing.json cannot be read" in process.communicate(timeout=SOON)[1]
        assert process.returncode == 1
    finally:
        process.kill()
        process.wait()


def test_a_hangup_is_what_it_is_to_every_program_again() -> None:
    """T-127: where there turns out to be nothing to read again; who ignores it goes on doing so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        hangups.outlast()
        assert signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL
        hangups.heed()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        hangups.outlast()
        hangups.heed()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal; the first is the user's."""
    ends = os.openpty()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def test_a_server_ends_with_its_terminal(game: Game, database_url: str, terminal: tuple[int, int]) -> None:
    """SIGHUP from a terminal that closes is no wish to reload; the server does not outlive it."""
    users, servers = terminal
    log = game.folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*KIZUNA, "serve", "--config", "kizuna.yaml", "--database-url", database_url, "--port", "0"],
            cwd=game.folder,
            stdin=servers,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
    try:
        wait_until(lambda: b"curl " in log.read_bytes(), within=SOON, what="the banner")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: b"is unchanged: version 1" in log.read_bytes(), within=SOON, what="the reload")
        os.close(servers)
        os.close(users)
        assert process.wait(SOON) == 0
        assert b"Stopped." in log.read_bytes()
    finally:
        process.kill()
        process.wait()


def _take_terminal() -> None:
    """Make standard input the terminal, and SIGHUP as it is there, however the tests were started."""
    import fcntl
    import termios

    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
