"""The variables of a template against the schema of its data, without rendering it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from notification_content.templates.language.expressions import LOOP, Chain, chains
from notification_content.templates.language.scanner import Tag, Token
from notification_content.templates.language.statements import (
    checked_tags,
    expression_of,
    loop_variables,
)
from notification_content.templates.schemas import (
    Node,
    fields_of,
    is_open,
    items_of,
    types_of,
)

#: The schemas of the built-in variables.
_BUILT_IN: Node = {
    "type": "object",
    "properties": {
        "unsubscribe_url": {"type": ["string", "null"]},
        "brand": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "url": {"type": "string"}},
        },
        "locale": {"type": "string"},
        "direction": {"type": "string"},
    },
}
_LOOP: Node = {"type": "object", "properties": {name: {} for name in LOOP}}

#: Filters that return items of the list that they get.
_KEEPING_ITEMS = frozenset({"sort", "reverse", "default", "d"})
_TAKING_ITEM = frozenset({"first", "last"})


@dataclass(frozen=True, slots=True)
class Unknown:
    """A variable that the schema does not have. `known` are the names that it could be."""

    name: str
    line: int
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """What is known about a value: its schemas, and where it is in the data.

    `nodes` is None if nothing is known. `path` has None for any item of a list, and is None for
    what is not in the data.
    """

    nodes: tuple[Node, ...] | None
    path: tuple[str | None, ...] | None


_ANYTHING = Value(None, None)
_SCALAR = Value(({"type": "string"},), None)


@dataclass(slots=True)
class Variables:
    """The variables of a template: those that the schema lacks, and the paths that are used.

    `whole` are the paths whose value is used with everything in it.
    """

    unknown: list[Unknown] = field(default_factory=list)
    used: set[tuple[str | None, ...]] = field(default_factory=set)
    whole: set[tuple[str | None, ...]] = field(default_factory=set)


def variables_of(source: str, schema: Node) -> Variables:
    """Return the variables of a template. Raises `SyntaxProblem`."""
    tags, _ = checked_tags(source)
    reader = _Reader(schema)
    for tag in tags:
        reader.read(tag)
    return reader.variables


class _Reader:
    """Reads the tags of a template in their order, with the names that loops and `set` define."""

    def __init__(self, schema: Node) -> None:
        self._schema = schema
        self._scopes: list[dict[str, Value]] = [{}]
        self.variables = Variables()

    def read(self, tag: Tag) -> None:
        if tag.keyword == "endfor":
            self._scopes.pop()
        elif tag.keyword == "for":
            self._read_loop(tag)
        else:
            value = self._read_expression(expression_of(tag), tag.line)
            if tag.keyword == "set":
                self._scopes[-1][tag.tokens[1].text] = value

    def _read_loop(self, tag: Tag) -> None:
        tokens, condition = _split_condition(expression_of(tag))
        value = self._read_expression(tokens, tag.line)
        names = loop_variables(tag)
        scope = {"loop": Value((_LOOP,), None)}
        scope |= (
            dict.fromkeys(names, _ANYTHING) if len(names) > 1 else {names[0]: self._item(value)}
        )
        self._scopes.append(scope)
        self._read_expression(condition, tag.line)

    def _item(self, value: Value) -> Value:
        """Return what is known about the items of a value. Those of an object are its keys."""
        if value.nodes is None:
            return _ANYTHING
        types = types_of(self._schema, value.nodes)
        if "object" in types:
            return _SCALAR
        items = tuple(items_of(self._schema, value.nodes))
        path = None if value.path is None else (*value.path, None)
        return Value(items, path) if items or "array" in types else _ANYTHING

    def _read_expression(self, tokens: Sequence[Token], line: int) -> Value:
        """Check the variables of an expression, and return what is known about its value."""
        filtered = any(token.text == "|" for token in tokens)
        values = [(chain, self._resolve(chain, line)) for chain in chains(tokens)]
        for _, value in values:
            if value.path is not None:
                self.variables.used.add(value.path)
                if filtered or value.nodes is None:
                    self.variables.whole.add(value.path)
        if not values:
            return _ANYTHING
        chain, value = values[0]
        return self._filtered(value, tokens[_length(tokens, chain) :])

    def _filtered(self, value: Value, rest: Sequence[Token]) -> Value:
        """Return what is known about a variable after filters, if nothing else follows it."""
        names = [after.text for bar, after in pairwise(rest) if bar.text == "|"]
        if rest and rest[0].text != "|":
            return _ANYTHING
        for name in names:
            if name in _TAKING_ITEM:
                value = self._item(value)
            elif name not in _KEEPING_ITEMS:
                return _ANYTHING
        return value

    def _resolve(self, chain: Chain, line: int) -> Value:
        first, *others = chain.names
        value = self._root(str(first), line)
        so_far = str(first)
        for name in others:
            if value.nodes is None:
                return value
            so_far += f".{name}" if name else "[0]"
            value = self._step(value, name, so_far, line)
        return value

    def _root(self, name: str, line: int) -> Value:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        if name in _BUILT_IN["properties"]:
            return Value((_BUILT_IN["properties"][name],), None)
        return self._step(Value((self._schema,), ()), name, name, line)

    def _step(self, value: Value, name: str | None, so_far: str, line: int) -> Value:
        nodes = value.nodes or ()
        path = None if value.path is None else (*value.path, name)
        if name is None:
            items = tuple(items_of(self._schema, nodes))
            return Value(items or None, path)
        fields = fields_of(self._schema, nodes)
        if name in fields:
            return Value(tuple(fields[name]), path)
        if is_open(self._schema, nodes):
            return Value(None, path)
        known = [*fields, *(_BUILT_IN["properties"] if value.path == () else ())]
        prefix = so_far.rpartition(".")[0]
        named = tuple(f"{prefix}.{name}" if prefix else name for name in known)
        self.variables.unknown.append(Unknown(so_far, line, named))
        return _ANYTHING


def _split_condition(tokens: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token]]:
    """Split `items if condition` of a loop; `a if b else c` has no condition."""
    texts = [token.text for token in tokens]
    if "if" not in texts or "else" in texts:
        return tokens, ()
    index = texts.index("if")
    return tokens[:index], tokens[index + 1 :]


def _length(tokens: Sequence[Token], chain: Chain) -> int:
    """Return how many tokens a variable at the beginning has; all if it is not at the beginning."""
    if not tokens or tokens[0].text != chain.names[0]:
        return 0 if tokens else len(tokens)
    length = 1
    for name in chain.names[1:]:
        length += 2 if tokens[length].text == "." and name else 3
    return length


def unused(schema: Node, used: Variables) -> Iterator[str]:
    """Return the properties of a schema that no text uses, without those inside of them."""
    stack: list[tuple[tuple[str | None, ...], list[Node]]] = [((), [schema])]
    while stack:
        path, nodes = stack.pop()
        children: dict[str | None, list[Node]] = dict(fields_of(schema, nodes).items())
        if items := items_of(schema, nodes):
            children[None] = items
        for name, child_nodes in children.items():
            below = (*path, name)
            if any(below[: len(whole)] == whole for whole in used.whole):
                continue
            if name is None or any(other[: len(below)] == below for other in used.used):
                stack.append((below, child_nodes))
            else:
                yield ".".join(part or "0" for part in below)
