"""The forms in which kizuna is handed out: the wheel, and the files and commands of the container image."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import httpx
import pytest
import yaml

from tests.support.databases import Databases
from tests.support.players import sign_in
from tests.support.processes import KIZUNA, Serve, Server

ROOT = Path(__file__).parents[1]
#: The installed dependencies, without this checkout: a path variable does not follow .pth files.
DEPENDENCIES = sysconfig.get_path("purelib")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    (built,) = folder.glob("kizuna-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that holds the wheel and nothing else."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=120)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(python)]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", wheel], check=True, timeout=120)
    return python


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Dockerfile copies into the image."""
    folder = tmp_path_factory.mktemp("image")
    for *sources, target in (copied.split() for copied in instructions("COPY")):
        for source in sources:
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, folder / target)
    return folder


def instructions(name: str) -> list[str]:
    """The arguments of every such instruction of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^(?:HEALTHCHECK .*)?{name} +(.+)$", text, re.MULTILINE)


def kizuna(*args: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command line with nothing in its environment but `env`."""
    return subprocess.run([*KIZUNA, *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


def plays(server: Server) -> None:
    """A new player signs in and reads an account."""
    with httpx.Client(base_url=server.base_url) as client:
        player = sign_in(client)
        account = client.get("/v2/account", headers=player.headers).json()
    assert account["user"]["id"] == player.id


def test_the_installed_wheel_serves(installed: Path, serve: Serve, data_dir: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [installed, "-c", "import kizuna; print(kizuna.__file__)"],
        env={"PYTHONPATH": DEPENDENCIES},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(installed.parents[1])

    server = serve(
        command=[str(installed.parent / "kizuna")],
        cwd=tmp_path,
        env={"PYTHONPATH": DEPENDENCIES},
        database_url=None,
        data_dir=data_dir,
    )
    plays(server)


def test_the_image_s_commands_serve_and_report_health(image: Path, serve: Serve, data_dir: Path) -> None:
    health, start = (json.loads(command) for command in instructions("CMD"))
    (entrypoint,) = (json.loads(command) for command in instructions("ENTRYPOINT"))
    assert entrypoint == ["python", "-m", "kizuna"]
    assert start == ["serve", "--host", "0.0.0.0"]

    here = {"PYTHONPATH": str(image / "src")}
    server = serve(cwd=image, env={**here, "KIZUNA_DATA_DIR": str(data_dir)}, database_url=None)
    plays(server)

    assert health[:3] == entrypoint
    asking = {**here, "KIZUNA_SOCKET__PORT": str(server.port)}
    assert kizuna(*health[3:], cwd=image, env=asking).returncode == 0
    server.stop()
    assert kizuna(*health[3:], cwd=image, env=asking).returncode != 0


def test_the_compose_file_s_server_migrates_its_database_and_serves(
    image: Path, serve: Serve, databases: Databases
) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert len(text.splitlines()) <= 40
    service = yaml.safe_load(text)["services"]["kizuna"]
    assert "7350:7350" in service["ports"]
    assert service["command"] == ["serve", "--host", "0.0.0.0", "--migrate"]

    env = service["environment"] | {"DATABASE_URL": databases.empty(), "PYTHONPATH": str(image / "src")}
    plays(serve("--migrate", cwd=image, env=env, database_url=None))
