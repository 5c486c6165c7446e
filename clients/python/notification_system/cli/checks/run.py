"""Runs a check so that its failure does not stop the others."""

from collections.abc import Callable, Iterator

from notification_system.cli.checks.finding import Finding, skipped
from notification_system.cli.checks.stack import Stack
from notification_system.cli.errors import OPERATOR, from_exception

Check = Callable[[Stack], Iterator[Finding]]

NO_API = "The API does not answer, so this could not be checked."


def run_check(stack: Stack, name: str, check: Check, *, needs_api: bool = False) -> list[Finding]:
    """Run a check; a failed request is a finding, so that the other checks still report."""
    if needs_api and stack.api_error:
        return [skipped(name, NO_API)]
    try:
        return list(check(stack))
    except Exception as error:  # noqa: BLE001 - raised again unless it is a failed request
        return [failed_request(stack, name, error)]


def failed_request(stack: Stack, name: str, error: Exception) -> Finding:
    """Return the finding that a check could not run. Raises an error that cannot be explained."""
    explained = from_exception(error, lambda: stack.session.deployment.unreachable)
    if explained is None:
        raise error
    message = f"The check could not run. {explained.message} {explained.remedy}"
    remedy = _attach_policy(stack) if explained.remedy == OPERATOR else stack.notify("doctor")
    return Finding(name, False, message, remedy)


def api(stack: Stack) -> Iterator[Finding]:
    """Check that the API answers."""
    if stack.api_error is None:
        yield Finding("api", True, "The API answers.")
        return
    message = f"{stack.api_error.message} {stack.api_error.remedy}".strip()
    yield Finding("api", False, message, stack.notify("tail", "--since", "10m"))


def _attach_policy(stack: Stack) -> str:
    policy = stack.session.deployment.outputs.get("OperatorPolicyArn", "...")
    return stack.aws("iam", "attach-user-policy", "--user-name", "...", "--policy-arn", policy)
