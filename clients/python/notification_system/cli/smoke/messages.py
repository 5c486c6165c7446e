"""Checks that send: e-mails to SES's mailbox simulator, a push to a dead token, an SMS.

The mailbox simulator answers as a recipient's server would, also in the sandbox, and its bounces
and complaints do not count for the account's reputation (Amazon SES Developer Guide, "Using the
mailbox simulator"). The label behind the plus makes the address unique to this run.
"""

from collections.abc import Iterator
from typing import Any

from notification_system.cli.checks.credentials import deployed_secret
from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.mail import uses_ses
from notification_system.cli.smoke.trial import (
    CheckFailed,
    CheckSkipped,
    Trial,
    passed,
    seconds_between,
)
from notification_system.requests import path_of

#: A token that no device has. Expo's documentation uses it as an example.
DEAD_TOKEN = "ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]"  # noqa: S105 - no credential

#: Twilio's sender of the test credentials, which send nothing and report nothing.
#: Source: twilio.com/docs/iam/test-credentials
TWILIO_TEST_SENDER = "+15005550006"


#: The category of the message that is complained about: a complaint opts out of its category.
COMPLAINT = "smoke-complaint"


def mailbox(trial: Trial, kind: str) -> dict[str, Any]:
    """Register an address of SES's mailbox simulator. Raises CheckSkipped without SES."""
    if not uses_ses(trial.stack):
        raise CheckSkipped("E-mail is sent through an SMTP server; the mailbox simulator is SES's.")
    label = trial.user.rpartition("-")[2]
    return trial.register("email", f"{kind}+{label}@simulator.amazonses.com")


def delivery(trial: Trial) -> Iterator[Finding]:
    """An e-mail is sent, and SES's event confirms its delivery."""
    stored = trial.expect(trial.send(mailbox(trial, "success"), "delivery"), "DELIVERED")
    seconds = seconds_between(stored["created_at"], stored["updated_at"])
    yield passed("delivery", f"An e-mail was sent and confirmed as delivered in {seconds:.1f} s.")


def bounce(trial: Trial) -> Iterator[Finding]:
    """A bounce ends its notification, and deactivates the address."""
    record = mailbox(trial, "bounce")
    stored = trial.expect(trial.send(record, "bounce"), "INACTIVE DEVICE")
    if trial.call("GET", f"/target-user-records/{record['id']}").body["active"]:
        message = "The bounce was recorded, but its address is still active."
        raise CheckFailed(message, trial.stack.notify("tail", "--since", "10m"))
    code = (stored["last_error"] or {}).get("code")
    yield passed("bounce", f"A bounce deactivated the address ({code}).")


def complaint(trial: Trial) -> Iterator[Finding]:
    """A complaint opts the user out of the message's category."""
    notification = trial.send(mailbox(trial, "complaint"), "complaint", category=COMPLAINT)
    trial.expect(notification, "DELIVERED", "OPTED OUT")
    path = path_of("/opt-outs/{}", trial.user)
    stored = trial.wait(lambda: trial.find(path), _has_complaint)
    if not _has_complaint(stored):
        message = (
            f"The complaint was not recorded within {trial.choices.patience:.0f} s: SES's event "
            "did not arrive, or could not be processed."
        )
        raise CheckFailed(message, trial.stack.notify("tail", "--since", "10m"))
    yield passed("complaint", f"A complaint opted the user out of the category {COMPLAINT}.")


def _has_complaint(opt_out: Any) -> bool:
    return any(entry["source"] == "complaint" for entry in (opt_out or {}).get("entries", ()))


def push(trial: Trial) -> Iterator[Finding]:
    """Expo refuses a token that no device has, and the address is deactivated."""
    record = trial.register("expo", DEAD_TOKEN)
    stored = trial.expect(trial.send(record, "push"), "INACTIVE DEVICE")
    code = (stored["last_error"] or {}).get("code")
    yield passed("push", f"Expo answered, and a dead token was deactivated ({code}).")


def sms(trial: Trial) -> Iterator[Finding]:
    """An SMS is sent to the number that the user named, and Twilio reports its delivery."""
    number = trial.choices.sms
    if number is None:
        raise CheckSkipped("No SMS was sent. Pass --sms NUMBER to send one to your phone.")
    record = trial.register("twilio", number)
    tests_only = deployed_secret(trial.stack, "twilio").get("from") == TWILIO_TEST_SENDER
    expected = ("DELIVERED", "SENT") if tests_only else ("DELIVERED",)
    stored = trial.expect(trial.send(record, "sms"), *expected)
    if stored["status"] == "DELIVERED":
        yield passed("sms", "An SMS was sent, and Twilio reported its delivery.")
    else:
        yield passed("sms", "Twilio accepted an SMS. Its test credentials report no delivery.")
