"""`notify doctor`: what is wrong with a deployment, and the command that mends it."""

import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text

from notification_system.cli.checks import credentials, queues, running
from notification_system.cli.checks.stack import Finding, Stack, read_stack
from notification_system.cli.errors import OPERATOR, of_error
from notification_system.cli.formatting import counted, plain
from notification_system.cli.session import Session, command

Check = Callable[[Stack], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "stack": running.stack,
    "schedule": running.schedule,
    "queues": queues.queues,
    "secrets": credentials.secrets,
    "sender": credentials.sender,
    "targets": running.targets,
    "backlog": running.backlog,
    "dead letters": queues.dead_letters,
    "alarms": running.alarms,
}

INDENT = " " * 6

#: The services that the checks ask; their clients are made while CloudFormation answers.
SERVICES = (
    "scheduler",
    "sqs",
    "lambda",
    "secretsmanager",
    "ssm",
    "sesv2",
    "cloudwatch",
    "s3",
    "dynamodb",
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "doctor", "Operating")(doctor)


def doctor(session: Session) -> None:
    """Look a deployment over; name what is wrong and what mends it. Exit code 1 if anything is."""
    found = _looked_over(session)
    wrong = [each for each in found if not each.ok]
    if session.json:
        session.print_json({"ok": not wrong, "findings": [asdict(each) for each in found]})
    else:
        for each in found:
            _show(session, each)
        says = f"{counted(len(wrong), 'thing')} to mend." if wrong else "All is well."
        session.out.print(f"\n{says}", style="bold red" if wrong else "bold green")
    if wrong:
        raise typer.Exit(1)


def _looked_over(session: Session) -> list[Finding]:
    with ThreadPoolExecutor(len(CHECKS) + 1) as workers:
        reading = workers.submit(read_stack, session)
        for service in SERVICES:
            session.deployment.client(service)
        stack = reading.result()
        running = [workers.submit(_checked, stack, *each) for each in CHECKS.items()]
        return [finding for each in running for finding in each.result()]


def _checked(stack: Stack, name: str, check: Check) -> list[Finding]:
    """Run a check; what it may not read is a finding too, and hides none of the others."""
    try:
        return list(check(stack))
    except Exception as error:
        trouble = of_error(error, lambda: stack.session.deployment.unreachable)
        if trouble is None:
            raise
        says = f"Could not be looked at. {trouble.says} {trouble.remedy}"
        remedy = _attach(stack) if trouble.remedy == OPERATOR else stack.notify("doctor")
        return [Finding(name, False, says, remedy)]


def _attach(stack: Stack) -> str:
    policy = stack.session.deployment.outputs.get("OperatorPolicyArn", "...")
    return stack.aws("iam", "attach-user-policy", "--user-name", "...", "--policy-arn", policy)


def _show(session: Session, finding: Finding) -> None:
    mark = Text("ok", style="green") if finding.ok else Text("WRONG", style="bold red")
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_column(width=5)
    line.add_column(width=12)
    line.add_column(overflow="fold")
    line.add_row(mark, finding.check, Text(plain(finding.says)))
    session.out.print(line)
    if finding.remedy:
        for part in _continued(plain(finding.remedy), session.out.width - len(INDENT) - 2):
            # Not wrapped: it is there to be copied.
            session.out.print(Text(f"{INDENT}{part}"), soft_wrap=True)


def _continued(command: str, width: int) -> Iterator[str]:
    """Break a command between its words, as a shell reads on; a long word stays whole."""
    line = ""
    for word in map(shlex.quote, shlex.split(command)):
        if line and len(line) + 1 + len(word) > width:
            yield f"{line} \\"
            line = f"  {word}"
        else:
            line = f"{line} {word}".strip() if not line.startswith(" ") else f"{line} {word}"
    yield line
