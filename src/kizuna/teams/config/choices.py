"""Which name may be meant by one that is none."""

import difflib
from collections.abc import Collection

#: Names that are listed in full; of more the nearest are named.
_FEW = 12

#: Among more names the nearest are not looked for: it takes long.
_TOO_MANY = 1000


def choice(names: Collection[str], given: str, few: int = _FEW) -> str:
    """Which names there are, in a sentence: all of a few, of many those that are close."""
    if not names:
        return "there is none"
    close = difflib.get_close_matches(given, names, 3, 0.6) if len(names) <= _TOO_MANY else []
    if len(names) > few:
        return f"did you mean {' or '.join(close)}?" if close else f"there are {len(names)}"
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}there {'is' if len(names) == 1 else 'are'} {', '.join(sorted(names))}"
