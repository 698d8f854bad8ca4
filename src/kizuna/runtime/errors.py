"""What can go wrong between the server and game code.

    Exception
    ├── Error               raised by game code: refuses the client's call with a message and a code
    ├── CallFailed          how a call ended that did not succeed, as the client is told
    ├── CallbackFailed      how a callback ended that neither succeeded nor raised an ordinary exception
    ├── RegistrationError   a function that cannot be registered as it is
    └── ModuleLoadError     game code that cannot be loaded; the server does not start
        └── StartupError    game code whose startup function failed; the server does not start either

What calls of the server API raise (`ApiError`, `StorageRefusal`, `WalletError`, `LedgerError`, `ValueError`)
carries no code for the client: a function that lets one pass has failed, with that text.
"""

import os
import sys

from kizuna.errors import ApiError, Code
from kizuna.http.deadlines import Overdue

INTERNAL_ERROR = "Internal error."
INVALID_RESULT = "Runtime function returned invalid data - only allowed one return value of type string."
INVALID_REQUEST = "Could not complete runtime Before function."
NOTHING_RETURNED = "Requested resource was not found."

#: What the log says of a call that was ended.
TOO_LONG = "it took longer than runtime.call_timeout_ms and was ended"

#: The names of all modules that game code consists of begin with this.
GAME_PREFIX = "kizuna_game_"

#: Parts of the standard library whose errors tell of databases.
_DATABASES = frozenset(("sqlite3", "_sqlite3", "dbm", "_dbm", "_gdbm"))
_TELLING = (sys.stdlib_module_names | {"kizuna", "__main__"}) - _DATABASES


class Error(Exception):
    """Refuses the client's call: it is told the `message`, with the HTTP status of the `code`.

    A code outside 1 to 16 counts as 13 (`Code.INTERNAL`).
    """

    # For the game's own kinds of errors, which may forget to call this one's constructor.
    message: str = INTERNAL_ERROR
    code: int = Code.INTERNAL

    def __init__(self, message: str, code: int = Code.INTERNAL) -> None:
        super().__init__(message)
        self.message = message
        self.code = int(code)


class CallFailed(ApiError):
    """A call's end without success. `deliberate` tells an `Error` from an accident."""

    def __init__(self, code: int, message: str, *, deliberate: bool) -> None:
        super().__init__(code, message)
        self.deliberate = deliberate


class CallbackFailed(Exception):
    """A callback that came to no proper end; the message tells why."""


class RegistrationError(TypeError):
    """A function that cannot be registered: the message says what it should be."""


class ModuleLoadError(Exception):
    """Game code that cannot be loaded. The message names the file and holds the traceback."""

    _WHAT_FAILED = "cannot be loaded"

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        separator = "\n" if "\n" in reason else " "
        super().__init__(f"Game module {os.fspath(path)} {self._WHAT_FAILED}:{separator}{reason}")
        self.path = os.fspath(path)


class StartupError(ModuleLoadError):
    """Game code whose startup function failed."""

    _WHAT_FAILED = "cannot be started"


def failure(error: BaseException) -> CallFailed:
    """What the client is told of an exception that game code raised. Never fails itself."""
    try:
        return _failure(error)
    except BaseException:  # the game's own properties, which may raise anything
        return CallFailed(Code.INTERNAL, INTERNAL_ERROR, deliberate=isinstance(error, Error))


def text_of(value: object) -> str:
    """`str(value)`, "" where the game's own conversion fails."""
    try:
        return str(value)
    except BaseException:
        return ""


def _failure(error: BaseException) -> CallFailed:
    if isinstance(error, Error):
        known = isinstance(error.code, int) and Code.CANCELED <= error.code <= Code.UNAUTHENTICATED
        code = error.code if known else Code.INTERNAL
        return CallFailed(code, text_of(error.message), deliberate=True)
    return CallFailed(Code.INTERNAL, _told(error), deliberate=False)


def refused_payload(sentence: str) -> CallFailed:
    """For a payload that is not what the function takes."""
    return CallFailed(Code.INVALID_ARGUMENT, sentence, deliberate=True)


def nonsense() -> CallFailed:
    """For a function before an operation that returned no request."""
    return CallFailed(Code.INTERNAL, INVALID_REQUEST, deliberate=False)


def disabled() -> CallFailed:
    """For a function before an operation that returned nothing, and so disabled the operation."""
    return CallFailed(Code.NOT_FOUND, NOTHING_RETURNED, deliberate=True)


def overdue() -> CallFailed:
    """For a call that took too long."""
    return CallFailed(Code.DEADLINE_EXCEEDED, "context deadline exceeded", deliberate=False)


def ended(error: Overdue) -> CallbackFailed:
    """What the log shows of a call that took too long: its traceback leads to where it was then."""
    cause = error.__cause__
    return CallbackFailed(TOO_LONG).with_traceback(cause.__traceback__ if cause else None)


def _told(error: BaseException) -> str:
    """The exception's own text, unless a database, a library or the system wrote it."""
    module = type(error).__module__.partition(".")[0]
    if module.startswith(GAME_PREFIX):
        return text_of(error) or INTERNAL_ERROR
    if module not in _TELLING or isinstance(error, OSError) or not isinstance(error, Exception):
        return INTERNAL_ERROR
    return text_of(error) or INTERNAL_ERROR
