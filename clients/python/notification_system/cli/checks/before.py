"""`notify doctor --before`: checks an account and this computer before the first deployment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from notification_system.cli.aws_deployment import CloudDeployment
from notification_system.cli.checks import limits
from notification_system.cli.checks.credentials import sender_identity
from notification_system.cli.checks.finding import Finding, skipped, warning
from notification_system.cli.checks.names import free_names, name_length
from notification_system.cli.checks.programs import aws_cli, python, sam
from notification_system.cli.errors import OPERATOR, CliError, from_exception
from notification_system.cli.session import Session


@dataclass(frozen=True)
class Plan:
    """What is going to be deployed.

    Args:
        email_from: the sender of e-mails; None if it is not decided yet.
        runtime: the Lambda runtime, such as `python3.13`; None for any that the build can use.
    """

    email_from: str | None = None
    runtime: str | None = None


class Target:
    """The account and the region in which a stack is going to be deployed."""

    is_local = False

    def __init__(self, deployment: CloudDeployment, plan: Plan) -> None:
        self.plan = plan
        self._deployment = deployment

    @property
    def stack(self) -> str:
        """The name of the planned stack."""
        return self._deployment.stack

    @property
    def region(self) -> str:
        """The region. Raises CliError if none is configured."""
        return self._deployment.region

    @property
    def unreachable(self) -> str:
        """What to do when the connection fails."""
        return self._deployment.unreachable

    def client(self, service: str) -> Any:
        """Return a client of an AWS service."""
        return self._deployment.client(service)

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI."""
        return self._deployment.aws(*words)

    def regions_of(self, service: str) -> list[str]:
        """Return the regions in which AWS offers a service, as far as the SDK knows."""
        return self._deployment.regions_of(service)


def credentials(target: Target) -> Iterator[Finding]:
    """Check whose credentials these are."""
    identity = target.client("sts").get_caller_identity()
    arn = str(identity["Arn"])
    if arn.endswith(":root"):
        message = (
            f"These are the credentials of the root user of the account {identity['Account']}. "
            "Deploy with a role instead."
        )
        yield warning("credentials", message, target.aws("sts", "get-caller-identity"))
    else:
        message = f"The deployment goes to the account {identity['Account']}, as {arn}."
        yield Finding("credentials", True, message)


def region(target: Target) -> Iterator[Finding]:
    """Check that the region has what the stack needs."""
    known = target.regions_of("sesv2")
    if target.region in known:
        yield Finding("region", True, f"The region is {target.region}, which has Amazon SES.")
        return
    message = (
        f"The AWS SDK knows no Amazon SES in {target.region}. Choose another region, or set the "
        "parameter EmailTransport to smtp."
    )
    remedy = f"notify doctor --before --stack {target.stack} --region us-east-1"
    yield warning("region", message, remedy)


def sender(target: Target) -> Iterator[Finding]:
    """Check that SES has verified the sender."""
    if target.plan.email_from is None:
        yield skipped("sender", "Pass --email-from ADDRESS to check that SES has verified it.")
    else:
        yield sender_identity(target, target.plan.email_from)


def ses_account(target: Target) -> Iterator[Finding]:
    """Check the sandbox and the quotas of SES."""
    if target.region in target.regions_of("sesv2"):
        yield from limits.ses_limits(target)
    else:
        yield skipped("ses account", "This region has no Amazon SES.")


def build(target: Target) -> Iterator[Finding]:
    """Check that this computer can build and deploy."""
    yield python(target.plan.runtime)
    yield sam()
    yield aws_cli()


BEFORE: dict[str, Callable[[Target], Iterator[Finding]]] = {
    "credentials": credentials,
    "region": region,
    "stack name": name_length,
    "names": free_names,
    "sender": sender,
    "ses account": ses_account,
    "lambda limits": limits.concurrency,
    "build": build,
}


def before_findings(session: Session, plan: Plan) -> list[Finding]:
    """Run all checks. Raises CliError if the stack's name or the region is missing."""
    if session.options.local is not None and not session.options.stack:
        raise CliError("--before is for an AWS account.", "Pass --stack NAME and --region.")
    target = Target(CloudDeployment(session.options), plan)
    _ = target.stack, target.region
    with ThreadPoolExecutor(len(BEFORE)) as workers:
        running = [workers.submit(_run, target, *check) for check in BEFORE.items()]
        return [finding for check in running for finding in check.result()]


def _run(target: Target, name: str, check: Callable[[Target], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(check(target))
    except Exception as error:
        explained = from_exception(error, lambda: target.unreachable)
        if explained is None:
            raise
        remedy = "" if explained.remedy == OPERATOR else explained.remedy
        message = f"The check could not run. {explained.message} {remedy}".strip()
        look = target.aws("sts", "get-caller-identity")
        return [Finding(name, False, message, look)]
