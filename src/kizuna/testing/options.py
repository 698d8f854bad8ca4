"""The settings that a server under test has."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kizuna.configuration import SettingsError, load
from kizuna.settings import Settings

#: What tests need: sessions that outlive every leap of the clock, keys of a length that no library warns of,
#: quick passwords, nobody from outside.
_FOR_TESTS: Mapping[str, Any] = {
    "bus": "local",
    "password.bcrypt_cost": 4,
    "session.encryption_key": "for-tests-alone-" * 3,
    "session.refresh_encryption_key": "refreshes-in-tests-" * 3,
    "session.refresh_token_expiry_sec": 10**9,
    "session.token_expiry_sec": 10**9,
    "socket.address": "127.0.0.1",
    "workers": 1,
}


def settings_for_tests(files: Sequence[Path], own: Mapping[str, Any], root: Path) -> Settings:
    """The settings of the game's files, those that tests need over them, and over both a test's `own`.

    `own` maps dotted keys to values. Folders of modules are relative to `root`. The environment says
    nothing, so that a test does the same everywhere. Raises SettingsError.
    """
    settings = _load(files, {**_FOR_TESTS, **own})
    runtime = settings.runtime
    modules = tuple(root / folder for folder in runtime.modules)
    return settings.model_copy(update={"runtime": runtime.model_copy(update={"modules": modules})})


def _load(files: Sequence[Path], own: Mapping[str, Any]) -> Settings:
    try:
        return load(files, flags=own).settings
    except SettingsError as error:
        # What wins over the files is the command line elsewhere.
        told = [sentence.replace("command line: ", "a test's own: ", 1) for sentence in error.sentences]
        raise SettingsError(told) from None
