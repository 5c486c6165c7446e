"""Checks of the name of a planned stack: its length, and the names that it will use."""

import re
from collections.abc import Iterator
from typing import Any, Protocol

from notification_system.cli.checks.finding import Finding, warning

#: The longest name of a queue, and the longest part that the template appends to the stack's name.
QUEUE_NAME = 80
LONGEST_SUFFIX = "-mail-events-dead-letters"
LONGEST_NAME = QUEUE_NAME - len(LONGEST_SUFFIX)

#: The longest name that the generated names of roles and functions contain whole. CloudFormation
#: joins the stack's name, up to 24 characters of the logical id and 13 random ones by hyphens. If
#: the result exceeds the 64 characters of IAM and Lambda, it shortens the stack's name.
LONGEST_WHOLE_NAME = 64 - len("--") - 24 - 13

#: The domain of the console's sign-in is `<stack>-<account>`: 63 characters, with an account of 12.
LONGEST_CONSOLE_NAME = 63 - 13
RESERVED = ("aws", "amazon", "cognito")

STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
DOMAIN_NAME = re.compile(r"[a-z][a-z0-9-]*")

#: The secrets of a deployment. The first two remain when it is deleted.
SECRETS = ("erasure", "unsubscribe", "email", "twilio", "expo")

#: What a stack in these states needs before it can be deployed.
UNFINISHED = {"ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"}

RECREATION = "docs/deploying.md#deleting-the-stack describes how to use or remove it."


class Planned(Protocol):
    """A stack that is going to be deployed."""

    @property
    def stack(self) -> str:
        """Its name."""
        ...

    def client(self, service: str) -> Any:
        """Return a client of an AWS service."""
        ...

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI."""
        ...


def name_length(planned: Planned, *, has_console: bool | None = None) -> Iterator[Finding]:
    """Check that the names of all resources can begin with the stack's name.

    `has_console` says whether the console's sign-in pages get the default domain; None if that is
    not known.
    """
    name = planned.stack
    again = "notify doctor --before --stack notifications"
    if STACK_NAME.fullmatch(name) is None:
        message = f"{name} is not a stack name: use letters, digits and hyphens."
        yield Finding("stack name", False, message, again)
    elif len(name) > LONGEST_NAME:
        message = (
            f"The name has {len(name)} characters. At most {LONGEST_NAME} leave room for the name "
            f"of the queue <stack>{LONGEST_SUFFIX}."
        )
        yield Finding("stack name", False, message, again)
    else:
        limits = [*_limits(name, again), *_console_limits(name, again, has_console)]
        yield from limits or [_passed(name, has_console)]


def _passed(name: str, has_console: bool | None) -> Finding:  # noqa: FBT001 - None is possible
    most = LONGEST_CONSOLE_NAME if has_console else LONGEST_NAME
    console = f", or of {LONGEST_CONSOLE_NAME} with the console" if has_console is None else ""
    return Finding("stack name", True, f"{name} has {len(name)} of {most} characters{console}.")


def _limits(name: str, again: str) -> Iterator[Finding]:
    if len(name) > LONGEST_WHOLE_NAME:
        message = (
            f"The name has more than {LONGEST_WHOLE_NAME} characters, so CloudFormation shortens "
            "it in the names of roles and functions. The policies for operators and for GitHub "
            "find these by the whole name."
        )
        yield warning("stack name", message, again)


def _console_limits(name: str, again: str, has_console: bool | None) -> Iterator[Finding]:  # noqa: FBT001
    problem = None if has_console is False else console_problem(name)
    if problem is None:
        return
    if has_console:
        message = f"Set the parameter ConsoleDomainPrefix, because the name {problem}."
        yield Finding("stack name", False, message, again)
    else:
        message = f"With the parameter Console, set ConsoleDomainPrefix too: the name {problem}."
        yield warning("stack name", message, again)


def console_problem(name: str) -> str | None:
    """Return why a name cannot begin the domain of the console's sign-in; None if it can."""
    if len(name) > LONGEST_CONSOLE_NAME:
        return f"is longer than {LONGEST_CONSOLE_NAME} characters"
    if DOMAIN_NAME.fullmatch(name) is None:
        return "has capitals"
    reserved = next((word for word in RESERVED if word in name), None)
    return f"contains the reserved word {reserved}" if reserved else None


def free_names(planned: Planned) -> Iterator[Finding]:
    """Check that the stack does not exist, and that nothing has the names it will use."""
    problems = [*_stack(planned)]
    if not problems:
        problems = [*_secrets(planned), *_queues(planned), *_others(planned)]
    passed = Finding("names", True, f"No resource has a name that {planned.stack} will use.")
    yield from problems or [passed]


def _stack(planned: Planned) -> Iterator[Finding]:
    client = planned.client("cloudformation")
    try:
        [stack] = client.describe_stacks(StackName=planned.stack)["Stacks"]
    except client.exceptions.ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return
        raise
    status = stack["StackStatus"]
    words = ["cloudformation", "delete-stack", "--stack-name", planned.stack]
    if status in UNFINISHED:
        message = f"An earlier deployment failed: the stack {planned.stack} is {status}."
        yield Finding("names", False, message, planned.aws(*words))
    else:
        message = f"The stack {planned.stack} exists already: it is {status}."
        yield warning("names", message, f"notify doctor --stack {planned.stack}")


def _secrets(planned: Planned) -> Iterator[Finding]:
    client = planned.client("secretsmanager")
    for kind in SECRETS:
        name = f"{planned.stack}/{kind}"
        try:
            secret = client.describe_secret(SecretId=name)
        except client.exceptions.ResourceNotFoundException:
            continue
        state = "is being deleted" if "DeletedDate" in secret else "exists already"
        words = ["secretsmanager", "delete-secret", "--force-delete-without-recovery"]
        message = f"The secret {name} {state}, perhaps from a deleted stack. {RECREATION}"
        yield Finding("names", False, message, planned.aws(*words, "--secret-id", name))


def _queues(planned: Planned) -> Iterator[Finding]:
    answer = planned.client("sqs").list_queues(QueueNamePrefix=f"{planned.stack}-deliver-")
    for url in answer.get("QueueUrls", ()):
        message = f"The queue {url.rpartition('/')[2]} exists already."
        words = ["sqs", "delete-queue", "--queue-url", url]
        yield Finding("names", False, message, planned.aws(*words))


def _others(planned: Planned) -> Iterator[Finding]:
    group = f"/aws/lambda/{planned.stack}"
    answer = planned.client("logs").describe_log_groups(logGroupNamePrefix=group)
    if group in {item["logGroupName"] for item in answer.get("logGroups", ())}:
        words = ["logs", "delete-log-group", "--log-group-name", group]
        message = f"The log group {group} exists already, perhaps from a deleted stack."
        yield Finding("names", False, message, planned.aws(*words))
