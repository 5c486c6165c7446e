"""The state of the deployed stack that the checks read."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from notification_system.cli.checks.finding import Finding
from notification_system.cli.errors import CliError, from_exception
from notification_system.cli.session import Session

NESTED = "AWS::CloudFormation::Stack"
QUEUE = "AWS::SQS::Queue"
TABLE = "AWS::DynamoDB::Table"
#: The logical id of the table that holds the manifests.
MODULES = "ModulesTable"


@dataclass(frozen=True)
class Resource:
    """A resource of the stack, or of a nested stack."""

    kind: str
    logical: str
    physical: str


@dataclass(frozen=True)
class Stack:
    """The stack as CloudFormation and the API describe it.

    If the API does not answer, `targets` and `backlog` are empty, and `api_error` says why.
    """

    session: Session
    status: str
    parameters: dict[str, str]
    resources: list[Resource]
    targets: list[dict[str, Any]] = field(default_factory=list)
    backlog: list[dict[str, Any]] = field(default_factory=list)
    arn: str = ""
    api_error: CliError | None = None

    @property
    def is_local(self) -> bool:
        """Whether the stack runs on this computer, in the emulator."""
        return self.session.deployment.is_local

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.session.deployment.stack

    def of_type(self, kind: str) -> list[Resource]:
        """Return every resource of a type."""
        return [resource for resource in self.resources if resource.kind == kind]

    def physical(self, logical: str) -> str | None:
        """Return the physical id of a resource; None if the stack has no such resource."""
        return next((item.physical for item in self.resources if item.logical == logical), None)

    def resource_arn(self, service: str, resource: str, *, is_global: bool = False) -> str:
        """Return the ARN of a resource in the stack's account, and in its region."""
        _, partition, _, region, account = self.arn.split(":")[:5]
        where = "" if is_global else region
        return f"arn:{partition}:{service}:{where}:{account}:{resource}"

    def queues(self) -> list[str]:
        """Return the name of every queue."""
        return [queue.physical.rpartition("/")[2] for queue in self.of_type(QUEUE)]

    def manifest(self, module: str) -> dict[str, Any]:
        """Return the deployed manifest of a module; empty if there is none."""
        [name] = [table.physical for table in self.of_type(TABLE) if table.logical == MODULES]
        item = self.client("dynamodb").get_item(
            TableName=name, Key={"name": {"S": module}}, ProjectionExpression="manifest"
        )
        text = item.get("Item", {}).get("manifest", {}).get("S", "{}")
        manifest: dict[str, Any] = json.loads(text)
        return manifest

    def deleted(self, check: str, message: str) -> Finding:
        """Return the finding that a resource of the stack was deleted."""
        advice = (
            "CloudFormation does not recreate a deleted resource: deploy the template without the "
            "resource, then with it."
        )
        return Finding(check, False, f"{message} {advice}", self.session.deployment.deploy_anew)

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI."""
        return self.session.deployment.aws(*words)

    def notify(self, *words: str) -> str:
        """Return a command of this program."""
        return self.session.deployment.notify(*words)

    def client(self, service: str) -> Any:
        """Return a client of an AWS service."""
        return self.session.deployment.client(service)


def read_stack(session: Session) -> Stack:
    """Read the state that several checks need. Raises the errors of the SDK."""
    cloudformation = session.deployment.client("cloudformation")
    name = session.deployment.stack
    with ThreadPoolExecutor(8) as workers:
        targets = workers.submit(session.targets)
        backlog = workers.submit(session.request, "GET", "/backlog")
        described = workers.submit(cloudformation.describe_stacks, StackName=name)
        own = list(_resources(cloudformation, name))
        nested = [resource.physical for resource in own if resource.kind == NESTED]
        parts = workers.map(lambda stack: list(_resources(cloudformation, stack)), nested)
        description = described.result()["Stacks"][0]
        error = _api_error(session, targets.exception() or backlog.exception())
        return Stack(
            session,
            status=description["StackStatus"],
            parameters={
                parameter["ParameterKey"]: parameter.get("ParameterValue", "")
                for parameter in description.get("Parameters", ())
            },
            resources=own + [resource for part in parts for resource in part],
            targets=[] if error else targets.result(),
            backlog=[] if error else backlog.result()["items"],
            arn=description["StackId"],
            api_error=error,
        )


def _api_error(session: Session, error: BaseException | None) -> CliError | None:
    """Explain why the API did not answer. Raises an error that cannot be explained."""
    if error is None or isinstance(error, CliError):
        return error
    explained = None
    if isinstance(error, Exception):
        explained = from_exception(error, lambda: session.deployment.unreachable)
    if explained is None:
        raise error
    return explained


def _resources(cloudformation: Any, stack: str) -> Iterator[Resource]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    for page in pages:
        for summary in page["StackResourceSummaries"]:
            physical = summary.get("PhysicalResourceId", "")
            yield Resource(summary["ResourceType"], summary["LogicalResourceId"], physical)
