"""Checks of the schedule: a notification is sent at its time, and a cancelled one is not."""

from collections.abc import Iterator
from datetime import timedelta

from notification_system.cli.checks.finding import Finding
from notification_system.cli.smoke.messages import mailbox
from notification_system.cli.smoke.trial import (
    CheckFailed,
    Trial,
    passed,
    seconds_between,
)

#: The API itself puts a notification that is due so soon on the queue, with a delay.
QUEUED = timedelta(seconds=70)

#: The dispatcher enqueues a notification that is due later. A test holds this above the limit.
DISPATCHED = timedelta(seconds=120)

#: The longest wait between the due time and the attempt, in seconds: the limit of the alarm
#: `<stack>-email-lateness`.
LATEST = 10.0


def scheduled(trial: Trial) -> Iterator[Finding]:
    """A notification that is due in 70 s waits on the queue, and is sent at its time."""
    yield _on_time(trial, "scheduled", QUEUED, "waited on the queue")


def dispatched(trial: Trial) -> Iterator[Finding]:
    """A notification that is due later is enqueued by the dispatcher."""
    yield _on_time(trial, "dispatched", DISPATCHED, "was enqueued by the dispatcher")


def _on_time(trial: Trial, check: str, ahead: timedelta, way: str) -> Finding:
    notification = trial.send(mailbox(trial, "success"), check, ahead=ahead)
    _wait_until_due(trial, notification["scheduled_delivery"])
    stored = trial.expect(notification, "SENT", "DELIVERED")
    late = seconds_between(stored["scheduled_delivery"], stored["attempted_delivery"])
    if not 0 <= late <= LATEST:
        problem = f"{late:.1f} s late" if late > 0 else f"{-late:.1f} s early"
        message = f"A notification that {way} was sent {problem}; the limit is {LATEST:.0f} s."
        raise CheckFailed(message, trial.stack.notify("tail", "--since", "10m"))
    waited = f"{ahead.total_seconds():.0f} s"
    return passed(check, f"A notification due in {waited} {way}: sent {late:.1f} s late.")


def cancelled(trial: Trial) -> Iterator[Finding]:
    """A cancelled notification is not sent, although its message is on the queue."""
    notification = trial.send(mailbox(trial, "success"), "cancelled", ahead=QUEUED)
    result = trial.call("POST", f"/notifications/{notification['id']}/cancel").body["result"]
    if result != "cancelled":
        message = f"A notification that waits could not be cancelled: {result}."
        raise CheckFailed(message, trial.stack.notify("tail", "--since", "10m"))
    _wait_until_due(trial, notification["scheduled_delivery"])
    trial.sleep(1)  # its message arrives at the due time
    stored = trial.read(notification)
    if stored["status"] != "CANCELLED" or stored["attempted_delivery"]:
        raise trial.unexpected(stored, "CANCELLED")
    yield passed("cancelled", "A cancelled notification was not sent at its time.")


def _wait_until_due(trial: Trial, due: str) -> None:
    """Wait for a time by the deployment's clock, which may be moved meanwhile."""
    now = trial.stack.session.deployment.now
    while (left := seconds_between(now().isoformat(), due)) > 0:
        trial.sleep(min(left, 1.0))
