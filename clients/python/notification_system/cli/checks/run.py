"""Runs a check so that its failure does not stop the others."""

from collections.abc import Callable, Iterator

from notification_system.cli.checks.finding import Finding, skipped
from notification_system.cli.checks.stack import Stack
from notification_system.cli.errors import OPERATOR, from_exception

Check = Callable[[Stack], Iterator[Finding]]

NO_API = "The API does not answer, so this could not be checked."


def run_check(
    stack: Stack,
    name: str,
    check: Check,
    *,
    needs_api: bool = False,
    policy: str = "OperatorPolicyArn",
) -> list[Finding]:
    """Run a check; a failed request is a finding, so that the other checks still report."""
    if needs_api and stack.api_error:
        return [skipped(name, NO_API)]
    try:
        return list(check(stack))
    except Exception as error:  # noqa: BLE001 - raised again unless it is a failed request
        return [failed_request(stack, name, error, policy)]


def failed_request(
    stack: Stack, name: str, error: Exception, policy: str = "OperatorPolicyArn"
) -> Finding:
    """Return the finding that a check could not run. Raises an error that cannot be explained.

    `policy` is the output with the policy that allows the requests of the check.
    """
    explained = from_exception(error, lambda: stack.session.deployment.unreachable)
    if explained is None:
        raise error
    if explained.remedy == OPERATOR:
        advice = OPERATOR.replace("OperatorPolicyArn", policy)
        message = f"The check could not run. {explained.message} {advice}"
        return Finding(name, False, message, _attach_policy(stack, policy))
    message = f"The check could not run. {explained.message} {explained.remedy}"
    return Finding(name, False, message, stack.notify("doctor"))


def api(stack: Stack) -> Iterator[Finding]:
    """Check that the API answers."""
    if stack.api_error is None:
        yield Finding("api", True, "The API answers.")
        return
    message = f"{stack.api_error.message} {stack.api_error.remedy}".strip()
    yield Finding("api", False, message, stack.notify("tail", "--since", "10m"))


def _attach_policy(stack: Stack, policy: str) -> str:
    arn = stack.session.deployment.outputs.get(policy, "...")
    return stack.aws("iam", "attach-user-policy", "--user-name", "...", "--policy-arn", arn)
