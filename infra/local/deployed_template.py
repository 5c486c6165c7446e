"""The template that the emulator has deployed, with resolved values and physical ids."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from infra.template_check.resolved import NESTED, deployment
from notification_system.cli.template_file import LongForms


@dataclass(frozen=True)
class Part:
    """One deployed resource: its type and properties in the template, and its physical id."""

    kind: str
    physical: str
    properties: Mapping[str, Any]


def parts_of(cloudformation: Any, stack: str) -> Iterator[Part]:
    """Yield each resource of a deployed stack and of the stacks that it nests.

    Args:
        cloudformation: a boto3 client.
        stack: name or id of the outer stack.
    """
    body = _body(cloudformation, stack)
    physical = _physical_ids(cloudformation, stack)
    templates = {"template.yaml": body}
    for name, resource in body["Resources"].items():
        if resource["Type"] == NESTED and name in physical:
            nested = physical[name]
            templates[resource["Properties"]["TemplateURL"]] = _body(cloudformation, nested)
            for inner, value in _physical_ids(cloudformation, nested).items():
                physical[f"{name}.{inner}"] = value
    [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    values = {
        parameter["ParameterKey"]: parameter["ParameterValue"]
        for parameter in described["Parameters"]
    }
    for name, resource in deployment(templates, values).resources.items():
        yield Part(resource["Type"], physical[name], resource.get("Properties", {}))


def _body(cloudformation: Any, stack: str) -> Any:
    response = cloudformation.get_template(StackName=stack, TemplateStage="Processed")
    body = response["TemplateBody"]  # a JSON body is already parsed
    return yaml.load(body, LongForms) if isinstance(body, str) else body  # noqa: S506 - a safe loader


def _physical_ids(cloudformation: Any, stack: str) -> dict[str, str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        summary["LogicalResourceId"]: summary["PhysicalResourceId"]
        for page in pages
        for summary in page["StackResourceSummaries"]
    }
