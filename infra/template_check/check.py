"""Applies all rules to the template, for one value of EmailTransport."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.local.layout import tool, tool_environment
from infra.template_check import mail, rules
from infra.template_check.resolved import Deployment, deployment

TRANSPORTS = ("ses", "smtp")
SENDER = "Sender@mail.example.com"

RULES = (
    rules.references,
    rules.recursion,
    rules.visibility,
    rules.queue_policies,
    rules.tracing,
    rules.retention,
    rules.tables,
    rules.registration,
    rules.ticks,
    rules.alarms,
    rules.memory,
    rules.detailed_metrics,
)

#: Whether the console is deployed; all rules are checked for both.
CONSOLES = ("false", "true")

#: Further parameters, whose values are checked separately.
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
TRACINGS = ("Active", "PassThrough")
ARCHITECTURES = ("arm64", "x86_64")


def templates(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the templates of a folder as CloudFormation receives them.

    Returns:
        value of EmailTransport -> path -> transformed template

    Raises:
        subprocess.CalledProcessError: the transform rejects a template; its stderr has the reason.
        infra.local.layout.StackError: SAM is not installed.
    """
    script = Path(__file__).with_name("transform.py")
    sets = [json.dumps({"EmailTransport": transport}) for transport in TRANSPORTS]
    done = subprocess.run(
        [tool("sam", "python"), script, folder, *sets],
        env=tool_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(TRANSPORTS, map(json.loads, done.stdout.splitlines()), strict=True))


def deployed(templates_by_path: Mapping[str, Any], transport: str, **parameters: str) -> Deployment:
    """Return the deployment of these templates on AWS; other parameters have their defaults."""
    return deployment(
        templates_by_path, {"EmailTransport": transport, "EmailFrom": SENDER, **parameters}
    )


def violations(templates_by_path: Mapping[str, Any], transport: str) -> Iterator[str]:
    """Yield every rule violation of the deployment of these templates on AWS."""
    on_aws = deployed(templates_by_path, transport)
    for console in CONSOLES:
        with_console = deployed(templates_by_path, transport, Console=console)
        for rule in RULES:
            yield from rule(with_console)
    if transport == "ses":
        yield from mail.sending(on_aws, SENDER)
        yield from mail.events(on_aws)
    else:
        yield from mail.absence(on_aws)
    for level in LEVELS:
        yield from rules.logging(deployed(templates_by_path, transport, LogLevel=level))
    for tracing, architecture in zip(TRACINGS, ARCHITECTURES, strict=True):
        chosen = deployed(templates_by_path, transport, Tracing=tracing, Architecture=architecture)
        yield from rules.choices(chosen, tracing, architecture)
