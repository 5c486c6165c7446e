"""The deployment's templates as plain data; a CloudFormation tag stays in a scalar's text."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


class Loader(yaml.SafeLoader):
    """Knows CloudFormation's short forms, and takes every scalar for a text."""


def _tagged(loader: Loader, suffix: str, node: yaml.Node) -> Any:
    """`!Ref Queue` is the text "!Ref Queue"; a tag before a collection goes."""
    if isinstance(node, yaml.ScalarNode):
        return f"!{suffix} {node.value}"
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None


Loader.yaml_implicit_resolvers = {}
Loader.add_multi_constructor("!", _tagged)


@cache
def read(path: str) -> dict[str, Any]:
    """Read a template of the repository."""
    found: dict[str, Any] = parse((ROOT / path).read_text())
    return found


def parse(text: str) -> Any:
    """Turn a document into dicts, lists and texts."""
    return yaml.load(text, Loader)


def resources(kind: str, path: str = "template.yaml") -> dict[str, dict[str, Any]]:
    """Every resource of a type: its logical id and its properties."""
    return {
        name: resource.get("Properties") or {}
        for name, resource in read(path)["Resources"].items()
        if resource["Type"] == kind
    }
