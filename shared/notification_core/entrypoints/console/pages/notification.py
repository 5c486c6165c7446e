"""The page of one notification: why it is as it is, and what can be done about it now."""

from http import HTTPStatus

from notification_content.markup import is_html
from notification_core.domain.attempt_policy import is_opted_out
from notification_core.domain.audit import AuditAction
from notification_core.domain.explanation_texts import INACTIVE_WHILE_WAITING, REMEDIES
from notification_core.domain.redrive import SkipReason, skipped
from notification_core.domain.status import FAILED, Status
from notification_core.entrypoints.console.call import NOTICE, Call
from notification_core.entrypoints.console.pages.find import target_names
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.console.auditing import audited
from notification_core.usecases.console.auditing import unmask as log_and_unmask
from notification_core.usecases.queries.explain import ExplainedNotification, explain_in_full
from notification_core.usecases.queries.listing import get_stored_notification
from notification_core.usecases.queries.texts import with_texts
from notification_core.usecases.sending import cancel as cancelling
from notification_core.usecases.sending.redrive import Redrive, redrive

#: In these statuses the page begins with what happened last, which is why it was not delivered.
ENDED_BADLY = FAILED | {Status.OPTED_OUT, Status.EXPIRED, Status.CANCELLED}

#: Why a failed notification cannot be retried now.
BLOCKED = {
    SkipReason.OPTED_OUT: "The user has opted out, so it cannot be retried.",
    SkipReason.NO_ACTIVE_RECORD: "Its address is inactive or deleted, so it cannot be retried.",
    SkipReason.EXPIRED: "The latest time to send it has passed; send a new one.",
    SkipReason.UNDEPLOYED: "The target's handler is no longer deployed.",
}


#: The next step in the words of the console, where the explanation names fields of the API.
INACTIVE = (
    "Ask the customer for the right address. An operator can use this one again on the user's page."
)
DELETED = "Its address was deleted. Ask the customer for the right address, and send a new one."
ACTIVE_AGAIN = "Its address is active again: retry it."
POSSIBLY_SENT = "It may have been sent. Ask the recipient; a retry may deliver a duplicate."


def subject_of(notification_id: str) -> str:
    """Return what the audit log calls a notification."""
    return f"notification {notification_id}"


def show(call: Call) -> Response:
    """Show the explanation, the timeline, the content if it is unmasked, and the actions."""
    explained = explain_in_full(call.ports, call.parameters["id"])
    notification = explained.notification
    unmasked = call.may("unmask") and call.session.unmasks(subject_of(notification.id), call.now)
    content = with_texts(call.ports, [notification])[0].content if unmasked else None
    decisions = explained.explanation.decisions
    timeline = [decision for decision in decisions if decision.at is not None]
    return call.page(
        "notification.html",
        f"Notification {notification.id[:8]}",
        status=HTTPStatus.OK,
        notification=notification,
        record=explained.record,
        explanation=explained.explanation,
        conditions=[decision for decision in decisions if decision.at is None],
        timeline=timeline,
        reason=timeline[-1] if timeline and notification.status in ENDED_BADLY else None,
        content=content,
        is_html=content is not None and is_html(content.body),
        target=target_names(call).get(notification.target, notification.target),
        is_over=notification.is_final and not notification.is_awaited(call.now),
        next_step=_next_step(explained),
        is_paused=explained.module is not None and explained.module.pause is not None,
        is_changeable=_is_changeable(explained),
        is_retry=notification.status is Status.RETRY,
        is_failed=notification.status in FAILED,
        is_uncertain=notification.possibly_sent_before,
        blocked=_blocked(call, explained),
    )


def _next_step(explained: ExplainedNotification) -> str:
    """Return the next step in the words of the console, which has no fields of the API."""
    record, next_step = explained.record, explained.explanation.next_step
    if next_step == INACTIVE_WHILE_WAITING:
        advice = DELETED if record is None else INACTIVE
        return f"It will end as INACTIVE DEVICE. {advice}"
    if next_step == REMEDIES[Status.INACTIVE_DEVICE]:
        if record is None:
            return DELETED
        return ACTIVE_AGAIN if record.active else INACTIVE
    return POSSIBLY_SENT if next_step == REMEDIES[Status.UNKNOWN] else next_step


def _is_changeable(explained: ExplainedNotification) -> bool:
    """Whether a change would be accepted now."""
    notification, module = explained.notification, explained.module
    if not notification.is_waiting or module is None:
        return False
    return not is_opted_out(explained.opt_out, notification, module)


def _blocked(call: Call, explained: ExplainedNotification) -> str:
    """Return why it cannot be retried; empty if it can, or if it has not failed."""
    if explained.notification.status not in FAILED:
        return ""
    reason = skipped(
        explained.notification,
        explained.opt_out,
        explained.record,
        explained.module,
        call.now,
        include_uncertain=True,
    )
    return BLOCKED[reason] if reason is not None else ""


def unmask(call: Call) -> Response:
    """Show address and content in full for five minutes, in this session."""
    notification_id = get_stored_notification(call.ports, call.parameters["id"]).id
    log_and_unmask(call.console, call.session, subject_of(notification_id), call.field("reason"))
    return _back(call, "unmasked")


def cancel(call: Call) -> Response:
    """Cancel it."""
    subject = subject_of(call.parameters["id"])
    with audited(
        call.console, call.session, AuditAction.CANCEL, subject, call.field("reason")
    ) as change:
        result, _ = cancelling.cancel(call.ports, call.parameters["id"], call.by)
        change.outcome = result.value
    return _back(call, result.value)


def retry(call: Call) -> Response:
    """Retry it, by a job."""
    notification_id = get_stored_notification(call.ports, call.parameters["id"]).id
    request = Redrive(
        ids=[notification_id], include_uncertain=call.field("include_uncertain") == "yes"
    )
    subject = subject_of(notification_id)
    with audited(
        call.console, call.session, AuditAction.RETRY, subject, call.field("reason")
    ) as change:
        change.job = redrive(call.ports, request, call.by).id
        change.outcome = "started a job"
    return call.redirect(f"/jobs/{change.job}")


def _back(call: Call, notice: str) -> Response:
    return call.redirect(f"/notifications/{call.parameters['id']}", **{NOTICE: notice})
