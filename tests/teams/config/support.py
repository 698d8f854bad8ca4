"""Configurations that are nearly the valid one, and what is said about them."""

import copy
import json
from typing import Any

from kizuna.teams.config.errors import ConfigError
from kizuna.teams.config.loading import load
from kizuna.teams.config.shapes import TeamsConfig
from tests.teams.support import CONFIG

VALID: dict[str, Any] = json.loads(CONFIG.read_text())

#: A change removes what it names.
GONE = object()


def changed(**changes: Any) -> dict[str, Any]:
    """The valid configuration with values at paths such as `wallet__currencies__gold`, made where missing."""
    values = copy.deepcopy(VALID)
    for path, value in changes.items():
        put(values, path.split("__"), value)
    return values


def put(values: Any, path: list[str], value: Any) -> None:
    """Set or remove one value; indexes of lists are digits."""
    for part in path[:-1]:
        values = values[int(part)] if isinstance(values, list) else values.setdefault(part, {})
    key: Any = int(path[-1]) if isinstance(values, list) else path[-1]
    if value is GONE:
        del values[key]
    else:
        values[key] = value


def loaded(values: Any) -> TeamsConfig:
    """The configuration, which must be valid and nothing to warn of."""
    config, warnings = load(json.dumps(values), source="guilds.json")
    assert warnings == []
    return config


def warnings_of(values: Any) -> list[str]:
    return load(json.dumps(values), source="guilds.json")[1]


def problems_of(values: Any) -> list[str]:
    """Why the configuration is refused; [] if it is not."""
    try:
        load(json.dumps(values), source="guilds.json")
    except ConfigError as error:
        return error.problems
    return []
