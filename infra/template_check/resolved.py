"""Resolves a transformed template and its nested templates to one flat set of resources.

Parameters, conditions, mappings and nested stacks are evaluated as CloudFormation does. Values that
exist only after a deployment are kept: `{"Ref": "JobsQueue"}` names a resource of the result. A
resource of a nested stack is named `<nested stack>.<its name>`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NESTED = "AWS::CloudFormation::Stack"

#: The value of `AWS::NoValue` while a template is read; its property is omitted.
_NOTHING = object()


@dataclass(frozen=True)
class Deployment:
    """All resources that one deployment creates, with lookups."""

    resources: Mapping[str, Any]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of every resource of a type, by its name."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every statement of every role and policy, with the name of the role or policy."""
        for name, role in self.of("AWS::IAM::Role").items():
            for policy in role.get("Policies", ()):
                yield from (
                    (name, statement) for statement in policy["PolicyDocument"]["Statement"]
                )
        for name, policy in self.of("AWS::IAM::ManagedPolicy").items():
            yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])


def deployment(templates: Mapping[str, Any], parameters: Mapping[str, Any]) -> Deployment:
    """Return the deployment with these parameters; all others have their defaults.

    Args:
        templates: path -> transformed template; `template.yaml` and its nested templates.
        parameters: values of `template.yaml`'s parameters.

    Raises:
        KeyError: the template names a missing parameter, condition, mapping or nested template.
    """
    return Deployment(_Reader(templates, "template.yaml", parameters).resources())


@dataclass
class _Reader:
    """Reads one template, with the values of its parameters."""

    templates: Mapping[str, Any]
    path: str
    given: Mapping[str, Any]
    prefix: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)  # "<nested stack>.Outputs.<name>"

    def __post_init__(self) -> None:
        self.template = self.templates[self.path]
        declared = self.template.get("Parameters", {})
        defaults = {name: declaration.get("Default") for name, declaration in declared.items()}
        self.parameters = {**defaults, **self.given}

    def resources(self) -> dict[str, Any]:
        """Return the resources of this template and of its nested templates."""
        resources = self.template["Resources"]
        kept = [name for name in resources if self.holds(resources[name].get("Condition"))]
        resolved: dict[str, Any] = {}
        for name in kept:
            if resources[name]["Type"] == NESTED:
                resolved |= self._nested(name, resources[name]["Properties"])
        for name in kept:
            resolved[self.prefix + name] = self.value(resources[name])
        return resolved

    def holds(self, condition: str | None) -> bool:
        """Return whether a condition of the template is true; no condition counts as true."""
        return condition is None or self._is_true(self.template["Conditions"][condition])

    def value(self, given: Any) -> Any:
        """Return a value with all functions evaluated that do not depend on a deployment."""
        if isinstance(given, list):
            read = [self.value(element) for element in given]
            return [element for element in read if element is not _NOTHING]
        if not isinstance(given, Mapping):
            return given
        if len(given) == 1:
            [(function, argument)] = given.items()
            if function in _FUNCTIONS:
                return _FUNCTIONS[function](self, argument)
        values = {name: self.value(member) for name, member in given.items()}
        return {name: member for name, member in values.items() if member is not _NOTHING}

    def _nested(self, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        parameters = self.value(properties.get("Parameters", {}))
        inner = _Reader(
            self.templates, properties["TemplateURL"], parameters, f"{self.prefix}{name}."
        )
        resolved = inner.resources()
        for output, declaration in inner.template.get("Outputs", {}).items():
            self.outputs[f"{name}.Outputs.{output}"] = inner.value(declaration["Value"])
        return resolved

    def _is_true(self, condition: Any) -> bool:
        [(function, argument)] = condition.items()
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::Equals":
            one, other = self.value(argument)
            return bool(one == other)
        parts = [self._is_true(part) for part in argument]
        return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[function]

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self.parameters:
            return self.parameters[name]
        return {"Ref": name if name.startswith("AWS::") else self.prefix + name}

    def _get_att(self, of: Any) -> Any:
        name, _, attribute = (of if isinstance(of, str) else ".".join(of)).partition(".")
        if (output := f"{name}.{attribute}") in self.outputs:
            return self.outputs[output]
        return {"Fn::GetAtt": [self.prefix + name, attribute]}

    def _if(self, argument: list[Any]) -> Any:
        condition, one, other = argument
        return self.value(one if self.holds(condition) else other)

    def _find_in_map(self, argument: list[Any]) -> Any:
        mapping, row, column = self.value(argument)
        return self.template["Mappings"][mapping][row][column]

    def _sub(self, argument: Any) -> str:
        text, more = (argument, {}) if isinstance(argument, str) else argument
        variables = {**self.parameters, **{name: self.value(value) for name, value in more.items()}}

        def written(match: re.Match[str]) -> str:
            name = match[1]
            if name not in variables:
                local = name.partition(".")[0] in self.template["Resources"]
                return f"${{{self.prefix if local else ''}{name}}}"
            value = variables[name]
            if isinstance(value, Mapping):  # known only after the deployment
                return f"${{{value.get('Ref', name)}}}"
            return str(value)

        return re.sub(r"\$\{([^!}]+)\}", written, text)


_FUNCTIONS: dict[str, Callable[[_Reader, Any], Any]] = {
    "Ref": _Reader._ref,  # noqa: SLF001 - of this module
    "Fn::GetAtt": _Reader._get_att,  # noqa: SLF001
    "Fn::If": _Reader._if,  # noqa: SLF001
    "Fn::FindInMap": _Reader._find_in_map,  # noqa: SLF001
    "Fn::Sub": _Reader._sub,  # noqa: SLF001
}
