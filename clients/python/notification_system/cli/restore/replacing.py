"""Replaces tables of a deployed stack by restored copies, without deleting the stack.

An update replaces every reference to a table by the name of its copy and takes the table out of the
stack, which leaves the table itself. An import puts the copy in its place. The deployment that
follows restores the references. The API keeps its address, and the functions never run without a
table.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from notification_system.cli.errors import CliError
from notification_system.cli.restore import importing
from notification_system.cli.restore.retained import ExistingTable, Retained, with_indexes

#: The acknowledgements that the update needs: it contains roles and policies.
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


def detached(template: Mapping[str, Any], copies: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return a template without some tables, whose references name copies.

    Args:
        template: the processed template of the stack.
        copies: the name and the ARN of each copy, by the logical id of the table.

    Raises:
        CliError: the template uses an attribute of a table other than its ARN.
    """
    resources = {
        logical: definition
        for logical, definition in template["Resources"].items()
        if logical not in copies
    }
    rest: dict[str, Any] = _without_references({**template, "Resources": resources}, copies)
    return rest


def _without_references(value: Any, copies: Mapping[str, tuple[str, str]]) -> Any:
    if isinstance(value, list):
        return [_without_references(element, copies) for element in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Ref" and argument in copies:
            return copies[argument][0]
        if function == "Fn::GetAtt":
            return _attribute(value, argument, copies)
        if function == "Fn::Sub":
            return {function: _substituted(argument, copies)}
    members = {name: _without_references(member, copies) for name, member in value.items()}
    if "DependsOn" in members:
        needed = members["DependsOn"]
        names = [needed] if isinstance(needed, str) else needed
        members["DependsOn"] = [name for name in names if name not in copies]
    return members


def _attribute(value: Any, argument: Any, copies: Mapping[str, tuple[str, str]]) -> Any:
    logical, _, attribute = (
        argument if isinstance(argument, str) else ".".join(argument)
    ).partition(".")
    if logical not in copies:
        return value
    if attribute != "Arn":
        raise CliError(f"The stack uses {logical}.{attribute}, which a copy has under a new value.")
    return copies[logical][1]


def _substituted(argument: Any, copies: Mapping[str, tuple[str, str]]) -> Any:
    if isinstance(argument, list):
        text, variables = argument
        return [_substituted(text, copies), _without_references(variables, copies)]

    def written(match: re.Match[str]) -> str:
        logical, _, attribute = match[1].partition(".")
        return copies[logical][bool(attribute)] if logical in copies else match[0]

    return re.sub(r"\$\{([\w.]+)\}", written, argument)


def detach(client: Any, stack: str, bucket: str, copies: Mapping[str, tuple[str, str]]) -> None:
    """Let a stack use copies of some tables, and take these tables out of it.

    Args:
        client: returns a client of a service by its name.
        stack: the stack's name.
        bucket: a bucket for the template while CloudFormation reads it.
        copies: the name and the ARN of each copy, by the logical id of the table.

    Raises:
        CliError: CloudFormation refused the update, or rolled it back.
    """
    cloudformation = client("cloudformation")
    template = detached(_processed(cloudformation, stack), copies)
    with _uploaded(client("s3"), bucket, template) as url:
        importing.run_change_set(
            cloudformation,
            stack,
            ChangeSetType="UPDATE",
            TemplateURL=url,
            Parameters=_same_parameters(template),
            Capabilities=CAPABILITIES,
        )


def attach(
    client: Any,
    stack: str,
    bucket: str,
    resources: Mapping[str, tuple[Retained, str]],
    tables: Mapping[str, ExistingTable],
) -> None:
    """Import copies into a stack from which their tables have been taken.

    Args:
        client: returns a client of a service by its name.
        stack: the stack's name.
        bucket: a bucket for the template while CloudFormation reads it.
        resources: each table and the name of its copy, by logical id.
        tables: what each copy has, by logical id.

    Raises:
        CliError: CloudFormation refused the import, or rolled it back.
    """
    cloudformation = client("cloudformation")
    template = _processed(cloudformation, stack)
    for logical, (resource, _) in resources.items():
        properties = with_indexes(resource.properties, tables[logical].indexes)
        template["Resources"][logical] = {**resource.definition, "Properties": properties}
    with _uploaded(client("s3"), bucket, template) as url:
        importing.run_change_set(
            cloudformation,
            stack,
            ChangeSetType="IMPORT",
            TemplateURL=url,
            Parameters=_same_parameters(template),
            Capabilities=CAPABILITIES,
            ResourcesToImport=importing.identified(resources),
        )


def _processed(cloudformation: Any, stack: str) -> dict[str, Any]:
    response = cloudformation.get_template(StackName=stack, TemplateStage="Processed")
    body = response["TemplateBody"]
    template: dict[str, Any] = (
        json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))
    )
    return template


def _same_parameters(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"ParameterKey": name, "UsePreviousValue": True} for name in template.get("Parameters", ())
    ]


@contextmanager
def _uploaded(s3: Any, bucket: str, template: Mapping[str, Any]) -> Iterator[str]:
    """Store a template in a bucket for a while; yield its URL. It is too large for a request."""
    key = f"restore/{uuid4()}.template"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(template).encode())
    try:
        yield f"{s3.meta.endpoint_url}/{bucket}/{key}"
    finally:
        s3.delete_object(Bucket=bucket, Key=key)
