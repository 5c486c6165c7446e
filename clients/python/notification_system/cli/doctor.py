"""`notify doctor`: finds problems of a deployment, and prints the commands that fix them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from notification_system.cli.checks import (
    credentials,
    functions,
    limits,
    mail,
    queues,
    running,
    tables,
)
from notification_system.cli.checks.before import before_findings
from notification_system.cli.checks.environment import Plan, read_environment
from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.output import as_json, show
from notification_system.cli.checks.run import Check, api, run_check
from notification_system.cli.checks.stack import read_stack
from notification_system.cli.formatting import pluralize
from notification_system.cli.options import command
from notification_system.cli.session import Session

#: The checks of what the deployment created, which `notify smoke` runs too.
CONFIGURATION: dict[str, Check] = {
    "stack": running.stack_status,
    "api": api,
    "schedule": running.schedule,
    "queues": queues.queues,
    "recursion": functions.recursion,
    "indexes": tables.indexes,
    "expiry": tables.expiry,
    "secrets": credentials.secrets,
    "sender": credentials.sender,
    "mail events": mail.mail_events,
    "ses account": limits.ses_account,
    "lambda limits": limits.concurrency,
    "targets": running.targets,
}

#: The checks of the work in progress.
WORK: dict[str, Check] = {
    "backlog": running.backlog,
    "dead letters": queues.dead_letters,
    "alarms": running.alarms,
}

CHECKS = CONFIGURATION | WORK

#: The checks that read what the API answered.
NEED_API = frozenset({"targets", "backlog", "dead letters"})

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
    "events",
)

Before = Annotated[
    bool,
    typer.Option(
        "--before", help="Check the account before the first deployment.", show_default=False
    ),
]
Env = Annotated[
    str | None,
    typer.Option(
        "--env", metavar="NAME", help="With --before: an environment, of deploy/NAME.toml."
    ),
]
EmailFrom = Annotated[
    str | None,
    typer.Option("--email-from", metavar="ADDRESS", help="With --before: the sender."),
]
Runtime = Annotated[
    str | None, typer.Option("--runtime", help="With --before: such as python3.13.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "doctor", "Operating")(doctor)


def doctor(
    session: Session,
    before: Before = False,
    env: Env = None,
    email_from: EmailFrom = None,
    runtime: Runtime = None,
) -> None:
    """Check a deployment; print each problem with its fix. Exit code 1 if there is a problem."""
    if before:
        findings = _check_account(session, env, email_from, runtime)
    elif env or email_from or runtime:
        option = "--env" if env else "--email-from" if email_from else "--runtime"
        raise typer.BadParameter("goes with --before", param_hint=option)
    else:
        findings = _run_checks(session)
    problems = [finding for finding in findings if not finding.ok]
    if session.json:
        listed = [as_json(finding) for finding in findings]
        session.print_json({"ok": not problems, "findings": listed})
    else:
        for finding in findings:
            show(session, finding)
        summary = f"{pluralize(len(problems), 'problem')} found." if problems else "No problems."
        session.out.print(f"\n{summary}", style="bold red" if problems else "bold green")
    if problems:
        raise typer.Exit(1)


def _check_account(
    session: Session, env: str | None, email_from: str | None, runtime: str | None
) -> list[Finding]:
    if env is None:
        return before_findings(session, Plan(email_from=email_from, runtime=runtime))
    environment = read_environment(env, Path.cwd())
    session.options = environment.options(session.options)
    plan = Plan(
        email_from=email_from, runtime=runtime or environment.runtime, environment=environment
    )
    return before_findings(session, plan)


def _run_checks(session: Session) -> list[Finding]:
    with ThreadPoolExecutor(len(CHECKS) + 1) as workers:
        reading = workers.submit(read_stack, session)
        for service in SERVICES:
            session.deployment.client(service)
        stack = reading.result()
        running = [
            workers.submit(run_check, stack, name, check, needs_api=name in NEED_API)
            for name, check in CHECKS.items()
        ]
        return [finding for check in running for finding in check.result()]
