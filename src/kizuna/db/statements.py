"""SQL with a name.

Every statement of a feature stands in its `queries.py` as a `Query` or a `Command`. The name appears in logs
and in the tests that count statements; the purpose says in one line what the statement is for.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with PostgreSQL's positional parameters ($1, $2, …)."""

    name: str
    purpose: str
    sql: str


class Query(Statement):
    """A statement that only reads."""


class Command(Statement):
    """A statement that writes; it may return rows as well."""
