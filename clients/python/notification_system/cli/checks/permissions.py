"""Checks of the functions' permissions, as IAM evaluates them.

A policy may have been changed by hand, and a permissions boundary or a service control policy of
the organization may deny what the template allows.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from notification_system.cli.checks.credentials import logical_id
from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.mail import uses_ses
from notification_system.cli.checks.stack import Stack
from notification_system.cli.formatting import pluralize

ROLE = "AWS::IAM::Role"

READ, UPDATE = "dynamodb:BatchGetItem", "dynamodb:PartiQLUpdate"
SEND = "sqs:SendMessage"
TAKE = ("sqs:ReceiveMessage", "sqs:DeleteMessage")
SECRET = "secretsmanager:GetSecretValue"  # noqa: S105 - the name of an action
MAIL = ("ses:SendEmail", "ses:SendRawEmail")

#: What each function needs most: actions by resource. A resource is `table NAME`, `index
#: NAME/INDEX`, `queue NAME`, `bucket PREFIX`, `secret NAME`, `identity` or `configuration set`.
#: A test holds it to the template.
PERMISSIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Api": {
        "table NotificationsTable": (READ, UPDATE, "dynamodb:PartiQLInsert"),
        "index NotificationsTable/by_user": ("dynamodb:Query",),
        "table RecordsTable": (READ, "dynamodb:PutItem", "dynamodb:UpdateItem"),
        "table OptOutsTable": (READ, "dynamodb:PutItem"),
        "table TemplatesTable": (READ,),
        "bucket soon/": ("s3:GetObject", "s3:PutObject"),
        "queue deliver-email": (SEND,),
        "queue jobs": (SEND,),
        "secret erasure": (SECRET,),
    },
    "Dispatcher": {
        "index NotificationsTable/due": ("dynamodb:Query",),
        "index JobsTable/running": ("dynamodb:Query",),
        "table ModulesTable": ("dynamodb:Scan", "dynamodb:UpdateItem"),
        "queue deliver-email": (SEND,),
        "queue deliver-expo": (SEND,),
        "queue deliver-twilio": (SEND,),
    },
    "Jobs": {
        "table NotificationsTable": (READ, UPDATE, "dynamodb:PartiQLDelete"),
        "table RecordsTable": ("dynamodb:DeleteItem",),
        "table JobsTable": (READ, "dynamodb:PutItem"),
        "queue jobs": (SEND, *TAKE),
        "secret erasure": (SECRET,),
    },
    "DeadLetters": {
        "table NotificationsTable": (READ, UPDATE),
        "bucket dead-letters/": ("s3:PutObject",),
        "queue dead-letters-email": TAKE,
        "queue dead-letters-expo": TAKE,
        "queue dead-letters-twilio": TAKE,
        "queue jobs-dead-letters": TAKE,
    },
    "DeliverEmail": {
        "table NotificationsTable": (READ, UPDATE, "dynamodb:PartiQLInsert"),
        "table RecordsTable": (READ, "dynamodb:UpdateItem"),
        "table OptOutsTable": (READ, "dynamodb:PutItem"),
        "table ModulesTable": ("dynamodb:Scan",),
        "bucket soon/": ("s3:GetObject",),
        "queue deliver-email": (SEND, *TAKE),
        "secret email": (SECRET,),
        "secret unsubscribe": (SECRET,),
        "identity": MAIL,
        "configuration set": MAIL,
    },
    "DeliverTwilio": {
        "table NotificationsTable": (READ, UPDATE, "dynamodb:PartiQLInsert"),
        "table RecordsTable": (READ, "dynamodb:UpdateItem"),
        "table OptOutsTable": (READ, "dynamodb:PutItem"),
        "queue deliver-twilio": (SEND, *TAKE),
        "secret twilio": (SECRET,),
    },
    "DeliverExpo": {
        "table NotificationsTable": (READ, UPDATE, "dynamodb:PartiQLInsert"),
        "table RecordsTable": (READ, "dynamodb:UpdateItem"),
        "table OptOutsTable": (READ,),
        "queue deliver-expo": (SEND, *TAKE),
        "secret expo": (SECRET,),
    },
    "MailEvents": {
        "table NotificationsTable": (READ, UPDATE),
        "table RecordsTable": ("dynamodb:UpdateItem",),
        "table OptOutsTable": ("dynamodb:PutItem",),
        "queue mail-events": TAKE,
    },
    "TwilioCallbacks": {
        "table NotificationsTable": (READ, UPDATE),
        "table OptOutsTable": ("dynamodb:PutItem",),
        "secret twilio": (SECRET,),
    },
    "Unsubscribe": {
        "table OptOutsTable": (READ, "dynamodb:PutItem"),
        "secret unsubscribe": (SECRET,),
    },
}

ADVICE = (
    "A deployment does not restore a policy that was changed by hand, so undo the change. If IAM "
    "says explicitDeny, a permissions boundary or a policy of the organization denies it."
)


@dataclass(frozen=True)
class _Question:
    """Whether the role of a function may do these things with a resource."""

    function: str
    role: str
    resource: str
    actions: tuple[str, ...]


def policies(stack: Stack) -> Iterator[Finding]:
    """Check that IAM allows the functions what they need most."""
    roles = {resource.logical: resource.physical for resource in stack.of_type(ROLE)}
    questions = list(_questions(stack, roles))
    with ThreadPoolExecutor(4) as workers:
        denied = list(workers.map(lambda question: _denied(stack, question), questions))
    problems = [
        _finding(stack, question, actions)
        for question, actions in zip(questions, denied, strict=True)
        if actions
    ]
    number = sum(len(question.actions) for question in questions)
    passed = f"IAM allows the functions {pluralize(number, 'action')} that they need."
    yield from problems or [Finding("policies", True, passed)]


def _questions(stack: Stack, roles: Mapping[str, str]) -> Iterator[_Question]:
    for function, resources in PERMISSIONS.items():
        name = roles.get(f"{function}Role")
        if name is None:  # its function is not part of this deployment
            continue
        role = stack.resource_arn("iam", f"role/{name}", is_global=True)
        for resource, actions in resources.items():
            arn = _arn(stack, resource)
            if arn is not None:
                yield _Question(function, role, arn, actions)


def _arn(stack: Stack, resource: str) -> str | None:
    """Return the ARN of a resource; None if the deployment has no such resource."""
    kind, _, name = resource.partition(" ")
    if kind in {"identity", "configuration"}:
        return _mail_arn(stack, kind)
    if kind in {"table", "index"}:
        table, _, index = name.partition("/")
        physical = stack.physical(table)
        suffix = f"/index/{index}" if index else ""
        return physical and stack.resource_arn("dynamodb", f"table/{physical}{suffix}")
    if kind == "queue":
        queue = f"{stack.name}-{name}"
        return stack.resource_arn("sqs", queue) if queue in stack.queues() else None
    if kind == "bucket":
        _, partition, *_ = stack.arn.split(":")
        bucket = stack.physical("ContentBucket")
        return bucket and f"arn:{partition}:s3:::{bucket}/{name}smoke"
    logical = logical_id(name)
    secret = stack.physical(logical) or stack.parameters.get(f"{logical}Arn")
    if not secret:
        return None
    return str(stack.client("secretsmanager").describe_secret(SecretId=secret)["ARN"])


def _mail_arn(stack: Stack, kind: str) -> str | None:
    if not uses_ses(stack):
        return None
    if kind == "configuration":
        return stack.resource_arn("ses", f"configuration-set/{stack.name}")
    domain = stack.parameters.get("EmailFrom", "").rpartition("@")[2]
    return stack.resource_arn("ses", f"identity/{domain}")


def _denied(stack: Stack, question: _Question) -> dict[str, str]:
    """Return the actions that IAM does not allow, with its decision."""
    sender = {
        "ContextKeyName": "ses:FromAddress",
        "ContextKeyValues": [stack.parameters.get("EmailFrom", "")],
        "ContextKeyType": "string",
    }
    answer = stack.client("iam").simulate_principal_policy(
        PolicySourceArn=question.role,
        ActionNames=list(question.actions),
        ResourceArns=[question.resource],
        **({"ContextEntries": [sender]} if question.actions == MAIL else {}),
    )
    results: Sequence[Mapping[str, Any]] = answer["EvaluationResults"]
    return {
        result["EvalActionName"]: result["EvalDecision"]
        for result in results
        if result["EvalDecision"] != "allowed"
    }


def _finding(stack: Stack, question: _Question, actions: Mapping[str, str]) -> Finding:
    listed = ", ".join(f"{action} ({decision})" for action, decision in actions.items())
    words = ["iam", "simulate-principal-policy", "--policy-source-arn", question.role]
    words += ["--action-names", *actions, "--resource-arns", question.resource]
    resource = question.resource.rpartition(":")[2]
    message = f"{question.function} is not allowed {listed} on {resource}. {ADVICE}"
    return Finding("policies", False, message, stack.aws(*words))
