"""`notify doctor --before`: checks an account and this computer before the first deployment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from notification_system.cli.aws_deployment import CloudDeployment
from notification_system.cli.checks import limits
from notification_system.cli.checks.credentials import sender_identity
from notification_system.cli.checks.environment import Plan, is_example
from notification_system.cli.checks.finding import Finding, skipped, warning
from notification_system.cli.checks.names import free_names, name_length
from notification_system.cli.checks.programs import aws_cli, python, sam
from notification_system.cli.errors import CHECK_KEY, LOG_IN, OPERATOR, CliError, from_exception
from notification_system.cli.session import Session

NO_SES = "E-mail is sent through a mail server, without SES."
NO_CREDENTIALS = "Not checked, because the check of the credentials failed."


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
        """The remedy for a failed connection."""
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
    if target.plan.account not in {None, identity["Account"]}:
        message = (
            f"The credentials are for the account {identity['Account']}, but the environment is in "
            f"{target.plan.account}."
        )
        yield Finding("credentials", False, message, target.aws("sts", "get-caller-identity"))
    elif arn.endswith(":root"):
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


def stack_name(target: Target) -> Iterator[Finding]:
    """Check the length of the stack's name, also for the console's domain."""
    yield from name_length(target, has_console=target.plan.has_console)


def sender(target: Target) -> Iterator[Finding]:
    """Check that SES has verified the sender."""
    address = target.plan.sender
    if not target.plan.uses_ses:
        yield skipped("sender", NO_SES)
    elif address is None:
        advice = "Pass --email-from ADDRESS, or --env NAME, to check that SES has verified it."
        yield skipped("sender", advice)
    elif target.plan.environment is not None and is_example(address):
        message = "EmailFrom is still the example's. Set your own sender in the file."
        remedy = target.aws("sesv2", "list-email-identities")
        yield Finding("sender", False, message, remedy)
    else:
        yield sender_identity(target, address)


def ses_account(target: Target) -> Iterator[Finding]:
    """Check the sandbox and the quotas of SES."""
    if not target.plan.uses_ses:
        yield skipped("ses account", NO_SES)
    elif target.region in target.regions_of("sesv2"):
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
    "stack name": stack_name,
    "names": free_names,
    "sender": sender,
    "ses account": ses_account,
    "lambda limits": limits.concurrency,
    "build": build,
}

#: The checks that ask AWS, and need the credentials for it.
NEED_CREDENTIALS = frozenset({"names", "sender", "ses account", "lambda limits"})


def before_findings(session: Session, plan: Plan) -> list[Finding]:
    """Run all checks. Raises CliError if the stack's name or the region is missing."""
    if session.options.local is not None and not session.options.stack:
        raise CliError("--before is for an AWS account.", "Pass --stack NAME and --region.")
    target = Target(CloudDeployment(session.options), plan)
    _ = target.stack, target.region
    first = _run(target, "credentials", credentials)
    is_known = all(finding.ok for finding in first)
    others = {name: check for name, check in BEFORE.items() if name != "credentials"}
    with ThreadPoolExecutor(len(others)) as workers:
        running = [
            workers.submit(_run, target, name, check)
            if is_known or name not in NEED_CREDENTIALS
            else workers.submit(lambda name: [skipped(name, NO_CREDENTIALS)], name)
            for name, check in others.items()
        ]
        return first + [finding for check in running for finding in check.result()]


def _run(target: Target, name: str, check: Callable[[Target], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(check(target))
    except Exception as error:
        explained = from_exception(error, lambda: target.unreachable)
        if explained is None:
            raise
        return [_failed(target, name, explained)]


def _failed(target: Target, name: str, error: CliError) -> Finding:
    """Return the finding of a check whose request failed, with the command that helps."""
    if error.remedy == LOG_IN:
        return Finding(name, False, error.message, target.aws("sso", "login"))
    if error.remedy == CHECK_KEY:
        advice = "Log in with `aws sso login` and set AWS_PROFILE, or store a key:"
        return Finding(name, False, f"{error.message} {advice}", target.aws("configure"))
    advice = error.remedy
    if error.remedy == OPERATOR:
        advice = "Allow that action, or use the credentials of an administrator."
    message = f"The check could not run. {error.message} {advice}".strip()
    return Finding(name, False, message, target.aws("sts", "get-caller-identity"))
