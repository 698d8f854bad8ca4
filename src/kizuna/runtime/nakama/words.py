"""Refusals in the words that server code knows them by, where these are others than the clients'."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kizuna.errors import ApiError


@contextmanager
def in_words(texts: Mapping[str, str]) -> Iterator[None]:
    """Turn refusals with the texts of clients into those of server code; others pass as they are."""
    try:
        yield
    except ApiError as error:
        if (text := texts.get(error.message)) is None:
            raise
        raise ApiError(error.code, text) from None
