"""Projects of games, and pytest as their developers run it."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.support.waiting import wait_until

#: What keeps the plugins of this suite, which are not the game's, out of a run.
PLAIN = ("-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")

INI = """
    [pytest]
    addopts = -p kizuna.testing.plugin
    kizuna_modules = modules
"""


class Project:
    """A folder with game code and its tests; `env` is what they find in the environment besides ours."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = {**os.environ, **env}
        self.env.pop("CI", None)  # pytest tells more there
        self.write("pytest.ini", INI)

    def write(self, name: str, text: str) -> Path:
        """A file of the project, indented as the test is."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def test(self, *arguments: str) -> "Outcome":
        """Run the tests to their end."""
        done = subprocess.run(
            self._command(*arguments),
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Outcome(done.returncode, done.stdout + done.stderr)

    def interrupted(self, begun: Path) -> "Outcome":
        """Run the tests, and press Ctrl-C when a file is there."""
        with subprocess.Popen(
            self._command(),
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Whoever runs in the background of a shell inherits that it ignores Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as run:
            try:
                wait_until(lambda: begun.exists() or run.poll() is not None, within=60, what="the test")
                run.send_signal(signal.SIGINT)
                output, _ = run.communicate(timeout=60)
            finally:
                run.kill()
        return Outcome(run.returncode, output)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "pytest", *PLAIN, *arguments]


class Outcome:
    """What pytest said."""

    def __init__(self, status: int, output: str) -> None:
        self.status = status
        self.output = output

    @property
    def counts(self) -> dict[str, int]:
        """How many tests ended how: `{"passed": 3, "failed": 1}`. Warnings count as well."""
        found = re.findall(r"(\d+) (passed|failed|errors?|warnings?|skipped)", self.output.splitlines()[-1])
        return {kind.removesuffix("s"): int(number) for number, kind in found}
