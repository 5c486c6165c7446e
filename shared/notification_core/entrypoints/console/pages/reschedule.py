"""New times for a notification that waits, entered in the zone of the viewer."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from notification_core.domain.audit import AuditAction
from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.notification import Notification
from notification_core.domain.user_settings import check_time_zone
from notification_core.entrypoints.console.call import NOTICE, Call
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

#: What a browser sends for a field of the type `datetime-local`.
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?", re.ASCII)


def submit(call: Call) -> Response:
    """Move a notification, or change its latest time; the page says the result.

    Raises:
        NotFound: no notification has this id.
        InvalidInput: no time was entered, or it cannot be sent then.
        OptedOut: the user has opted out of it.
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
    zone_name = call.field("time_zone") or "UTC"
    check_time_zone(zone_name)
    zone = ZoneInfo(zone_name)
    changes: Changes = {}
    if text := call.field("scheduled_delivery"):
        changes["scheduled_delivery"] = _moment(text, zone, LABELS["scheduled_delivery"])
    if text := call.field("deliver_before"):
        changes["deliver_before"] = _moment(text, zone, LABELS["deliver_before"])
    if not changes:
        raise InvalidInput("Enter a time. Nothing was changed.")
    return changes


def _moment(text: str, zone: ZoneInfo, label: str) -> datetime:
    """Return a time of a clock in a zone; the earlier one if the clocks show it twice.

    Raises:
        InvalidInput: it is not a time, or the clocks skip it.
    """
    try:
        shown = datetime.fromisoformat(text) if _LOCAL_TIME.fullmatch(text) else None
        moment = shown and shown.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the month 13, or before the year 1 in UTC
        shown = moment = None
    if shown is None or moment is None:
        raise InvalidInput.of(label, "is not a time such as 2026-01-31T09:30")
    if moment.astimezone(zone).replace(tzinfo=None) != shown:
        raise InvalidInput.of(label, f"does not exist in {zone.key}, because the clocks skip it")
    return moment


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
