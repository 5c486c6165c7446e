"""What an expression of a template may contain, and the variables that it names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notification_content.templates.language.filters import FILTERS
from notification_content.templates.language.scanner import SyntaxProblem, Token

#: Words with a meaning of their own. The engine also knows the constants in upper case.
CONSTANTS = frozenset({"true", "false", "none", "True", "False", "None"})
WORDS = CONSTANTS | {"and", "or", "not", "in", "is", "if", "else"}

#: Tests of the engine: `{% if x is even %}`.
TESTS = frozenset(
    {"defined", "undefined", "none", "even", "odd", "divisibleby", "number", "string"}
)

#: Functions, and the fields of `loop`.
FUNCTIONS = frozenset({"range"})
LOOP = frozenset(
    {"index", "index0", "first", "last", "length", "revindex", "revindex0", "previtem", "nextitem"}
    | {"cycle", "depth", "depth0"}
)

_REFUSED_OPERATORS = {
    "*": "multiplication is not available; use the filter `times`, or pass the result in `data`",
    "**": "powers are not available; pass the result in `data`",
    "~": "`~` is not available; print the values one after the other: {{ a }}{{ b }}",
    "{": "objects cannot be written in a template; pass them in `data`",
    "}": "objects cannot be written in a template; pass them in `data`",
    ":": "a part of a list cannot be taken; pass it in `data`",
}

#: Operators that read both operands completely, and how expensive they are per character.
COSTS = {"==": 1, "!=": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "in": 2, "+": 8}


@dataclass(frozen=True, slots=True)
class Chain:
    """A variable and the names after it: `order.items[0].name` is order, items, None, name."""

    names: tuple[str | None, ...]

    def __str__(self) -> str:
        """The chain as it would be written."""
        return ".".join(name or "0" for name in self.names)


def check_expression(tokens: Sequence[Token], line: int) -> None:
    """Raise `SyntaxProblem` if an expression contains something that templates may not contain."""
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        if token.kind == "operator" and (message := _REFUSED_OPERATORS.get(token.text)):
            raise SyntaxProblem(message, line)
        if token.text == "(" and before is not None and _is_called(tokens, index):
            raise SyntaxProblem(f"`{before.text}` cannot be called", line)
        if token.kind == "name" and token.text.startswith("_"):
            raise SyntaxProblem(f"`{token.text}`: a name cannot begin with _", line)
        if token.kind == "name" and before is not None:
            _check_name(tokens, index, line)


def _check_name(tokens: Sequence[Token], index: int, line: int) -> None:
    token, before = tokens[index], tokens[index - 1]
    if before.text == "|" and token.text not in FILTERS:
        known = ", ".join(sorted(FILTERS))
        raise SyntaxProblem(f"there is no filter `{token.text}`; the filters are {known}", line)
    is_test = before.text == "is" or (before.text == "not" and tokens[index - 2].text == "is")
    if is_test and token.text not in TESTS | {"not"}:
        known = ", ".join(sorted(TESTS))
        raise SyntaxProblem(f"there is no test `is {token.text}`; the tests are {known}", line)


def _is_called(tokens: Sequence[Token], index: int) -> bool:
    """Whether a parenthesis calls what is neither a filter, a test nor a known function."""
    called = tokens[index - 1]
    if called.text in {")", "]"} or called.kind == "text":
        return True
    if called.kind != "name" or called.text in WORDS:
        return False
    before = tokens[index - 2].text if index > 1 else ""
    if before in {"|", "is"} or (before == "not" and tokens[index - 3].text == "is"):
        return False
    if before == ".":
        return not (called.text == "cycle" and tokens[index - 3].text == "loop")
    return called.text not in FUNCTIONS


def chains(tokens: Sequence[Token]) -> Iterator[Chain]:
    """Return the variables of an expression, each with the names after it."""
    for index, token in enumerate(tokens):
        if token.kind == "name" and token.text not in WORDS and _is_variable(tokens, index):
            yield Chain(tuple(_names(tokens, index)))


def _is_variable(tokens: Sequence[Token], index: int) -> bool:
    """Whether a name is neither a filter, a field, a test, an argument nor a function."""
    before = tokens[index - 1].text if index else ""
    after = tokens[index + 1].text if index + 1 < len(tokens) else ""
    is_test = before == "is" or (before == "not" and index > 1 and tokens[index - 2].text == "is")
    is_argument = before in {"(", ","} and after == "="
    is_function = tokens[index].text in FUNCTIONS and after == "("
    return before not in {"|", "."} and not (is_test or is_argument or is_function)


def _names(tokens: Sequence[Token], index: int) -> Iterator[str | None]:
    yield tokens[index].text
    index += 1
    while index + 1 < len(tokens):
        token, following = tokens[index], tokens[index + 1]
        if token.text == "." and following.kind == "name":
            yield following.text
            index += 2
        elif token.text == "[":
            closed = index + 2 < len(tokens) and tokens[index + 2].text == "]"
            yield following.text[1:-1] if closed and following.kind == "text" else None
            if not closed:
                return
            index += 3
        else:
            return


def cost(tokens: Sequence[Token]) -> int:
    """Return how expensive an expression's comparisons are, per character of the data."""
    return sum(COSTS.get(token.text, 0) for token in tokens if token.kind != "text")
