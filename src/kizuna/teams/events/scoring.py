"""What becomes of a score when another is submitted (T-319, T-320)."""

from kizuna.teams.config.shapes import Operator
from kizuna.wire.integers import INT64_MAX, INT64_MIN


def scored(operator: Operator, ascending: bool, before: int | None, submitted: int) -> int:
    """The score after a submission, within 64 bits; `before` is None for the first one."""
    if operator == "INCREMENT":
        after = (before or 0) + submitted
    elif operator == "DECREMENT":
        after = max((before or 0) - submitted, 0)
    elif operator == "SET" or before is None:
        after = submitted
    else:
        after = min(before, submitted) if ascending else max(before, submitted)
    return min(max(after, INT64_MIN), INT64_MAX)


def reaches(score: int, num_scores: int, target: int, ascending: bool) -> bool:
    """Whether a team has come to the target of a race (T-334)."""
    if ascending:
        return num_scores > 0 and score <= target
    return score >= target
