"""Parties: what there is to list."""


class Parties:
    """The use cases."""
