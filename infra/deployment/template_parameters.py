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
    constraint: str  #: what the pattern means, such as "must be a bare address"
    least: int  #: the smallest number
    greatest: int | None  #: the largest number
    longest: int | None  #: the longest text, in characters

    def text(self, value: Any) -> str:
        """Return a value of a TOML file as CloudFormation expects it. Raises DeploymentRefused."""
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = ",".join(value)
        if isinstance(value, bool):
            value = str(value).lower()
        if not isinstance(value, str | int | float):
            raise DeploymentRefused(f"{self.name} must be a text, a number, true or false.")
        if isinstance(value, float) and not self.is_number:
            raise DeploymentRefused(f"{self.name} is {value}, but {self._expected}.")
        text = str(value)
        problem = self._problem(text)
        if problem:
            raise DeploymentRefused(f"{self.name} is {text!r}, but {problem}.")
        return text

    @property
    def _expected(self) -> str:
        return f"must be one of {', '.join(self.allowed)}" if self.allowed else "must be a text"

    def _problem(self, text: str) -> str | None:
        if self.allowed and text not in self.allowed:
            return self._expected
        if self.is_number:
            return self._problem_of_number(text)
        if self.longest is not None and len(text) > self.longest:
            return f"must have at most {self.longest} characters"
        if self.pattern and not re.fullmatch(self.pattern, text):
            return self.constraint
        return None

    def _problem_of_number(self, text: str) -> str | None:
        if not re.fullmatch("-?[0-9]+", text):
            return "must be a whole number"
        if int(text) < self.least:
            return f"must be at least {self.least}"
        if self.greatest is not None and int(text) > self.greatest:
            return f"must be at most {self.greatest}"
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
        constraint=fields.get("ConstraintDescription", ""),
        least=fields.get("MinValue", 0),
        greatest=fields.get("MaxValue"),
        longest=fields.get("MaxLength"),
    )
