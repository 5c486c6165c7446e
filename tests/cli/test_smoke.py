"""The checks of `notify smoke` on answers that a healthy stack does not give."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from notification_system.attempts import Reply
from notification_system.cli.checks.finding import Finding, State
from notification_system.cli.checks.stack import Stack
from notification_system.cli.errors import CliError
from notification_system.cli.smoke import messages, repetition, runner, timing
from notification_system.cli.smoke.trial import CheckFailed, CheckSkipped, Choices, Trial

#: The due time of every notification of the fake; it has passed.
DUE = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Api:
    """An API with one notification, which is always as it was set."""

    def __init__(self, **notification: Any) -> None:
        self.created = 0
        self.requests: list[tuple[str, str]] = []
        self.notification = {
            "id": "n",
            "status": "DELIVERED",
            "created_at": DUE.isoformat(),
            "updated_at": DUE.isoformat(),
            "scheduled_delivery": DUE.isoformat(),
            "attempted_delivery": DUE.isoformat(),
            "last_error": None,
            **notification,
        }

    def __call__(self, method: str, path: str, *_: Any) -> Reply:
        """Answer a request."""
        self.requests.append((method, path))
        return Reply(200, self._answer(method, path))

    def _answer(self, method: str, path: str) -> Any:
        if path == "/target-user-records":
            return {"id": "r"}
        if path == "/notifications" and method == "POST":
            self.created += 1
            return {"items": [self.notification | {"id": f"n{self.created}"}]}
        if path.endswith("/explanation"):
            return {"next_step": "Wait."}
        if path.endswith("/cancel"):
            return {"result": "cancelled"}
        return self.notification


def trial(api: Any, *, transport: str = "ses", secret: str = "{}", **choices: Any) -> Trial:
    """Return a run against an API, with a short patience."""
    secrets = SimpleNamespace(
        get_secret_value=lambda **_: {"SecretString": secret},
        exceptions=SimpleNamespace(
            InvalidRequestException=KeyError, ResourceNotFoundException=KeyError
        ),
    )
    deployment = SimpleNamespace(
        stack="notifications",
        now=lambda: DUE,
        notify=lambda *words: " ".join(("notify", *words)),
        client=lambda _: secrets,
    )
    session: Any = SimpleNamespace(call=api, deployment=deployment)
    targets = [
        {"name": name, "notification_module_name": name.lower(), "pause": None, "state": "active"}
        for name in ("Email", "Expo", "Twilio")
    ]
    stack = Stack(session, "CREATE_COMPLETE", {"EmailTransport": transport}, [], targets)
    return Trial(stack, Choices(patience=0.01, **choices))


@pytest.mark.parametrize(
    ("late", "problem"), [(11.5, "sent 11.5 s late; the limit is 10 s"), (-0.2, "sent 0.2 s early")]
)
def test_a_notification_that_is_late_or_early_fails(late: float, problem: str) -> None:
    attempted = (DUE + timedelta(seconds=late)).isoformat()

    with pytest.raises(CheckFailed) as failed:
        list(timing.dispatched(trial(Api(attempted_delivery=attempted))))

    assert problem in failed.value.message
    assert "was enqueued by the dispatcher" in failed.value.message


def test_a_cancelled_notification_that_was_sent_fails() -> None:
    with pytest.raises(CheckFailed, match="is DELIVERED; expected was CANCELLED"):
        list(timing.cancelled(trial(Api())))


def test_a_repeated_request_that_creates_another_notification_fails() -> None:
    with pytest.raises(CheckFailed, match="a retry would send twice"):
        list(repetition.repeated(trial(Api())))


def test_a_notification_that_is_never_sent_fails_with_its_error_and_the_next_step() -> None:
    error = {"code": "20003", "message": "Authenticate", "class": "configuration"}

    with pytest.raises(CheckFailed) as failed:
        list(messages.delivery(trial(Api(status="RETRY", last_error=error))))

    assert failed.value.message == (
        "The notification is RETRY after 0 s; expected was DELIVERED. 20003: Authenticate. Wait."
    )


def test_an_sms_is_sent_only_to_a_number_that_was_given() -> None:
    api = Api()

    with pytest.raises(CheckSkipped, match="--sms NUMBER"):
        list(messages.sms(trial(api)))
    assert api.requests == []


def test_test_credentials_of_twilio_report_no_delivery_and_real_ones_have_to() -> None:
    sent = Api(status="SENT")
    tests_only = trial(sent, sms="+15551230042", secret='{"from": "+15005550006"}')
    real = trial(sent, sms="+15551230042", secret='{"from": "+15551234567"}')

    [finding] = messages.sms(tests_only)
    with pytest.raises(CheckFailed, match="is SENT after 0 s; expected was DELIVERED"):
        list(messages.sms(real))

    assert "test credentials" in finding.message


def test_without_ses_nothing_is_sent_to_its_mailbox_simulator() -> None:
    api = Api()

    with pytest.raises(CheckSkipped, match="SMTP server"):
        list(messages.bounce(trial(api, transport="smtp")))
    assert api.requests == []


def test_a_paused_target_fails_at_once_with_the_command_that_resumes_it() -> None:
    paused = trial(Api())
    paused.stack.targets[1]["pause"] = {"by": "person", "reason": "a storm", "code": None}

    with pytest.raises(CheckFailed, match="Expo is paused by a person: a storm") as failed:
        list(messages.push(paused))

    assert failed.value.remedy == "notify resume Expo"


def names_of(checks: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> frozenset[str]:
    """Let the runner have these checks only."""
    monkeypatch.setattr(runner, "LIVE", checks)
    return frozenset(checks)


def test_the_failure_of_one_check_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_trial: Trial) -> Iterator[Finding]:
        yield Finding("first", True, "Done.")
        raise CliError("The API answered 500.", "Try again.")

    def well(_trial: Trial) -> Iterator[Finding]:
        yield Finding("well", True, "Done.")

    names = names_of({"refused": refused, "well": well}, monkeypatch)

    found = {finding.check: finding for finding in runner.run(trial(Api()), names)}

    assert {check: finding.state for check, finding in found.items()} == {
        "first": State.PASSED,
        "well": State.PASSED,
        "refused": State.FAILED,
    }
    assert found["refused"].message == "The API answered 500. Try again."


def test_a_bug_in_a_check_is_not_a_fault_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_trial: Trial) -> Iterator[Finding]:
        raise KeyError("status")
        yield

    names = names_of({"broken": broken}, monkeypatch)

    with pytest.raises(KeyError, match="status"):
        list(runner.run(trial(Api()), names))


def test_a_run_that_is_closed_stops_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(run: Trial) -> Iterator[Finding]:
        yield Finding("waits", True, "It has begun.")
        run.sleep(3600)

    names = names_of({"waits": waits}, monkeypatch)
    found = runner.run(trial(Api()), names)

    next(found)
    found.close()

    assert list(found) == []


def test_without_the_api_nothing_is_sent() -> None:
    api = Api()
    silent = trial(api)
    object.__setattr__(silent.stack, "api_error", CliError("The API answered 500."))

    found = list(runner.run(silent, frozenset({"delivery"})))

    assert [(finding.check, finding.state) for finding in found] == [("delivery", State.SKIPPED)]
    assert api.requests == []
