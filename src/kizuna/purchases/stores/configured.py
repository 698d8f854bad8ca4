"""What stores have in common that are what their settings say."""

import copy
from typing import Any, Generic, Self, TypeVar

from kizuna.setting_types import Section

S = TypeVar("S", bound=Section)


class Configured(Generic[S]):
    """A store with settings, which game code may replace for a while."""

    def __init__(self, settings: S) -> None:
        self._settings = settings

    def with_settings(self, **changes: Any) -> Self:
        """The same store with other settings. All that it keeps, such as tokens, is kept together."""
        other = copy.copy(self)
        other._settings = self._settings.model_copy(update=changes)
        return other
