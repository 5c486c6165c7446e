"""The parameters of the template, and the values that they accept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from infra.deployment.errors import DeploymentRefused
from infra.local.layout import PROJECT

#: Parameters for the local stack. On AWS they keep their defaults.
LOCAL_ONLY = frozenset({"TwilioUrl", "ExpoUrl", "SesUrl", "AwsEndpointUrl", "Size"})

#: Parameters that follow from the build.
OF_THE_BUILD = frozenset({"PythonRuntime", "Architecture"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as the template declares it."""

    name: str
    default: str
    is_number: bool
    allowed: tuple[str, ...]  #: empty if any value is allowed
    pattern: str  #: empty if there is none
    least: int | None  #: the smallest number
    most: int | None  #: the longest text, in characters

    def text(self, value: Any) -> str:
        """Return a value of a TOML file as CloudFormation expects it. Raises DeploymentRefused."""
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = ",".join(value)
        if isinstance(value, bool):
            value = str(value).lower()
        if not isinstance(value, str | int):
            raise DeploymentRefused(f"{self.name} must be a text, a number, true or false.")
        text = str(value)
        problem = self._problem(text)
        if problem:
            raise DeploymentRefused(f"{self.name} is {text!r}, but {problem}.")
        return text

    def _problem(self, text: str) -> str | None:
        if self.allowed and text not in self.allowed:
            return f"must be one of {', '.join(self.allowed)}"
        if self.is_number and not re.fullmatch("[0-9]+", text):
            return "must be a whole number"
        if self.least is not None and int(text) < self.least:
            return f"must be at least {self.least}"
        if self.most is not None and len(text) > self.most:
            return f"must have at most {self.most} characters"
        if self.pattern and not re.fullmatch(self.pattern, text):
            return f"must match {self.pattern}"
        return None


@cache
def template_parameters() -> Mapping[str, Parameter]:
    """Return the parameters of template.yaml, by name."""
    text = (PROJECT / "template.yaml").read_text()
    # The section has no short forms of functions, which a safe loader would refuse.
    section = re.search(r"^Parameters:\n(?:(?:[ #].*)?\n)+", text, re.MULTILINE)
    declared = yaml.safe_load(section.group())["Parameters"] if section else {}
    return {name: _parameter(name, fields) for name, fields in declared.items()}


def _parameter(name: str, fields: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=name,
        default=str(fields.get("Default", "")),
        is_number=fields["Type"] == "Number",
        allowed=tuple(fields.get("AllowedValues", ())),
        pattern=fields.get("AllowedPattern", ""),
        least=fields.get("MinValue"),
        most=fields.get("MaxLength"),
    )
