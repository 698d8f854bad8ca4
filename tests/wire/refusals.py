"""What these tests say about a refusal."""

from collections.abc import Callable
from typing import Any

import pytest

from kizuna.errors import ApiError, Code


def refusal(call: Callable[..., Any], *arguments: Any) -> str:
    """The message of the ApiError (invalid argument, sendable as UTF-8) that the call must raise."""
    with pytest.raises(ApiError) as caught:
        call(*arguments)
    assert caught.value.code == Code.INVALID_ARGUMENT
    caught.value.message.encode()
    return caught.value.message
