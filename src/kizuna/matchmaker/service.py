"""Matchmaker: what there is to list."""


class Matchmaker:
    """The use cases."""
