"""docs/teams-requirements.md states every requirement, and which test covers it."""

import re

from tests.teams.requirements import ALL, CASES, PAGE, cases, covering_tests

_LINE = re.compile(
    r"^- \*\*T-(\d{3})\*\* (?P<statement>.+) \((?:`(?P<test>tests/\S+::\w+)`|(?P<reason>no test: .+))\)$"
)


def test_every_requirement_is_stated_once() -> None:
    """And in order, each in a line of its own with a test or the reason why there is none."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("- **T-")]
    stated = [_LINE.match(line) for line in lines]
    assert all(stated), [line for line, match in zip(lines, stated, strict=True) if match is None]
    assert [int(match[1]) for match in stated if match] == list(ALL)


def test_the_named_tests_cover_them() -> None:
    """The test exists, and says that this is what it is for."""
    covering = covering_tests()
    for line in PAGE.read_text().splitlines():
        if (match := _LINE.match(line)) and match["test"]:
            assert match["test"] in covering.get(int(match[1]), ()), line


def test_every_acceptance_case_runs() -> None:
    """There are 93 on the list, and the tests that do them name them."""
    listed = [int(number) for number in re.findall(r"^(\d+)\. ", CASES.read_text(), re.MULTILINE)]
    assert listed == list(range(1, 94))
    assert cases() == set(listed)
