"""The command line: `kizuna serve | reload | new | migrate | healthcheck | doctor | replay-receipt | db`.

Each command imports what it needs when it runs, so that `kizuna --help` is quick.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kizuna.configuration import Loaded
    from kizuna.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the process's exit status: 0, 1 for a refusal or failure, 2 for wrong usage."""
    options = _parsed(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_plain(error):
            raise
        for line in str(error).splitlines():
            _err(f"kizuna: {line}")
        return 1


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of a command; what argparse does not know is psql's, or wrong usage."""
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if options.run is _db_psql:
        given = [*unknown, *options.arguments]
        options.arguments = given[1:] if given[:1] == ["--"] else given
    elif unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


def _is_plain(error: Exception) -> bool:
    """Whether the error's text is meant for the operator, and no traceback is needed."""
    from kizuna.configuration import SettingsError
    from kizuna.db.embedded import EmbeddedError
    from kizuna.host.errors import HostError
    from kizuna.scaffold import ScaffoldError
    from kizuna.teams.config.errors import ConfigError

    return isinstance(error, SettingsError | EmbeddedError | HostError | ScaffoldError | ConfigError)


def _out(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _err(line: str) -> None:
    sys.stderr.write(f"{line}\n")


# What can be said


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kizuna", description="A game backend for Nakama clients.")
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_serve(commands)
    _add(commands, "reload", _reload, "let running servers go by a changed Teams configuration")
    _add_new(commands)
    _add_migrate(commands)
    _add_healthcheck(commands)
    _add_doctor(commands)
    _add_replay(commands)
    _add_db(commands)
    return parser


class _Version(argparse.Action):
    """`--version`, looked up only when asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from kizuna.host.banner import product

        _out(product())
        parser.exit()


_Commands = argparse._SubParsersAction  # what add_subparsers gives; it has no public name


def _add(
    commands: _Commands[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    help: str,
) -> argparse.ArgumentParser:
    """A command with the options that every command has."""
    command = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    command.set_defaults(run=run)
    command.add_argument(
        "--config", action="append", type=Path, default=[], metavar="FILE", help="YAML settings (repeatable)"
    )
    command.add_argument("--data-dir", metavar="DIR", help="home of the embedded database")
    command.add_argument("--database-url", metavar="URL", help="an external PostgreSQL instead")
    return command


def _add_address(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", metavar="ADDRESS", help="address to listen on (default 127.0.0.1)")
    command.add_argument("--port", metavar="N", help="port to listen on (default 7350)")


def _add_modules(command: argparse.ArgumentParser) -> None:
    command.add_argument("--modules", action="append", metavar="DIR", help="game code (repeatable)")


def _add_serve(commands: _Commands[argparse.ArgumentParser]) -> None:
    serve = _add(commands, "serve", _serve, "run the server")
    _add_address(serve)
    serve.add_argument("--workers", metavar="N", help="server processes (default 1)")
    _add_modules(serve)
    serve.add_argument("--migrate", action="store_true", help="bring an external database up to date first")
    serve.add_argument("--reload", action="store_true", help="development: reload game code when it changes")
    serve.add_argument("--log-level", metavar="LEVEL", help="debug, info, warn or error")
    serve.add_argument(
        "--fake-providers",
        action="store_true",
        help="development: fake identity providers and stores, for sign-ins and purchases without any",
    )
    serve.add_argument(
        "--fake-providers-port", type=_port, metavar="N", help="port of the fakes (default 7360, or the next)"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _add_new(commands: _Commands[argparse.ArgumentParser]) -> None:
    about = "write a starter project: game code, a test, settings"
    new = commands.add_parser("new", help=about, description=about[0].upper() + about[1:] + ".")
    new.set_defaults(run=_new)
    new.add_argument("folder", type=Path, metavar="NAME", help="folder to make, or an empty one")


def _add_migrate(commands: _Commands[argparse.ArgumentParser]) -> None:
    migrate = _add(commands, "migrate", _migrate, "bring the database's schema up to date, or show its state")
    migrate.add_argument("action", nargs="?", choices=("up", "status"), default="up")


def _add_healthcheck(commands: _Commands[argparse.ArgumentParser]) -> None:
    check = _add(commands, "healthcheck", _healthcheck, "succeed when the server answers")
    _add_address(check)
    check.add_argument("--url", help="base URL of the server (default: where the settings say it listens)")


def _add_doctor(commands: _Commands[argparse.ArgumentParser]) -> None:
    doctor = _add(commands, "doctor", _doctor, "check settings, database, game code and surroundings")
    _add_address(doctor)
    _add_modules(doctor)


_REPLAY = """
Validate a purchase or a subscription again, and print every check with its outcome and what the store
confirms. Nothing is kept, and no database is needed.

FILE holds what a client has sent, as JSON: {"receipt": ...}, {"purchase": ...}, with "signature" for Huawei,
or {"signed_request": ...}; or what the database keeps of a signed transaction, {"jws": ...}; or a bare
receipt. The store is told by its form.
"""

_REPLAY_STATUS = """
Exit status: 0 if the store confirms it, 1 if it does not or cannot be asked, 2 if nothing can be validated:
wrong usage or settings, a file that cannot be read, a store that is not configured.
"""


def _add_replay(commands: _Commands[argparse.ArgumentParser]) -> None:
    replay = commands.add_parser(
        "replay-receipt",
        help="validate a receipt again, and show every check",
        description=_REPLAY,
        epilog=_REPLAY_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    replay.set_defaults(run=_replay)
    replay.add_argument("file", type=Path, metavar="FILE", help="the receipt")
    replay.add_argument(
        "--config", action="append", type=Path, default=[], metavar="FILE", help="YAML settings (repeatable)"
    )
    replay.add_argument(
        "--store", choices=("apple", "google", "huawei", "facebookinstant"), help="whose receipt it is"
    )
    replay.add_argument("--subscription", action="store_true", help="validate it as a subscription")
    replay.add_argument("--user", type=_user_id, metavar="ID", help="the user who must have bought it")


def _user_id(text: str) -> str:
    from kizuna.wire.uuids import parse_uuid

    if (user_id := parse_uuid(text)) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no user id")
    return user_id


def _add_db(commands: _Commands[argparse.ArgumentParser]) -> None:
    db = commands.add_parser("db", help="work with the database", description="Work with the database.")
    tools = db.add_subparsers(metavar="TOOL", required=True)
    _add(tools, "path", _db_path, "print the data directory of the embedded database")
    _add(tools, "url", _db_url, "print the URL of the database")
    psql = _add(tools, "psql", _db_psql, "open an SQL prompt")
    psql.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="options of psql")
    dump = _add(tools, "dump", _db_dump, "write all data to a file")
    dump.add_argument("file", type=Path)
    restore = _add(tools, "restore", _db_restore, "load a dump into an empty database")
    restore.add_argument("file", type=Path)
    restore.add_argument("--clean", action="store_true", help="delete what is in the database first")
    reset = _add(tools, "reset", _db_reset, "delete the embedded database with all its data")
    reset.add_argument("--yes", action="store_true", help="do not ask")


#: Which option sets which setting.
_SETTINGS = {
    "host": "socket.address",
    "port": "socket.port",
    "workers": "workers",
    "data_dir": "data_dir",
    "database_url": "database.url",
    "modules": "runtime.modules",
    "log_level": "logger.level",
}


def _load(options: argparse.Namespace, more: Mapping[str, Any] | None = None) -> Loaded:
    """The settings; `more` of them, by dotted keys, win over all others."""
    from kizuna.configuration import load

    flags = {key: getattr(options, name, None) for name, key in _SETTINGS.items()}
    return load(options.config, os.environ, {**flags, **(more or {})})


# What is done


def _serve(options: argparse.Namespace) -> int:
    from kizuna.host import hangups

    hangups.outlast()  # before anything that takes a while
    loaded = _load(options)
    if options.fake_providers:
        return _serve_with_fakes(options, loaded.settings)
    if options.fake_providers_port:
        _err("kizuna: --fake-providers-port needs --fake-providers.")
        return 2
    trust = _trusting(loaded.settings)
    return _run_server(options, loaded.settings, loaded.warnings, announcement=lambda _url: trust)


def _trusting(settings: Settings) -> Sequence[str]:
    """A line of warning where settings leave open which app a sign-in or a purchase was made for."""
    from kizuna.doctor_providers import open_to_others

    if not any(open_to_others(settings)):
        return ()
    return ["Warning: sign-ins and purchases made for other apps are accepted, too; see `kizuna doctor`."]


def _serve_with_fakes(options: argparse.Namespace, own: Settings) -> int:
    from kizuna.testing.fake_providers import fake_providers

    with fake_providers(own, options.fake_providers_port) as fakes:
        settings, warnings = _load(options, fakes.settings)
        return _run_server(options, settings, warnings, announcement=fakes.announce)


def _run_server(options: argparse.Namespace, settings: Settings, warnings: Sequence[str], **more: Any) -> int:
    from kizuna.host.parent import serve

    return serve(settings, migrate=options.migrate, reload=options.reload, warnings=warnings, **more)


def _reload(options: argparse.Namespace) -> int:
    settings = _load(options).settings
    from kizuna.host import teams
    from kizuna.host.database import running_database

    if settings.teams.config is None:
        _err("kizuna: There is no Teams configuration to read: teams.config is not set.")
        return 1
    content = teams.checked(settings.teams.config, lambda warning: _err(f"Warning: {warning}"))
    published = teams.store(running_database(settings), content)
    if published.loss:
        _out(published.loss)
    _out(str(published))
    return 0


def _new(options: argparse.Namespace) -> int:
    import shlex
    from importlib.util import find_spec

    from kizuna.scaffold import command, create, python

    create(options.folder)
    enter = f"cd {shlex.quote(str(options.folder))} && "
    _out(f"{options.folder} is ready. Run it, and test it:")
    _out(f"  {enter}{command('kizuna')} serve --config kizuna.yaml --reload")
    if find_spec("pytest") is None:
        _out(f"  {python()} -m pip install pytest")
    _out(f"  {enter}{command('pytest')}")
    return 0


def _migrate(options: argparse.Namespace) -> int:
    settings = _load(options).settings
    from kizuna.db import migrate, tools
    from kizuna.host.database import data_directory, require_server, schema_problem, upgrade

    with tools.database(data_directory(settings), settings.database.url) as url:
        require_server(url)
        if options.action == "status":
            problem = schema_problem(*migrate.status(url))
            _out(problem or "The database is up to date.")
            return int(problem is not None)
        applied = upgrade(url)
        _out(f"Applied {', '.join(applied)}." if applied else "The database is up to date.")
    return 0


def _healthcheck(options: argparse.Namespace) -> int:
    from urllib.error import URLError
    from urllib.request import ProxyHandler, build_opener

    url = options.url or _own_url(options)
    try:
        with build_opener(ProxyHandler({})).open(f"{url.rstrip('/')}/healthcheck", timeout=5) as answer:
            healthy = answer.status == 200
    except (URLError, OSError, ValueError) as error:
        _err(f"kizuna: {url} does not answer: {getattr(error, 'reason', error)}")
        return 1
    return int(not healthy)


def _own_url(options: argparse.Namespace) -> str:
    from kizuna.host.banner import base_url

    socket = _load(options).settings.socket
    return base_url(socket.address, socket.port)


def _doctor(options: argparse.Namespace) -> int:
    loaded = _load(options)
    from kizuna.doctor import examine

    findings = examine(loaded.settings, loaded.warnings)
    for finding in findings:
        _out(f"{finding.verdict:<8} {finding.sentence}".replace("\n", "\n" + " " * 9))
    return int(any(finding.verdict == "problem" for finding in findings))


def _replay(options: argparse.Namespace) -> int:
    import asyncio

    from kizuna.configuration import SettingsError
    from kizuna.replay import STORES, ReplayError, read_claim, read_file, replay

    try:
        settings = _load(options).settings
        store = STORES[options.store] if options.store else None
        claim = read_claim(read_file(options.file), store, is_subscription=options.subscription)
        outcome = asyncio.run(replay(claim, settings, options.user or ""))
    except (ReplayError, SettingsError) as error:
        for line in str(error).splitlines():
            _err(f"kizuna: {line}")
        return 2
    for line in outcome.lines():
        _out(line)
    return int(not outcome.is_valid)


def _database(options: argparse.Namespace) -> tuple[Path, str | None]:
    """The embedded database's home and the external database's URL, as the tools take them."""
    settings = _load(options).settings
    from kizuna.host.database import data_directory

    return data_directory(settings), settings.database.url


def _db_path(options: argparse.Namespace) -> int:
    home, external = _database(options)
    from kizuna.db import tools

    if external:
        _err("kizuna: The database is an external one, named by database.url; there is no data directory.")
        return 1
    _out(str(tools.path(home)))
    return 0


def _db_url(options: argparse.Namespace) -> int:
    home, external = _database(options)
    from kizuna.db import tools

    url = tools.url(home, external)
    if url is None:
        _err(f"kizuna: The embedded database in {home} is not running; `kizuna serve` starts it.")
        return 1
    _out(url)
    return 0


def _db_psql(options: argparse.Namespace) -> int:
    from kizuna.db import tools

    with tools.database(*_database(options)) as url:
        return tools.psql(url, options.arguments)


def _db_dump(options: argparse.Namespace) -> int:
    from kizuna.db import tools

    with tools.database(*_database(options)) as url:
        return tools.dump(url, options.file)


def _db_restore(options: argparse.Namespace) -> int:
    from kizuna.db import tools

    with tools.database(*_database(options)) as url:
        return tools.restore(url, options.file, clean=options.clean)


def _db_reset(options: argparse.Namespace) -> int:
    home, external = _database(options)
    from kizuna.db import tools

    if external:
        _err("kizuna: Only the embedded database can be reset, and database.url names another one.")
        return 1
    if not options.yes and not _confirmed(f"Delete all data in {tools.path(home)}? Type yes: "):
        _err("kizuna: Nothing was deleted.")
        return 1
    _out("Deleted." if tools.reset(home) else "There is no database.")
    return 0


def _confirmed(question: str) -> bool:
    sys.stdout.write(question)
    sys.stdout.flush()
    return sys.stdin.readline().strip() == "yes"
