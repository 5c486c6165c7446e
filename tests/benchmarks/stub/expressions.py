"""The update and condition expressions that PynamoDB writes for the dispatcher.

`SET #0.#1 = :0` and conditions of comparisons, attribute_exists, attribute_not_exists, AND, OR,
NOT and brackets. Source: Amazon DynamoDB Developer Guide, "Condition and filter expressions".
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.benchmarks.stub.errors import expect
from tests.benchmarks.stub.sizes import Item, Value

_WORD = re.compile(r"\s*(#\w+(?:\.#\w+)*|:\w+|[A-Za-z_]+|<=|>=|<>|[=<>()])")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ASSIGNMENT = re.compile(r"(#[\w.#]+) = (:\w+)")


@dataclass(slots=True)
class Expressions:
    """The names and values of one request."""

    names: Mapping[str, str]
    values: Mapping[str, Value]
    _words: Iterator[str] = field(init=False, default_factory=lambda: iter(()))
    _next: str = field(init=False, default="")

    def path(self, text: str) -> list[str]:
        """Return the attribute names of a path."""
        return [self.names[part] for part in text.split(".")]

    def update(self, item: Item, expression: str) -> Item:
        """Return the item with the values that the expression sets."""
        clause = expression.removeprefix("SET ")
        matches = [_ASSIGNMENT.fullmatch(part) for part in clause.split(", ")]
        expect(expression.startswith("SET ") and all(matches), f"unknown update: {expression}")
        for match in matches:
            if match is not None:
                item = _assigned(item, self.path(match[1]), self.values[match[2]])
        return item

    def holds(self, item: Item, condition: str) -> bool:
        """Return whether a condition holds for an item."""
        self._words = iter(_WORD.findall(condition))
        self._advance()
        result = self._either(item)
        expect(not self._next, f"unknown condition: {condition}")
        return result

    def _advance(self) -> str:
        taken, self._next = self._next, next(self._words, "")
        return taken

    def _either(self, item: Item) -> bool:
        result = self._both(item)
        while self._next == "OR":
            self._advance()
            result = self._both(item) or result
        return result

    def _both(self, item: Item) -> bool:
        result = self._one(item)
        while self._next == "AND":
            self._advance()
            result = self._one(item) and result
        return result

    def _one(self, item: Item) -> bool:
        word = self._advance()
        if word == "NOT":
            return not self._one(item)
        if word == "(":
            result = self._either(item)
            expect(self._advance() == ")", "a bracket is not closed")
            return result
        if word in {"attribute_exists", "attribute_not_exists"}:
            _, path, _ = self._advance(), self._advance(), self._advance()
            return (_found(item, self.path(path)) is not None) == (word == "attribute_exists")
        left, compare, right = self._operand(item, word), self._advance(), self._advance()
        expect(compare in _COMPARE, f"unknown comparison: {compare}")
        other = self._operand(item, right)
        return left is not None and other is not None and _COMPARE[compare](left, other)

    def _operand(self, item: Item, word: str) -> Any:
        value = self.values[word] if word[0] == ":" else _found(item, self.path(word))
        if value is None:
            return None
        kind, content = next(iter(value.items()))
        return Decimal(content) if kind == "N" else content


def _found(item: Item, path: list[str]) -> Value | None:
    value: Value = {"M": item}
    for name in path:
        if name not in value.get("M", {}):
            return None
        value = value["M"][name]
    return value


def _assigned(item: Item, path: list[str], value: Value) -> Item:
    name, *rest = path
    if not rest:
        return {**item, name: value}
    expect("M" in item.get(name, {}), "The document path provided is invalid for update")
    return {**item, name: {"M": _assigned(item[name]["M"], rest, value)}}
