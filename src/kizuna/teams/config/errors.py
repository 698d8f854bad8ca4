"""What is wrong with a Teams configuration, and where."""

import json
import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

#: Where something stands in a configuration: keys of maps and indexes of lists, from the outside in.
Place = tuple[str | int, ...]

#: Problems that are told of one text; whoever looks for them can stop at ENOUGH.
MOST_PROBLEMS = 100
ENOUGH = MOST_PROBLEMS + 1

_PLAIN = re.compile(r"[^\s.\[\]\"':]+")


class ConfigError(Exception):
    """A Teams configuration cannot be used; each of `problems` is a sentence that says where and why."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class Problem(NamedTuple):
    """Something wrong, or only odd, at one place."""

    place: Place
    text: str

    def sentence(self, source: str) -> str:
        """The whole of it: source, path and reason."""
        return ": ".join(filter(None, (source, path_of(self.place), self.text)))


def sentences(
    problems: Iterable[Problem],
    source: str,
    sentence: Callable[[Problem, str], str] = Problem.sentence,
) -> list[str]:
    """As many problems of a source as somebody may want to read at once; there may be one for each line."""
    told = [sentence(problem, source) for problem in islice(problems, ENOUGH)]
    if len(told) > MOST_PROBLEMS:
        told[MOST_PROBLEMS:] = [f"{source}: and more of the kind"]
    return told


def path_of(place: Place) -> str:
    """A place in one line, `gifts.gifts.feast.rewards[0].min_count`; keys with odd characters are quoted."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part)}]"
    return text
