"""Checks of the functions: that Lambda lets them put work back on their own queues."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.stack import Resource, Stack
from notification_system.cli.formatting import pluralize

FUNCTION = "AWS::Lambda::Function"

#: The template's value. Lambda would drop a message after about sixteen calls of one chain.
ALLOW = "Allow"


def recursion(stack: Stack) -> Iterator[Finding]:
    """Check that no function is stopped by Lambda's recursive-loop detection."""
    functions = stack.of_type(FUNCTION)
    with ThreadPoolExecutor(4) as workers:
        findings = list(workers.map(lambda function: _recursion(stack, function), functions))
    problems = [finding for finding in findings if finding]
    count = pluralize(len(functions), "function")
    yield from problems or [Finding("recursion", True, f"{count}, all may call themselves.")]


def _recursion(stack: Stack, function: Resource) -> Finding | None:
    client, name = stack.client("lambda"), function.physical
    try:
        setting = client.get_function_recursion_config(FunctionName=name)["RecursiveLoop"]
    except client.exceptions.ResourceNotFoundException:
        return stack.deleted("recursion", f"The function {function.logical} was deleted.")
    if setting == ALLOW:
        return None
    words = ["lambda", "put-function-recursion-config", "--function-name", name]
    message = (
        f"{function.logical} has the setting RecursiveLoop {setting}: Lambda drops its messages as "
        "a loop, which ends paced deliveries and jobs."
    )
    return Finding("recursion", False, message, stack.aws(*words, "--recursive-loop", ALLOW))
