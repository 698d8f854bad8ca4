"""Where the settings come from: configuration files, the environment, the command line.

A later source wins over an earlier one, key by key: defaults, configuration files in their order, the
environment, the command line. Files hold Nakama's nested sections or dotted keys; the environment spells
`socket.server_key` as KIZUNA_SOCKET__SERVER_KEY. A key that does not exist is an error that names the closest
one that does; keys that only Nakama knows, or that have no effect yet, are accepted with a warning.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kizuna.setting_types import Section
from kizuna.settings import KEYS, Settings, entry_of, is_collection

_PREFIX = "KIZUNA_"

#: Variables with our prefix that are no settings: the embedded database's and those of tests.
_NO_SETTINGS = {"KIZUNA_POSTGRES_BIN", "KIZUNA_SOAK_SECONDS", "KIZUNA_TEST_DATABASE_URL"}

#: What container platforms put in the environment for a service that is called kizuna, as NAME=value.
_SERVICE_LINK = re.compile(
    r"KIZUNA_(SERVICE_(HOST|PORT(_\w+)?)=.*|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=.*|PORT=(tcp|udp|sctp)://.*)"
)

_OTHER_NAMES = {"runtime.path": "runtime.modules", "database.address": "database.url"}

#: Sections and keys of a Nakama configuration that have no effect here.
_FOREIGN_NAMES = """
cluster config console iap.samsung match matchmaker metrics mfa party satori storage tracker
logger.stdout logger.file logger.rotation logger.max_size logger.max_age logger.max_backups logger.local_time
logger.compress
leaderboard.callback_queue_size leaderboard.callback_queue_workers leaderboard.rank_cache_workers
socket.protocol socket.max_message_size_bytes socket.read_buffer_size_bytes socket.write_buffer_size_bytes
socket.write_wait_ms socket.pong_wait_ms socket.ping_period_ms socket.ping_backoff_threshold
socket.close_ack_wait_ms socket.outgoing_queue_size socket.ssl_certificate socket.ssl_private_key
database.conn_max_lifetime_ms database.max_open_conns database.max_idle_conns database.dns_scan_interval_sec
runtime.min_count runtime.max_count runtime.call_stack_size runtime.registry_size runtime.read_only_globals
runtime.lua_min_count runtime.lua_max_count runtime.lua_call_stack_size runtime.lua_registry_size
runtime.lua_read_only_globals runtime.lua_api_stacktrace runtime.js_min_count runtime.js_max_count
runtime.js_read_only_globals runtime.js_entrypoint
"""
_FOREIGN = frozenset(_FOREIGN_NAMES.split())

_SECTIONS = {key.rsplit(".", depth)[0] for key in KEYS for depth in range(1, key.count(".") + 1)}


class SettingsError(Exception):
    """The settings cannot be used; each of `sentences` tells one reason."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = list(sentences)


class Loaded(NamedTuple):
    """Settings with what is to be said about them."""

    settings: Settings
    warnings: list[str]


@dataclass(frozen=True)
class _Given:
    """A value as one source gave it: how the source is called and how it spells the key."""

    value: Any
    source: str
    spelling: str

    def __str__(self) -> str:
        return f"{self.source}: {self.spelling}"


def load(
    files: Iterable[Path] = (),
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Loaded:
    """Settings from all sources.

    `flags` maps dotted keys to values; None stands for an option that was not given. Raises SettingsError.
    """
    given: dict[str, _Given] = {}
    problems: list[str] = []
    foreign: list[str] = []
    for source in (*map(_read_file, files), _read_environment(environ or {}), _read_flags(flags or {})):
        for key, item in source:
            _sort_out(_OTHER_NAMES.get(key, key), item, given, problems, foreign)
    if problems:
        raise SettingsError(problems)
    settings = _validate(given)
    foreign += [given[key].spelling for key in settings.without_effect()]
    warnings = [f"Settings without effect here: {', '.join(dict.fromkeys(foreign))}."] if foreign else []
    return Loaded(settings, warnings)


def _sort_out(
    key: str, item: _Given, given: dict[str, _Given], problems: list[str], foreign: list[str]
) -> None:
    if key in KEYS:
        given[key] = _adapted(key, item)
    elif key in _SECTIONS:
        if item.value is not None:
            problems.append(f"{item} is a section, with keys of its own below it.")
    elif key in _FOREIGN or key.split(".")[0] in _FOREIGN:
        foreign.append(item.spelling)
    else:
        problems.append(f"{item} is no setting.{_hint(key, item.spelling)}")


def _hint(key: str, spelling: str) -> str:
    """Which real key was probably meant, spelled as the source spells keys."""
    namesakes = [known for known in KEYS if known.rsplit(".")[-1] == key.rsplit(".")[-1]]
    close = difflib.get_close_matches(key, namesakes, 1, 0.3) or difflib.get_close_matches(key, KEYS, 1, 0.5)
    if not close:
        return ""
    return f" Did you mean {_variable(close[0]) if spelling.startswith(_PREFIX) else close[0]}?"


def _variable(key: str) -> str:
    return _PREFIX + key.replace(".", "__").upper()


def _adapted(key: str, item: _Given) -> _Given:
    """Nakama's database address has no scheme and may be one of a list."""
    if item.spelling.rsplit(".", 1)[-1] != "address" or key != "database.url":
        return item
    addresses = [item.value] if isinstance(item.value, str) else item.value or []
    if len(addresses) != 1 or not isinstance(addresses[0], str):
        raise SettingsError([f"{item} must name exactly one database server."])
    url = addresses[0] if "://" in addresses[0] else f"postgresql://{addresses[0]}"
    return _Given(url, item.source, item.spelling)


def _read_file(path: Path) -> list[tuple[str, _Given]]:
    try:
        document = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise SettingsError([f"{path} cannot be read: {error.strerror}."]) from None
    except yaml.YAMLError as error:
        raise SettingsError([f"{path} is not valid YAML: {_one_line(str(error))}"]) from None
    if document is None:
        return []
    if not isinstance(document, dict):
        raise SettingsError([f"{path} must hold a map of settings."])
    items = list(_flat(document))
    counts = Counter(_OTHER_NAMES.get(key, key) for key, _ in items)
    if twice := [key for key, count in counts.items() if count > 1]:
        raise SettingsError([f"{path}: {key} is given twice." for key in twice])
    return [(key, _Given(value, str(path), key)) for key, value in items]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _flat(document: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested sections as dotted keys; a map that is a setting's value stays whole."""
    for name, value in document.items():
        key = f"{prefix}{name}"
        whole = _OTHER_NAMES.get(key, key) in KEYS or key in _FOREIGN
        if isinstance(value, dict) and not whole:
            yield from _flat(value, f"{key}.")
        else:
            yield key, value


def _read_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, _Given]]:
    if url := environ.get("DATABASE_URL"):
        yield "database.url", _Given(url, "environment", "DATABASE_URL")
    for name, text in environ.items():
        link = _SERVICE_LINK.fullmatch(f"{name}={text}")
        if name.startswith(_PREFIX) and name not in _NO_SETTINGS and not link:
            key = name.removeprefix(_PREFIX).lower().replace("__", ".")
            yield key, _Given(_from_text(key, text), "environment", name)


def _from_text(key: str, text: str) -> Any:
    """Lists and maps are written in the environment as in YAML: `[a, b]`, `{a: 1}`."""
    key = _OTHER_NAMES.get(key, key)
    if key in KEYS and is_collection(key) and text.startswith(("[", "{")):
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError:
            raise SettingsError([f"environment: {_variable(key)} is not valid YAML."]) from None
    return text


def _read_flags(flags: Mapping[str, Any]) -> Iterator[tuple[str, _Given]]:
    for key, value in flags.items():
        if value is not None:
            yield key, _Given(value, "command line", key)


def _validate(given: Mapping[str, _Given]) -> Settings:
    tree: dict[str, Any] = {}
    for key, item in given.items():
        if item.value is not None:
            _plant(tree, key.split("."), item.value)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        problems = [_sentence(detail, given) for detail in error.errors(include_url=False)]
        raise SettingsError(list(dict.fromkeys(problems))) from None
    if problems := [*_impossible_boards(settings, given)]:
        raise SettingsError(problems)
    return settings


def _impossible_boards(settings: Settings, given: Mapping[str, _Given]) -> Iterator[str]:
    """What is wrong with schedules and times, which the settings themselves do not understand."""
    if not settings.leaderboards and not settings.tournaments:
        return  # the import takes a while
    from kizuna.leaderboards.configured import problem

    for key in ("leaderboards", "tournaments"):
        for entry in settings.value(key):
            if (reason := problem(entry)) is not None:
                yield f"{given[key]}, entry {entry.id!r}: {reason}."


def _plant(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree[path[-1]] = value


_MUST = {
    "int": "must be a whole number",
    "bool": "must be true or false",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "string": "must be a text (put it in quotes)",
    "path": "must be a path",
    "dict": "must be a map",
    "model": "must be a map",
    "tuple": "must be a list",
    "greater": "must be at least {ge}",
    "less": "must be at most {le}",
    "literal": "must be {expected}",
}


def _sentence(detail: ErrorDetails, given: Mapping[str, _Given]) -> str:
    """A validation error in plain words."""
    path = [str(part) for part in detail["loc"]]
    key = next((k for n in range(len(path), 0, -1) if (k := ".".join(path[:n])) in KEYS), "")
    if not key:
        return _capital(detail["msg"].removeprefix("Value error, ")) + "."
    within = path[key.count(".") + 1 :]
    if within and (entry := entry_of(key)):
        return _sentence_of_entry(detail, given[key], within, entry)
    hidden = within or not KEYS[key].repr or detail["type"] == "string_too_short"
    return f"{given[key]} {_words(detail, hidden=bool(hidden))}."


def _sentence_of_entry(detail: ErrorDetails, item: _Given, path: list[str], entry: type[Section]) -> str:
    """The same about an entry of a list of maps, told by its id where it has one."""
    value = item.value[int(path[0])]
    id = value.get("id") if isinstance(value, dict) else None
    where = f"{item}, entry {id!r}" if id and isinstance(id, str) else f"{item}, entry {int(path[0]) + 1}"
    name = "".join(path[1:2])
    if detail["type"] == "missing":
        return f"{where} lacks {name}."
    if detail["type"] == "extra_forbidden":
        return f"{where}: {name} is none of its keys, which are {', '.join(entry.model_fields)}."
    return f"{where}: {name} {_words(detail)}." if name else f"{where} {_words(detail)}."


def _words(detail: ErrorDetails, *, hidden: bool = False) -> str:
    """What a value must be and, unless it is hidden, what it is."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    words = _MUST.get(kind) or _MUST.get(kind.split("_")[0], detail["msg"])
    return words.format(**context) + ("" if hidden else f", not {detail['input']!r}")


def _capital(text: str) -> str:
    return text if "." in text.split()[0] else text[:1].upper() + text[1:]
