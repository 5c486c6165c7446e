"""Checks of the idempotency key: a repeated request sends nothing new."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

from notification_system.attempts import Reply
from notification_system.cli.checks.finding import Finding
from notification_system.cli.errors import from_api_error
from notification_system.cli.smoke.messages import mailbox
from notification_system.cli.smoke.trial import CheckFailed, CheckSkipped, Stopped, Trial, passed
from notification_system.errors import ApiError

#: Due so late that the run ends before, and its user is erased.
LATER = timedelta(hours=1)

#: Seconds for which the sessions of the role are valid, the shortest that AWS grants.
SESSION = 900


def repeated(trial: Trial) -> Iterator[Finding]:
    """A request that is repeated with its idempotency key creates nothing."""
    request = trial.request_to(mailbox(trial, "success"), "repeated", ahead=LATER)
    headers = {"Idempotency-Key": f"{trial.user}-repeated"}
    first = trial.call("POST", "/notifications", request, headers)
    second = trial.call("POST", "/notifications", request, headers)
    _compare(trial, first, second, "A repeated request")
    yield passed("repeated", "A request that was repeated with its key created nothing.")


def second_session(trial: Trial) -> Iterator[Finding]:
    """The key also holds for another session of the role that used it."""
    role = trial.choices.role
    if role is None:
        raise CheckSkipped(
            "Pass --role ARN to repeat a request from a second session of a role that may call the "
            "API."
        )
    request = trial.request_to(mailbox(trial, "success"), "second session", ahead=LATER)
    headers = {"Idempotency-Key": f"{trial.user}-session"}
    first, second = (_call_as_role(trial, role, request, headers) for _ in range(2))
    _compare(trial, first, second, "A request that a second session of the role repeated")
    yield passed("second session", "A second session of the role repeated a request: nothing new.")


def _call_as_role(trial: Trial, role: str, request: Any, headers: dict[str, str]) -> Reply:
    from botocore.credentials import Credentials  # noqa: PLC0415 - slow to import

    if trial.stopped.is_set():
        raise Stopped
    session = trial.stack.client("sts").assume_role(
        RoleArn=role, RoleSessionName=f"smoke-{uuid4().hex[:12]}", DurationSeconds=SESSION
    )
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    key = Credentials(*(session["Credentials"][name] for name in names))
    with trial.stack.session.deployment.api(key) as client:
        try:
            return client.exchange("POST", "/notifications", request, headers=headers)
        except ApiError as error:
            raise from_api_error(error) from error


def _compare(trial: Trial, first: Reply, second: Reply, what: str) -> None:
    """Raise CheckFailed unless the second response has the notifications of the first."""
    ids = [{item["id"] for item in reply.body["items"]} for reply in (first, second)]
    if ids[0] != ids[1]:
        message = f"{what} created another notification, so a retry would send twice."
        raise CheckFailed(message, trial.stack.notify("list", "--user", trial.user))
