"""The server itself, for game code: its configuration, and files beside the modules."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from kizuna.errors import not_found
from kizuna.runtime.config import Config, config_of
from kizuna.runtime.nakama.services import Calls
from kizuna.runtime.values import text_of


class ServerCalls(Calls):
    """Configuration and files."""

    @property
    def config(self) -> Config:
        """The settings that concern game code. Some are secret: let no client see them."""
        return config_of(self._services.settings)

    async def read_file(self, path: str) -> bytes:
        """The content of a file in a folder of game modules, by its path in there; the first folder that has
        it counts.

        ValueError for a path that leads out of the folder, `ApiError` "file not found" for no file.
        """
        folders = self._services.settings.runtime.modules
        return await asyncio.to_thread(_content, folders, text_of(path, "path"))


def _content(folders: Sequence[Path], path: str) -> bytes:
    for folder in folders:
        base = folder.resolve()
        file = (base / path).resolve()
        if not file.is_relative_to(base):
            raise ValueError(f"path {path!r} leads out of the folder of game modules")
        if file.is_file():
            return file.read_bytes()
    raise not_found("file not found")
