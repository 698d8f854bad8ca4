"""Settings of providers and stores: nested as `running_application` takes them, and those of nobody."""

from collections.abc import Mapping
from typing import Any

from kizuna.settings import KEYS

#: Where nobody answers, by the settings that say where providers and stores are: no test asks a real one.
NOWHERE = {
    key: "http://127.0.0.1:1" + ("/token" if key.endswith("token_url") else "")
    for key, field in KEYS.items()
    if str(field.default).startswith("https://") or key == "social.gamecenter.base_url"
}


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by dotted keys as nested sections."""
    tree: dict[str, Any] = {}
    for key, value in settings.items():
        *sections, name = key.split(".")
        section = tree
        for part in sections:
            section = section.setdefault(part, {})
        section[name] = value
    return tree
