"""How well a document fits a query."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kizuna.search.documents import Document, Value
from kizuna.search.fuzzy import within
from kizuna.search.query import Clause, Comparison, Condition, Fuzzy, Number, Query, Range, Text

_OPERATORS: Mapping[Comparison, Callable[[Any, Any], Any]] = {
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
}


def score(query: Query, document: Document) -> float | None:
    """The sum of what the clauses that are met are worth; None for a document that is not looked for."""
    if any(_met(clause, document) for clause in query.must_not):
        return None
    if not all(_met(clause, document) for clause in query.must):
        return None
    liked = [clause for clause in query.should if _met(clause, document)]
    if query.should and not liked and not query.must:
        return None
    return sum(_worth(clause) for clause in (*query.must, *liked))


def _met(clause: Clause, document: Document) -> bool:
    return _holds(clause.condition, document.get(clause.field, ()))


def _worth(clause: Clause) -> float:
    """The boost, as the reference counts it: twice for texts, not at all for times."""
    if isinstance(clause.condition, Text | Fuzzy):
        return clause.boost * clause.boost
    if isinstance(clause.condition, Range) and isinstance(clause.condition.bound, datetime):
        return 1.0
    return clause.boost


def _holds(condition: Condition, values: Sequence[Value]) -> bool:
    """Whether one of a field's values meets the condition."""
    match condition:
        case Text(text):
            return text in values
        case Number(number, text):
            return number in values or text in values
        case Range(comparison, bound):
            return any(_compares(value, comparison, bound) for value in values)
        case Fuzzy(text, distance):
            return any(isinstance(value, str) and within(distance, text, value) for value in values)
        case pattern:
            return any(isinstance(value, str) and pattern.matches(value) for value in values)


def _compares(value: Value, comparison: Comparison, bound: float | datetime) -> bool:
    """Numbers compare with numbers and times with times; nothing else does."""
    if isinstance(value, str) or isinstance(value, datetime) != isinstance(bound, datetime):
        return False
    compares: bool = _OPERATORS[comparison](value, bound)
    return compares
