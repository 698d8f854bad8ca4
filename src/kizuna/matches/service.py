"""Matches: what there is to list."""


class Matches:
    """The use cases."""
