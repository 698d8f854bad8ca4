"""A worker process: one of several that accept from the same socket. Started by `kizuna.host.workers`.

Standard input holds its brief, one line of JSON. It says "ready" on a pipe once it serves, and its parent
takes the end of that pipe for its death.
"""

import json
import os
import signal
import sys

from kizuna.host.lifeline import hold_on_to


def main() -> int:
    """Serve as the brief says; the process's exit status."""
    line = sys.stdin.buffer.readline()
    if not line:  # the parent is gone already
        return 1
    brief = json.loads(line)
    hold_on_to(brief["parent"])
    if brief["ignores_hangup"]:
        # A handler and not SIG_IGN, which programs that game code starts would inherit.
        signal.signal(signal.SIGHUP, _leave_it_to_the_parent)
    return _serve(brief)


def _serve(brief: dict[str, str | int]) -> int:
    import socket
    import traceback

    from kizuna.host import logs
    from kizuna.host.errors import HostError, tell
    from kizuna.host.process import Leftovers, load_factory, run
    from kizuna.runtime.errors import ModuleLoadError
    from kizuna.settings import Settings
    from kizuna.teams.config.errors import ConfigError

    settings = Settings.model_validate_json(str(brief["settings"]))
    logs.configure(settings.logger.level, settings.logger.format)
    status = int(brief["status"])
    listener = socket.socket(fileno=int(brief["listener"]))
    leftovers = Leftovers()
    try:
        factory = load_factory(str(brief["application"]))
        run(
            lambda: factory(settings, database_url=brief["database_url"], single_process=False, reload=False),
            listener,
            settings,
            owns_listener=False,
            on_ready=lambda: _say_ready(status),
            leftovers=leftovers,
        )
    except (HostError, ModuleLoadError, ConfigError) as error:
        tell(error)
        return leftovers.leave(1)
    except Exception:
        traceback.print_exc()
        return leftovers.leave(1)
    return leftovers.leave(0)


def _leave_it_to_the_parent(number: int, frame: object) -> None:
    """It reads the Teams configuration for all; who signals every process of a server means no more."""


def _say_ready(descriptor: int) -> None:
    os.write(descriptor, b"ready")


if __name__ == "__main__":
    sys.exit(main())
