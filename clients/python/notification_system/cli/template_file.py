"""Reads a CloudFormation template, and evaluates what depends on its parameters only."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: The value of `AWS::NoValue`; its property or element is omitted.
_NOTHING = object()


class LongForms(yaml.SafeLoader):
    """Reads CloudFormation's short forms: `!Ref Queue` is `{"Ref": "Queue"}`."""


def _long_form(loader: LongForms, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = str(node.value)
        return {name: text.split(".", 1) if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    raise yaml.constructor.ConstructorError(None, None, f"!{suffix} is not a short form")


LongForms.add_multi_constructor("!", _long_form)


def read_template(path: Path) -> dict[str, Any]:
    """Return a template file with its functions in their long forms."""
    template: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), LongForms)  # noqa: S506 - a safe loader
    return template


@dataclass(frozen=True)
class ParameterValues:
    """Evaluates parts of a template with the values of its parameters.

    Args:
        template: the template with functions in their long forms.
        given: values of its parameters; the others have their defaults.
    """

    template: Mapping[str, Any]
    given: Mapping[str, str]

    def parameter(self, name: str) -> str:
        """Return the value of a parameter as text. Raises KeyError: it has neither."""
        declaration = self.template["Parameters"][name]
        return str(self.given[name] if name in self.given else declaration["Default"])

    def holds(self, condition: str | None) -> bool:
        """Return whether a condition of the template is true; no condition counts as true."""
        return condition is None or self._is_true(self.template["Conditions"][condition])

    def resolve(self, value: Any) -> Any:
        """Return a value without references to parameters and conditions.

        Functions of resources and of pseudo parameters, such as `AWS::StackName`, are kept.
        """
        if isinstance(value, list):
            elements = [self.resolve(element) for element in value]
            return [element for element in elements if element is not _NOTHING]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref" and argument == "AWS::NoValue":
                return _NOTHING
            if function == "Ref" and argument in self.template["Parameters"]:
                return self.parameter(argument)
            if function == "Fn::If":
                condition, one, other = argument
                return self.resolve(one if self.holds(condition) else other)
        members = {name: self.resolve(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not _NOTHING}

    def _is_true(self, condition: Mapping[str, Any]) -> bool:
        [(function, argument)] = condition.items()
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::Equals":
            one, other = (self.resolve(side) for side in argument)
            return bool(one == other)
        parts = [self._is_true(part) for part in argument]
        return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[function]
