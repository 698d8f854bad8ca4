"""From a method and a path to an operation, without walking a list of patterns."""

import posixpath
from dataclasses import dataclass, field

from kizuna.http.contract import Operation


@dataclass(slots=True)
class _Node:
    """One segment's place in the tree of paths."""

    literals: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    operations: dict[str, Operation] = field(default_factory=dict)


class RoutingTable:
    """The operations by path.

    Paths without parameters are found in one dictionary; the others by walking their segments, a literal
    before a parameter. `/a/` is `/a` with an empty last segment, which only a parameter matches.
    """

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self._literal: dict[str, dict[str, Operation]] = {}
        self._root = _Node()
        for operation in operations:
            if "{" not in operation.path:
                self._literal.setdefault(operation.path, {})[operation.method] = operation
            self._insert(operation)

    def _insert(self, operation: Operation) -> None:
        node = self._root
        for segment in operation.path.split("/")[1:]:
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        node.operations[operation.method] = operation

    def find(self, method: str, path: str) -> tuple[Operation | None, list[str], bool]:
        """(the operation or None, the values of its path parameters in order, whether the path is known)."""
        methods = self._literal.get(path)
        if methods is not None and (operation := methods.get(method)) is not None:
            return operation, [], True
        return self._walk(self._root, path.split("/")[1:], 0, method, [])

    def _walk(
        self, node: _Node, segments: list[str], depth: int, method: str, values: list[str]
    ) -> tuple[Operation | None, list[str], bool]:
        if depth == len(segments):
            return node.operations.get(method), values, bool(node.operations)
        known = False
        literal = node.literals.get(segments[depth])
        if literal is not None:
            operation, found, known = self._walk(literal, segments, depth + 1, method, values)
            if operation is not None:
                return operation, found, True
        if node.parameter is not None and (segments[depth] or depth == len(segments) - 1):
            operation, found, there = self._walk(
                node.parameter, segments, depth + 1, method, [*values, segments[depth]]
            )
            return operation, found, known or there
        return None, values, known


def cleaned(path: str) -> str | None:
    """The path without `//`, `/./` and `/../`, or None where it has none of them."""
    if "//" not in path and "/." not in path and path.startswith("/"):
        return None
    clean = posixpath.normpath("/" + path.lstrip("/"))
    if path.endswith("/") and clean != "/":
        clean += "/"
    return clean if clean != path else None
