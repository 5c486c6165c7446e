"""The schema of a template's data: which schemas are allowed, and what a name in them means."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notification_content.templates.patterns import pattern_problem
from notification_content.templates.problems import Problem
from notification_content.templates.rendering import RESERVED

#: The deepest schema, and the most schemas in one with everything that it refers to.
DEEPEST = 24
MOST_SCHEMAS = 2_000

#: Keywords that are refused: they refer to other documents, or make the cost of data hard to bound.
_REFUSED = frozenset(
    {"$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "patternProperties"}
    | {"contains", "dependentSchemas", "propertyNames", "unevaluatedItems", "unevaluatedProperties"}
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = ("additionalProperties", "else", "if", "items", "not", "then")

Node = Mapping[str, Any]


def schema_problems(schema: Node) -> Iterator[Problem]:
    """Return what is wrong with a schema of data."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - sending does not need it

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        message = f"is not a JSON Schema{f' at {place}' if place else ''}: {error.message[:200]}"
        yield Problem(message, part="schema")
        return
    except RecursionError:
        yield Problem("is nested too deep", part="schema")
        return
    yield from (Problem(message, part="schema") for message in dict.fromkeys(_refusals(schema)))
    if schema.get("type") != "object":
        yield Problem("must have the type object", part="schema")
    for name in schema.get("properties", {}):
        if name in RESERVED or name.startswith("_"):
            message = f"has a property `{name}`, a name that templates use themselves; rename it"
            yield Problem(message, part="schema", variable=name)


def _refusals(schema: Node) -> Iterator[str]:
    """Return the messages about keywords, patterns and references."""
    try:
        for node in _all_nodes(schema):
            for keyword in sorted(_REFUSED & node.keys()):
                yield f"contains `{keyword}`, which is not available"
            pattern = node.get("pattern")
            if isinstance(pattern, str) and (message := pattern_problem(pattern)):
                yield f"contains `{pattern[:50]}`, which {message}"
    except LookupError as error:
        yield str(error.args[0])


def _all_nodes(schema: Node) -> Iterator[Node]:
    """Return a schema and all in it, as often as validating follows references to them.

    Raises LookupError for a reference that is not allowed, and for a schema that is too large.
    """
    # With its depth, and the references on the way to it.
    stack: list[tuple[Node, int, frozenset[str]]] = [(schema, 0, frozenset())]
    count = 0
    while stack:
        node, depth, followed = stack.pop()
        count += 1
        if depth > DEEPEST or count > MOST_SCHEMAS:
            raise LookupError("is too large, or nested too deep")
        yield node
        reference = node.get("$ref")
        if isinstance(reference, str):
            if reference in followed:
                raise LookupError(f"refers to itself with {reference}")
            stack.append((_referred(schema, reference), depth + 1, followed | {reference}))
        stack += [(child, depth + 1, followed) for child in _children(node)]


def _children(node: Node) -> Iterator[Node]:
    yield from (item for item in node.get("properties", {}).values() if isinstance(item, Mapping))
    yield from (node[name] for name in _SINGLE if isinstance(node.get(name), Mapping))
    for name in _LISTS:
        yield from (item for item in node.get(name, ()) if isinstance(item, Mapping))


def _referred(root: Node, reference: str) -> Node:
    name = reference.removeprefix("#/$defs/")
    node = root.get("$defs", {}).get(name)
    if not reference.startswith("#/$defs/") or not isinstance(node, Mapping):
        raise LookupError(f"refers to {reference[:80]}; references must be to `#/$defs/…`")
    return node


def alternatives(root: Node, node: Node) -> Iterator[Node]:
    """Return the schemas that describe one value together: references and combinations too."""
    yield node
    if isinstance(node.get("$ref"), str):
        yield from alternatives(root, _referred(root, node["$ref"]))
    for name in ("allOf", "anyOf", "oneOf"):
        for item in node.get(name, ()):
            if isinstance(item, Mapping):
                yield from alternatives(root, item)
    for name in ("then", "else"):
        if isinstance(node.get(name), Mapping):
            yield from alternatives(root, node[name])


def fields_of(root: Node, nodes: Sequence[Node]) -> dict[str, list[Node]]:
    """Return the properties of an object by name, each with the schemas that describe it."""
    fields: dict[str, list[Node]] = {}
    for node in nodes:
        for variant in alternatives(root, node):
            for name, field in variant.get("properties", {}).items():
                fields.setdefault(name, []).append(field if isinstance(field, Mapping) else {})
    return fields


def is_open(root: Node, nodes: Sequence[Node]) -> bool:
    """Whether an object may have any other keys, because the schema says so."""
    return any(
        variant.get("additionalProperties", False) is not False
        for node in nodes
        for variant in alternatives(root, node)
    )


def items_of(root: Node, nodes: Sequence[Node]) -> list[Node]:
    """Return the schemas of the items of a list."""
    return [
        item
        for node in nodes
        for variant in alternatives(root, node)
        for item in [variant.get("items"), *variant.get("prefixItems", ())]
        if isinstance(item, Mapping)
    ]


def types_of(root: Node, nodes: Sequence[Node]) -> frozenset[str]:
    """Return the types that a value may have; empty if the schema does not say."""
    types: set[str] = set()
    for node in nodes:
        for variant in alternatives(root, node):
            named = variant.get("type", ())
            types |= {named} if isinstance(named, str) else set(named)
    return frozenset(types)
