"""New times for a notification that waits, entered in the zone of the viewer."""

from notification_core.domain.audit import AuditAction
from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.notification import Notification
from notification_core.entrypoints.console.call import NOTICE, Call
from notification_core.entrypoints.console.local_times import local_moment, zone_of
from notification_core.entrypoints.console.pages.notification import subject_of
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.console.auditing import audited
from notification_core.usecases.sending.change import ChangeResult, change_notification
from notification_core.usecases.sending.changed_content import Changes

#: What the page says to each result, by the keys of `notices`.
NOTICES = {
    ChangeResult.CHANGED: "changed",
    ChangeResult.UNCHANGED: "unchanged",
    ChangeResult.TOO_LATE: "too_late_to_change",
    ChangeResult.ALREADY_FINAL: "already_final",
}

#: What the form calls the fields of the API.
LABELS = {"scheduled_delivery": "New time", "deliver_before": "No later than"}


def submit(call: Call) -> Response:
    """Move a notification, or change its latest time; the page says the result.

    Raises:
        NotFound: no notification has this id.
        InvalidInput: no time was entered, or it cannot be sent then.
        OptedOut: the user has opted out of it.
        BeingErased: the user is being erased.
        UnknownModule: its target is not deployed.
    """
    changes, notification_id = _changes(call), call.parameters["id"]
    subject = subject_of(notification_id)
    with audited(
        call.console, call.session, AuditAction.RESCHEDULE, subject, call.field("reason")
    ) as change:
        try:
            result, notification = change_notification(
                call.ports, notification_id, changes, call.by
            )
        except InvalidInput as error:
            raise _in_words_of_the_form(error) from error
        change.outcome = _outcome(result, notification)
    return call.redirect(f"/notifications/{notification_id}", **{NOTICE: NOTICES[result]})


def _changes(call: Call) -> Changes:
    """Return the times that were entered. Raises InvalidInput."""
    zone = zone_of(call.field("time_zone"))
    changes: Changes = {}
    if text := call.field("scheduled_delivery"):
        changes["scheduled_delivery"] = local_moment(text, zone, LABELS["scheduled_delivery"])
    if text := call.field("deliver_before"):
        changes["deliver_before"] = local_moment(text, zone, LABELS["deliver_before"])
    if not changes:
        raise InvalidInput("Enter a time. Nothing was changed.")
    return changes


def _in_words_of_the_form(error: InvalidInput) -> InvalidInput:
    """Return an error with the labels of the form in place of the API's names."""

    def worded(text: str) -> str:
        for name, label in LABELS.items():
            text = text.replace(name, f'"{label}"')
        return text

    if not error.fields:
        return error
    return InvalidInput.listing(
        FieldError(worded(field.field), worded(field.message)) for field in error.fields
    )


def _outcome(result: ChangeResult, notification: Notification) -> str:
    if result is not ChangeResult.CHANGED or notification.due_at is None:
        return result.value
    return f"{result.value}: due at {notification.due_at:%Y-%m-%d %H:%M:%S} UTC"
