"""Passwords: bcrypt in a few threads of its own, so that hashing never holds up the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from passlib.hash import bcrypt

from kizuna.errors import ApiError, Code, invalid

T = TypeVar("T")

#: bcrypt looks at no more of a password than this.
_LONGEST = 72


def check_new_password(password: str) -> None:
    """400 for a password that bcrypt would cut short.

    The reference stores what cannot be checked: nothing at all when linking, a 500 when signing up.
    """
    if "\0" in password:
        raise invalid("Password must not contain the NUL character.")
    if len(password.encode()) > _LONGEST:
        raise invalid("Password must be at most 72 bytes long.")


class Passwords:
    """Hashes and checks passwords, at most `threads` at once and `queue` waiting."""

    def __init__(self, *, cost: int, threads: int, queue: int) -> None:
        self._hasher = bcrypt.using(rounds=cost, ident="2a")
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._room = threads + queue

    async def hash(self, password: str) -> bytes:
        """The bcrypt hash of a password that `check_new_password` let pass."""
        return await self._run(lambda: self._hasher.hash(password).encode())

    async def matches(self, password: str, stored: bytes) -> bool:
        """Whether this is the password; its first 72 bytes count."""
        secret = password.encode()[:_LONGEST]
        if b"\0" in secret:
            return False
        return await self._run(lambda: _verify(secret, stored))

    def close(self) -> None:
        """End the threads once they are idle."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._room <= 0:
            raise ApiError(Code.UNAVAILABLE, "Too many sign-ins at once. Try again later.")
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._room += 1


def _verify(secret: bytes, stored: bytes) -> bool:
    try:
        return bool(bcrypt.verify(secret, stored))
    except ValueError:
        # What is stored is no bcrypt hash: nobody knows its password.
        return False
