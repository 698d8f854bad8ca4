"""Two spellings that published examples have and the schema has not (T-128)."""

from dataclasses import dataclass, field
from typing import Any

from kizuna.teams.config.errors import Place, Problem

#: Sections that may hold their entries directly.
_DIRECT = ("achievements", "gifts")


@dataclass
class Spelling:
    """The values of a file as the schema has them, and how the file itself writes the places."""

    values: dict[str, Any]
    renamed: dict[str, str] = field(default_factory=dict)
    direct: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Spelling":
        """The spelling that a file has chosen."""
        spelling = cls(dict(values))
        spelling._rename("mailbox", "reward_mailbox")
        for section in _DIRECT:
            spelling._wrap(section)
        return spelling

    def _rename(self, theirs: str, ours: str) -> None:
        if theirs not in self.values:
            return
        value = self.values.pop(theirs)
        if ours in self.values:
            self.problems.append(Problem((theirs,), f"is another name of {ours}, which is there too"))
        else:
            self.values[ours] = value
            self.renamed[ours] = theirs

    def _wrap(self, section: str) -> None:
        entries = self.values.get(section)
        if isinstance(entries, dict) and entries and section not in entries:
            self.values[section] = {section: entries}
            self.direct.add(section)

    def sentence(self, problem: Problem, source: str) -> str:
        """A problem in the spelling of the file, where its author looks for it."""
        return Problem(self._written(problem.place), problem.text).sentence(source)

    def _written(self, place: Place) -> Place:
        first, *rest = place or ("",)
        if first in self.direct:
            rest = rest[1:]
        return (self.renamed.get(str(first), first), *rest) if place else ()
