"""What a section of `benchmarks.ranking` gives back."""

from typing import NamedTuple


class Figure(NamedTuple):
    """One thing measured."""

    name: str
    value: float
    unit: str
