"""How game code and the configuration write a board's sort order and operator."""

from kizuna.leaderboards.scoring import Operator

_DESCENDING = {"asc": False, "ascending": False, "desc": True, "descending": True}
_OPERATOR_NAMES = {
    Operator.BEST: "best",
    Operator.SET: "set",
    Operator.INCREMENT: "incr",
    Operator.DECREMENT: "decr",
}


def descending_of(name: str) -> bool:
    """Whether a sort order puts the highest score first. ValueError for an unknown one."""
    try:
        return _DESCENDING[name]
    except KeyError:
        raise ValueError("expects sort order to be 'asc' or 'desc'") from None


def sort_order_name(descending: bool) -> str:
    """The short name of a sort order."""
    return "desc" if descending else "asc"


def operator_name(operator: Operator) -> str:
    """The short name of an operator, which `Operator.from_name` reads."""
    return _OPERATOR_NAMES[operator]
