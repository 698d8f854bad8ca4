"""What is wrong with a query."""


class QueryError(ValueError):
    """A text that is no query. `at` is the position of the trouble."""

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(f"{problem} at position {at}")
        self.problem = problem
        self.at = at
