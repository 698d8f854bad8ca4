"""`kizuna serve --fake-providers`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kizuna.cli import main
from kizuna.configuration import load
from kizuna.host.errors import HostError
from kizuna.settings import Settings
from kizuna.testing import fake_providers as module
from kizuna.testing.fake_providers import fake_providers
from kizuna.testing.providers import app_store_events, google_play_events
from kizuna.testing.providers.keys import ec_key, private_pem
from tests.host.running import Program, is_free
from tests.support.processes import Serve, Server, free_port
from tests.support.waiting import wait_until

FAKE = "Sign-ins and purchases are FAKE (--fake-providers): anybody can sign in as anybody, and pay nothing."


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def signed_in(server: Server, fakes: str, sub: str) -> httpx.Response:
    """Sign in with Apple as whoever one wants to be."""
    token = httpx.post(f"{fakes}/fake/apple/token", json={"sub": sub}).json()
    return httpx.post(
        f"{server.base_url}/v2/account/authenticate/apple", json=token, auth=("defaultkey", ""), timeout=30
    )


@pytest.mark.parametrize(
    ("arguments", "end"),
    [
        ((), signal.SIGTERM),
        (("--reload",), signal.SIGINT),
        (("--workers", "2"), signal.SIGINT),
        (("--workers", "2"), signal.SIGTERM),
    ],
)
def test_a_server_that_believes_its_fakes(
    serve: Serve, tmp_path: Path, arguments: tuple[str, ...], end: signal.Signals
) -> None:
    config = tmp_path / "kizuna.yaml"
    config.write_text("social: {apple: {bundle_id: mine}, steam: {publisher_key: secret, app_id: 7}}\n")
    port = free_port()
    server = serve("--fake-providers", "--fake-providers-port", str(port), *arguments, config=config)
    fakes = f"http://127.0.0.1:{port}"
    # So often that every worker gets its share.
    names = [f"{end.name}{''.join(arguments)}{number}" for number in range(8)]
    assert {signed_in(server, fakes, name).status_code for name in names} == {200}
    assert [signed_in(server, fakes, name).json().get("created") for name in names] == [None] * len(names)
    wait_until(lambda: "This signs a first player in with Apple:" in server.output, what="the banner")
    where = f"Identity providers and stores are fakes, at {fakes}."
    assert f"WARNING [{server.process.pid}] kizuna.testing.fake_providers: {where}\n" in server.output
    assert f"\nWarning: {FAKE}\n  fakes       {fakes} " in server.output
    assert server.output.count(FAKE) == 1
    replaced = "Settings that the fakes replace: social.apple.bundle_id, "
    assert replaced in server.output
    assert "social.steam.publisher_key" in server.output
    assert "secret" not in server.output
    server.process.send_signal(end)
    assert server.stop() == 0
    assert is_free(port)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_command_of_the_banner_signs_in(serve: Serve) -> None:
    server = serve("--fake-providers", "--fake-providers-port", str(free_port()))
    commands = wait_until(
        lambda: [line for line in server.output.splitlines() if line.startswith("curl -s ")],
        what="the banner",
    )
    done = subprocess.run(["sh", "-c", commands[0]], capture_output=True, text=True, check=True)
    assert '"created":true' in done.stdout


def test_an_end_during_the_start(serve: Serve) -> None:
    port = free_port()
    server = serve("--fake-providers", "--fake-providers-port", str(port), wait=False)
    wait_until(lambda: not is_free(port), within=30, what="the fakes")
    server.stop()
    assert is_free(port)


def test_it_is_refused_where_others_could_connect(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    for address in ("0.0.0.0", ""):
        server = Program(
            *("-m", "kizuna", "serve", "--fake-providers", "--fake-providers-port", str(port)),
            *("--host", address, "--data-dir", str(home)),
        )
        assert server.wait(60) == 1
        assert server.err == [
            "kizuna: --fake-providers is for development and refused on 0.0.0.0, "
            "where others could connect. Listen on 127.0.0.1."
        ]
    assert not home.exists()
    assert is_free(port)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@db.example.com/game",
        "postgresql://u@/game?host=10.0.0.1",
        "postgres://127.example/x",
    ],
)
def test_it_is_refused_with_the_database_of_another_machine(url: str) -> None:
    with (
        pytest.raises(HostError, match="refused with the database at") as caught,
        fake_providers(load(flags={"database.url": url}).settings),
    ):
        pass
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql:///game?host=/run/pg", "postgresql://u:p@localhost:5433/game"])
def test_a_database_of_this_machine_will_do(url: str) -> None:
    with fake_providers(load(flags={"database.url": url}).settings) as fakes:
        assert fakes.settings


def test_a_port_that_is_taken(taken: int, tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = Program(
        *("-m", "kizuna", "serve", "--fake-providers", "--fake-providers-port", str(taken)),
        *("--port", "0", "--data-dir", str(home)),
    )
    assert server.wait(60) == 1
    assert server.err == [
        f"kizuna: Port {taken} is already in use on 127.0.0.1. "
        "Choose another for the fakes with --fake-providers-port."
    ]
    assert not home.exists()


def test_nothing_is_said_of_fakes_where_the_server_does_not_start(taken: int, tmp_path: Path) -> None:
    server = Program(
        *("-m", "kizuna", "serve", "--fake-providers", "--fake-providers-port", str(free_port())),
        *("--port", str(taken), "--data-dir", str(tmp_path / "home")),
    )
    assert server.wait(60) == 1
    [said] = server.err
    assert f"Port {taken} on 127.0.0.1 is already in use" in said
    assert server.out == []


@pytest.mark.parametrize(("own", "seconds"), [({}, 86_400), ({"session": {"token_expiry_sec": 60}}, None)])
def test_sessions_last_for_a_day_unless_somebody_wants_it_otherwise(
    own: dict[str, Any], seconds: int | None
) -> None:
    with fake_providers(Settings.model_validate({"socket": {"address": "127.0.0.1"}, **own})) as fakes:
        assert fakes.settings.get("session.token_expiry_sec") == seconds


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_every_command_of_the_page_does_what_it_should(serve: Serve, tmp_path: Path) -> None:
    """From top to bottom, with the ids that the answers above have told."""
    port = free_port()
    server = serve("--fake-providers", "--fake-providers-port", str(port))
    wait_until(lambda: "with Apple:" in server.output, what="the banner")
    page = httpx.get(f"http://127.0.0.1:{port}").text
    terminal = Terminal(tmp_path, server.base_url)
    for line in page.splitlines():
        if line.startswith(("curl ", "{ ", "TOKEN=", "kizuna ")):
            terminal.run(line)
    assert terminal.count > 35
    assert [answer["status"] for answer in terminal.answers if "status" in answer] == [200] * 6
    friends = terminal.get("/v2/friend")["friends"]
    assert {friend["user"].get("facebook_id") or friend["user"]["steam_id"] for friend in friends} == {
        "10001",
        "76561197960287930",
    }


def test_the_server_takes_whatever_the_stores_can_tell(serve: Serve) -> None:
    port = free_port()
    server = serve("--fake-providers", "--fake-providers-port", str(port))
    fakes = f"http://127.0.0.1:{port}/fake"
    wait_until(lambda: "with Apple:" in server.output, what="the banner")
    session = signed_in(server, f"http://127.0.0.1:{port}", "buyer").json()
    with httpx.Client(timeout=30, headers={"Authorization": f"Bearer {session['token']}"}) as web:

        def validated(store: str, offer: str, path: str) -> str:
            bought = web.post(f"{fakes}/{store}/{offer}", json={"product_id": "vip"}).json()
            assert web.post(f"{server.base_url}/v2/iap/{path}", json=bought).status_code == 200
            return str(bought.get("transaction_id") or bought["token"])

        def told(store: str, **fields: str) -> tuple[int, int]:
            answer = web.post(f"{fakes}/{store}/notify", json=fields)
            return answer.status_code, answer.json()["status"]

        for kind, subtypes in app_store_events.KINDS.items():
            for subtype in subtypes:
                id = validated("app_store", "subscription", "subscription/apple")
                about = {"kind": kind, "subtype": subtype, "transaction_id": id}
                assert told("app_store", **about) == (200, 200), about
        for kind in google_play_events.KINDS:
            token = validated("google_play", "subscription", "subscription/google")
            assert told("google_play", kind=kind, token=token) == (200, 200), kind

        def kept() -> dict[str, Any]:
            listed: dict[str, Any] = web.post(
                f"{server.base_url}/v2/iap/subscription", json={"limit": 100}
            ).json()
            return {each["original_transaction_id"]: each for each in listed["validated_subscriptions"]}

        apple = validated("app_store", "subscription", "subscription/apple")
        google = validated("google_play", "subscription", "subscription/google")
        until = "2040-01-31"
        told("app_store", kind="DID_RENEW", transaction_id=apple, expires=until)
        told("google_play", kind="RENEWED", token=google, expires=until)
        assert {kept()[id]["expiry_time"] for id in (apple, google)} == {f"{until}T00:00:00Z"}
        told("app_store", kind="EXPIRED", transaction_id=apple)
        told("google_play", kind="EXPIRED", token=google)
        assert [kept()[id].get("active", False) for id in (apple, google)] == [False, False]


class Terminal:
    """Somebody who runs one command of the page after the other."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder
        self.server = server
        self.token = ""
        self.count = 0
        self.answers: list[dict[str, Any]] = []
        self.known: dict[str, str] = {}

    def run(self, line: str) -> None:
        """Run a line, which must go well."""
        script = self._filled(line).replace(
            "kizuna ", f"{sys.executable} -m kizuna ", 1 if line[0] == "k" else 0
        )
        if line.startswith("TOKEN="):
            script += '\nprintf %s "$TOKEN"'
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env={**os.environ, "TOKEN": self.token},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        self.count += 1
        if line.startswith("TOKEN="):
            self.token = done.stdout
        elif line.startswith(("curl", "{")) and ">" not in line:
            self._note(script, json.loads(done.stdout or "null"))

    def get(self, path: str) -> Any:
        """What the player has."""
        return httpx.get(self.server + path, headers={"Authorization": f"Bearer {self.token}"}).json()

    def purchases(self) -> dict[str, list[dict[str, Any]]]:
        """What was answered last of each purchase of each store."""
        found: dict[str, dict[str, Any]] = {"apple": {}}
        for answer in self.answers:
            for purchase in answer.get("validated_purchases", []):
                found.setdefault(purchase.get("store", "APPLE_APP_STORE"), {})[purchase["transaction_id"]] = (
                    purchase
                )
        found["apple"] = found.pop("APPLE_APP_STORE")
        return {store: list(purchases.values()) for store, purchases in found.items()}

    def _note(self, script: str, answer: Any) -> None:
        assert isinstance(answer, dict), (script, answer)
        assert "code" not in answer, (script, answer)
        self.answers.append(answer)
        for purchase in answer.get("validated_purchases", []):
            store = "apple" if "/apple" in script else "google"
            self.known[f"{store} purchase"] = purchase["transaction_id"]
        if "validated_subscription" in answer:
            store = "apple" if "/apple" in script else "google"
            self.known[f"{store} subscription"] = answer["validated_subscription"]["original_transaction_id"]

    def _filled(self, line: str) -> str:
        for written, name in (
            ("TRANSACTION_ID of a purchase above", "apple purchase"),
            ("TRANSACTION_ID of a subscription above", "apple subscription"),
            ("PURCHASE_TOKEN from an answer above (purchase)", "google purchase"),
            ("PURCHASE_TOKEN from an answer above (subscription)", "google subscription"),
        ):
            line = line.replace(written, self.known.get(name, written))
        return line


def test_the_next_port_that_is_free(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEFAULT_PORT", taken)
    own = Settings.model_validate({"socket": {"address": "127.0.0.1", "port": taken + 1}})
    with fake_providers(own) as fakes:
        told = int(fakes.settings["social.apple.base_url"].rsplit(":", 1)[1])
        assert taken + 1 < told < taken + 100
    assert is_free(told)


def test_no_port_at_all(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEFAULT_PORT", taken)
    monkeypatch.setattr(module, "_TRIED", 1)
    with (
        pytest.raises(HostError, match=f"Port {taken} is already in use"),
        fake_providers(Settings.model_validate({"socket": {"address": "127.0.0.1"}})),
    ):
        pass


def test_nothing_is_replaced_where_nothing_was_set(caplog: pytest.LogCaptureFixture) -> None:
    with fake_providers(Settings.model_validate({"socket": {"address": "127.0.0.1"}})) as fakes:
        fakes.announce("http://127.0.0.1:7350")
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "Identity providers and stores are fakes"
    ]


def test_who_asks_apple_about_purchases_asks_the_fake() -> None:
    key = private_pem(ec_key("mine"))
    api = {"issuer_id": "mine", "key_id": "mine", "signing_key": key, "bundle_ids": ["mine"]}
    own = Settings.model_validate({"socket": {"address": "127.0.0.1"}, "iap": {"apple": api}})
    with fake_providers(own) as fakes:
        assert {f"iap.apple.{name}" for name in api} <= fakes.settings.keys()
        assert not {"mine", key} & {str(value) for value in fakes.settings.values()}
        assert fakes.settings["iap.apple.bundle_ids"] != ["mine"]


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "²"])
def test_ports_that_are_none(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--fake-providers", f"--fake-providers-port={port}"])
    assert ended.value.code == 2
    assert f"'{port}' is no port" in capsys.readouterr().err


def test_a_port_for_no_fakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--fake-providers-port", "7360"]) == 2
    assert capsys.readouterr().err == "kizuna: --fake-providers-port needs --fake-providers.\n"
