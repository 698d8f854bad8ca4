"""`kizuna serve --fake-providers`."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kizuna.cli import main
from kizuna.host.errors import HostError
from kizuna.settings import Settings
from kizuna.testing import fake_providers as module
from kizuna.testing.fake_providers import fake_providers
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
    config = tmp_path / "kizuna.yml"
    config.write_text("social: {apple: {bundle_id: mine}, steam: {publisher_key: secret, app_id: 7}}\n")
    port = free_port()
    server = serve("--fake-providers", "--fake-providers-port", str(port), *arguments, config=config)
    fakes = f"http://127.0.0.1:{port}"
    # So often that every worker gets its share.
    names = [f"{end.name}{''.join(arguments)}{number}" for number in range(8)]
    assert {signed_in(server, fakes, name).status_code for name in names} == {200}
    assert [signed_in(server, fakes, name).json().get("created") for name in names] == [None] * len(names)
    wait_until(lambda: "This signs a first player in with Apple:" in server.output, what="the banner")
    assert f"WARNING [{server.process.pid}] kizuna.host.parent: {FAKE} {fakes} tells how.\n" in server.output
    assert f"\nWarning: {FAKE}\n  fakes       {fakes} " in server.output
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
    wait_until(lambda: FAKE in server.output, within=30, what="the fakes")
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


def test_nothing_is_replaced_where_nothing_was_set() -> None:
    with fake_providers(Settings.model_validate({"socket": {"address": "127.0.0.1"}})) as fakes:
        assert len(fakes.warnings) == 1


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
