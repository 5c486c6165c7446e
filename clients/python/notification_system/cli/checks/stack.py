"""The deployed stack as the checks see it, and what a check finds."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from notification_system.cli.session import Session

NESTED = "AWS::CloudFormation::Stack"
QUEUE = "AWS::SQS::Queue"
TABLE = "AWS::DynamoDB::Table"
#: The logical id of the table that holds the manifests.
MODULES = "ModulesTable"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        check: what it is about, a word.
        ok: whether it is as it should be.
        says: a sentence.
        remedy: a command to type; empty where nothing is wrong.
    """

    check: str
    ok: bool
    says: str
    remedy: str = ""


@dataclass(frozen=True)
class Resource:
    """A resource of the stack, or of one that is nested in it."""

    kind: str
    logical: str
    physical: str


@dataclass(frozen=True)
class Stack:
    """What CloudFormation says, and the API."""

    session: Session
    status: str
    parameters: dict[str, str]
    resources: list[Resource]
    targets: list[dict[str, Any]] = field(default_factory=list)
    backlog: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.session.deployment.stack

    def of(self, kind: str) -> list[Resource]:
        """Return every resource of a type."""
        return [each for each in self.resources if each.kind == kind]

    def queues(self) -> list[str]:
        """Return the name of every queue."""
        return [each.physical.rpartition("/")[2] for each in self.of(QUEUE)]

    def manifest(self, module: str) -> dict[str, Any]:
        """Return the deployed manifest of a module; empty if there is none."""
        [table] = [each.physical for each in self.of(TABLE) if each.logical == MODULES]
        item = self.client("dynamodb").get_item(
            TableName=table, Key={"name": {"S": module}}, ProjectionExpression="manifest"
        )
        text = item.get("Item", {}).get("manifest", {}).get("S", "{}")
        manifest: dict[str, Any] = json.loads(text)
        return manifest

    def gone(self, check: str, says: str) -> Finding:
        """Return the finding that something of the stack was deleted."""
        why = "CloudFormation does not make it anew by itself: deploy without it, then with it."
        return Finding(check, False, f"{says} {why}", self.session.deployment.deploy_anew)

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
    """Read all that several checks need, at once. Raises what the SDK and the API raise."""
    cloudformation = session.deployment.client("cloudformation")
    name = session.deployment.stack
    with ThreadPoolExecutor(8) as workers:
        targets = workers.submit(session.targets)
        backlog = workers.submit(session.ask, "GET", "/backlog")
        described = workers.submit(cloudformation.describe_stacks, StackName=name)
        own = list(_resources(cloudformation, name))
        nested = [each.physical for each in own if each.kind == NESTED]
        theirs = workers.map(lambda each: list(_resources(cloudformation, each)), nested)
        found = described.result()["Stacks"][0]
        return Stack(
            session,
            status=found["StackStatus"],
            parameters={
                each["ParameterKey"]: each.get("ParameterValue", "")
                for each in found.get("Parameters", ())
            },
            resources=own + [each for part in theirs for each in part],
            targets=targets.result(),
            backlog=backlog.result()["items"],
        )


def _resources(cloudformation: Any, stack: str) -> Iterator[Resource]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    for page in pages:
        for each in page["StackResourceSummaries"]:
            physical = each.get("PhysicalResourceId", "")
            yield Resource(each["ResourceType"], each["LogicalResourceId"], physical)
