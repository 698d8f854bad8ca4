"""The checks of one verification, each with its name and outcome."""

import reprlib
from dataclasses import dataclass, field

#: How much of a value that somebody else has sent is quoted.
_LONGEST_QUOTE = 200

_short = reprlib.Repr()  # whatever the depth: it may be too deep for `repr`
_short.maxstring = _short.maxother = _short.maxlong = _LONGEST_QUOTE


class Refused(Exception):
    """A check has failed: `check` is its name, such as "audience", `reason` says what was found instead."""

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(f"{check}: {reason}")
        self.check = check
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Check:
    """A check and its outcome."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(slots=True)
class Checks:
    """Notes the checks of one verification in their order; the first that fails is the last.

    Details never hold secrets: they are logged, and shown to operators.
    """

    done: list[Check] = field(default_factory=list)

    def require(self, name: str, holds: bool, otherwise: str, *, detail: str = "") -> None:
        """Note a check. `Refused` with what is the case `otherwise`, if it does not hold."""
        if not holds:
            raise self.refused(name, otherwise)
        self.passed(name, detail)

    def passed(self, name: str, detail: str = "") -> None:
        """Note a check that has passed."""
        self.done.append(Check(name, True, detail))

    def refused(self, name: str, reason: str) -> Refused:
        """Note a check that has failed, and the error to raise for it."""
        self.done.append(Check(name, False, reason))
        return Refused(name, reason)


def quoted(value: object) -> str:
    """What somebody else has sent, as it can stand in a log: in one line and not for ever."""
    if isinstance(value, str) and len(value) < _LONGEST_QUOTE:
        text = ascii(value)
    else:
        text = _short.repr(value).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
