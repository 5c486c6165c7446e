"""`notify doctor`: finds problems of a deployment, and prints the commands that fix them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text

from notification_system.cli.checks import credentials, queues, running
from notification_system.cli.checks.stack import Finding, Stack, read_stack
from notification_system.cli.errors import OPERATOR, from_exception
from notification_system.cli.formatting import plain, pluralize
from notification_system.cli.options import command
from notification_system.cli.session import Session

Check = Callable[[Stack], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "stack": running.stack_status,
    "schedule": running.schedule,
    "queues": queues.queues,
    "secrets": credentials.secrets,
    "sender": credentials.sender,
    "targets": running.targets,
    "backlog": running.backlog,
    "dead letters": queues.dead_letters,
    "alarms": running.alarms,
}

#: The spaces before a command.
INDENT = 6

#: The services that the checks call; their clients are created while CloudFormation answers.
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
    """Check a deployment; print each problem with its fix. Exit code 1 if there is a problem."""
    findings = _run_checks(session)
    problems = [finding for finding in findings if not finding.ok]
    if session.json:
        listed = [asdict(finding) for finding in findings]
        session.print_json({"ok": not problems, "findings": listed})
    else:
        for finding in findings:
            _show(session, finding)
        summary = f"{pluralize(len(problems), 'problem')} found." if problems else "No problems."
        session.out.print(f"\n{summary}", style="bold red" if problems else "bold green")
    if problems:
        raise typer.Exit(1)


def _run_checks(session: Session) -> list[Finding]:
    with ThreadPoolExecutor(len(CHECKS) + 1) as workers:
        reading = workers.submit(read_stack, session)
        for service in SERVICES:
            session.deployment.client(service)
        stack = reading.result()
        running = [workers.submit(_run_check, stack, *check) for check in CHECKS.items()]
        return [finding for check in running for finding in check.result()]


def _run_check(stack: Stack, name: str, check: Check) -> list[Finding]:
    """Run a check; a failed request is a finding, so that the other checks still report."""
    try:
        return list(check(stack))
    except Exception as error:
        explained = from_exception(error, lambda: stack.session.deployment.unreachable)
        if explained is None:
            raise
        message = f"The check could not run. {explained.message} {explained.remedy}"
        remedy = _attach_policy(stack) if explained.remedy == OPERATOR else stack.notify("doctor")
        return [Finding(name, False, message, remedy)]


def _attach_policy(stack: Stack) -> str:
    policy = stack.session.deployment.outputs.get("OperatorPolicyArn", "...")
    return stack.aws("iam", "attach-user-policy", "--user-name", "...", "--policy-arn", policy)


def _show(session: Session, finding: Finding) -> None:
    mark = Text("ok", style="green") if finding.ok else Text("FAIL", style="bold red")
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_column(width=5)
    line.add_column(width=12)
    line.add_column(overflow="fold")
    line.add_row(mark, finding.check, Text(plain(finding.message)))
    session.out.print(line)
    if finding.remedy:
        session.print_command(finding.remedy, INDENT)
