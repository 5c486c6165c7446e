"""Checks of the fields of an environment's file."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from botocore.loaders import create_loader

from infra.deployment.errors import DeploymentRefused

#: The longest name and value of a tag (AWS CloudFormation, "Tag").
LONGEST_TAG, LONGEST_TAG_VALUE = 128, 256


def text_of(
    fields: Mapping[str, Any],
    key: str,
    pattern: re.Pattern[str],
    expected: str,
    *,
    needed: bool = False,
) -> str | None:
    """Return a text that matches a pattern; None if it is missing and not needed.

    `expected` completes the sentence "It must be ...". Raises DeploymentRefused.
    """
    value = fields.get(key)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or not pattern.fullmatch(value):
        problem = "is missing" if value is None else f"is {value!r}"
        raise DeploymentRefused(f"{key} {problem}. It must be {expected}.")
    return value


def choice_of(fields: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str | None:
    """Return one of the allowed values; None if it is missing. Raises DeploymentRefused."""
    value = fields.get(key)
    if value is not None and value not in allowed:
        raise DeploymentRefused(f"{key} is {value!r}. It must be one of {', '.join(allowed)}.")
    return value


def known_region(name: str | None) -> str:
    """Return a region that the AWS SDK knows; no host answers for a misspelt one.

    Raises:
        DeploymentRefused: the SDK does not know it.
    """
    # Not by a session, which raises an error for a profile that does not exist.
    partitions = create_loader().load_data("endpoints")["partitions"]
    known = [region for partition in partitions for region in partition["regions"]]
    if name is None or name not in known:
        near = get_close_matches(name or "", known, 1)
        advice = f"Did you mean {near[0]}?" if near else "An example is eu-central-1."
        raise DeploymentRefused(f"region is {name!r}, which is not a region of AWS. {advice}")
    return name


def table_of(fields: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a table, empty if it is missing. Raises DeploymentRefused."""
    table = fields.get(key, {})
    if not isinstance(table, Mapping):
        raise DeploymentRefused(f"{key} must be a table: [{key}].")
    return table


def valid_tags(given: Mapping[str, Any]) -> Mapping[str, str]:
    """Return tags that AWS accepts. Raises DeploymentRefused."""
    for name, value in given.items():
        if not isinstance(value, str) or not value:
            raise DeploymentRefused(f"The tag {name} must be a text.")
        if name.lower().startswith("aws:"):
            raise DeploymentRefused(f"The tag {name} begins with aws:, which AWS reserves.")
        if len(name) > LONGEST_TAG or len(value) > LONGEST_TAG_VALUE:
            raise DeploymentRefused(
                f"The tag {name} is too long. A name may have {LONGEST_TAG} characters, and a "
                f"value {LONGEST_TAG_VALUE}."
            )
    return given


def unknown(name: str, known: list[str] | tuple[str, ...], problem: str = "is unknown") -> str:
    """Return the message about a name that is not known, with the one that looks like it."""
    near = get_close_matches(name, known, 1)
    return f"{name} {problem}." + (f" Did you mean {near[0]}?" if near else "")
