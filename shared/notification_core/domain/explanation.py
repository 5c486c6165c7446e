"""Explanations of a notification's status: each decision in plain words, and the next step."""

from dataclasses import dataclass
from datetime import datetime

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import is_opted_out
from notification_core.domain.attribution import in_words, of_statement
from notification_core.domain.consent import ConsentEntry, OptOut
from notification_core.domain.consent_scopes import EVERYTHING, scopes_covering
from notification_core.domain.explanation_texts import (
    ACT_JOINT,
    ACTS,
    CONNECTION_FAILURES,
    INACTIVE_WHILE_WAITING,
    JOINTS,
    REASON,
    REMEDIES,
    RESUMPTION,
    TEMPLATE_REMEDY,
    WORDS,
    cause_of,
)
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.redaction import shortened
from notification_core.domain.status import Status
from notification_core.domain.timeline import TEMPLATE_ERROR, EventKind, TimelineEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about a notification, or one condition that applies now."""

    at: datetime | None  #: None for a condition that applies now
    topic: str  #: consent, record, schedule, attempt, receipt, target or end
    message: str
    code: str = ""
    docs_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The status of a notification with all decisions, in order."""

    id: str
    status: Status
    address: str | None  #: shortened
    decisions: list[Decision]
    next_step: str


def explain_notification(
    notification: Notification,
    record: TargetUserRecord | None,
    opt_out: OptOut | None,
    module: Module | None,
    now: datetime,
) -> Explanation:
    """Explain a notification by its timeline and by the conditions that apply now."""
    decisions = [
        _consent(notification, opt_out, module),
        _record(record, module),
        _schedule(notification),
        *(_event(entry, notification, module, opt_out) for entry in notification.timeline),
        *_awaited(notification, now),
    ]
    if (paused := _paused(module)) is not None:
        decisions.append(paused)
    return Explanation(
        id=notification.id,
        status=notification.status,
        address=shortened(record.target_user_id) if record else None,
        decisions=decisions,
        next_step=_remedy(notification, record, opt_out, module, now),
    )


def _event(
    entry: TimelineEvent, notification: Notification, module: Module | None, opt_out: OptOut | None
) -> Decision:
    topic, message = WORDS[entry.event]
    joint = JOINTS.get(entry.event, REASON)
    row = module.errors.rows.get(entry.code) if module else None
    detail = CONNECTION_FAILURES.get(entry.code) or ": ".join(
        text.rstrip(".") for text in (row.description if row else "", entry.detail) if text
    )
    if entry.by and entry.event in ACTS:
        message, joint = f"{_sentence_start(in_words(entry.by))} {ACTS[entry.event]}", ACT_JOINT
    elif entry.event is EventKind.OPTED_OUT and (by := _opted_out_by(entry, notification, opt_out)):
        message = f"{message}, by {by}"
    return Decision(
        at=entry.at,
        topic=topic,
        message=f"{message}{joint}{detail}." if detail else f"{message}.",
        code=entry.code,
        docs_url=module.errors.link(entry.code) if module and entry.code else None,
    )


def _sentence_start(who: str) -> str:
    """Return a name as the beginning of a sentence; that of a person stays as it is."""
    return f"The {who.removeprefix('the ')}" if who.startswith("the ") else who


def _opted_out_by(entry: TimelineEvent, notification: Notification, opt_out: OptOut | None) -> str:
    """Return who made the opt-out that ended a notification; an empty string if it is unknown."""
    scopes = scopes_covering(notification.target, notification.category)
    statements = [
        statement
        for statement in (opt_out.entries if opt_out else ())
        if statement.active and statement.scope in scopes and statement.at <= entry.at
    ]
    return in_words(of_statement(statements[-1])) if statements else ""


def _awaited(notification: Notification, now: datetime) -> list[Decision]:
    """Explain how long a confirmation is awaited; the end of that wait is not stored."""
    until = notification.awaited_until
    if until is None:
        return []
    if now < until:
        message = f"The provider is expected to report by {_iso(until)} whether it arrived."
        return [Decision(at=None, topic="receipt", message=message)]
    _, message = WORDS[EventKind.UNCONFIRMED]
    return [Decision(at=until, topic="receipt", message=f"{message}.")]


def _consent(notification: Notification, opt_out: OptOut | None, module: Module | None) -> Decision:
    if module is not None and module.is_mandatory(notification.category):
        message = f"The category {notification.category} is mandatory: opt-outs do not apply to it."
    elif opt_out is None:
        message = "The user has not opted out of this."
    elif opt_out.covers(notification.target, notification.category):
        texts = [_opt_out(entry) for entry in opt_out.entries if entry.scope in opt_out.scopes]
        message = f"The user has opted out: {'; '.join(texts)}."
    elif ended := _ended_opt_outs(opt_out, notification):
        texts = [_opt_out(entry) for entry in ended]
        message = f"The user opted out after it was created, and in again: {'; '.join(texts)}."
    else:
        message = "The user has not opted out of this."
    return Decision(at=None, topic="consent", message=message)


def _ended_opt_outs(opt_out: OptOut, notification: Notification) -> list[ConsentEntry]:
    target, category = notification.target, notification.category
    return opt_out.opted_out_since(target, category, notification.created_at)


def _opt_out(entry: ConsentEntry) -> str:
    kind, _, name = entry.scope.partition(":")
    of = "of everything" if entry.scope == EVERYTHING else f"of the {kind} {name}"
    return f"{of}, by {in_words(of_statement(entry)) or 'the API'}, at {_iso(entry.at)}"


def _record(record: TargetUserRecord | None, module: Module | None) -> Decision:
    if record is None:
        message, code = "The target user record was deleted.", ""
    elif record.active:
        strikes = f", with {record.strikes} strikes" if record.strikes else ""
        message, code = f"The address {shortened(record.target_user_id)} is active{strikes}.", ""
    elif record.deactivation is None:
        message, code = f"The address {shortened(record.target_user_id)} was deactivated.", ""
    else:
        off = record.deactivation
        message, code = (
            f"The address was deactivated at {_iso(off.at)}: {off.reason.rstrip('.')}.",
            off.code,
        )
    docs_url = module.errors.link(code) if module and code else None
    return Decision(at=None, topic="record", message=message, code=code, docs_url=docs_url)


def _schedule(notification: Notification) -> Decision:
    message = f"Scheduled for {_iso(notification.scheduled_delivery)}"
    if notification.deliver_before is not None:
        message += f", and no later than {_iso(notification.deliver_before)}"
    failed, allowed = notification.retry_attempts, notification.max_retries
    message += "."
    if failed or notification.is_waiting:
        message += f" {failed} of {allowed} attempts failed."
    if notification.due_at is not None:
        message += f" It is due next at {_iso(notification.due_at)}."
    return Decision(at=None, topic="schedule", message=message)


def _paused(module: Module | None) -> Decision | None:
    pause = module.pause if module else None
    if module is None or pause is None:
        return None
    reason = f": {pause.reason.rstrip('.')}" if pause.reason else ""
    message = f"The target has been paused since {_iso(pause.since)}, {cause_of(pause)}{reason}."
    docs_url = module.errors.link(pause.code) if pause.code else None
    return Decision(at=None, topic="target", message=message, code=pause.code, docs_url=docs_url)


def _remedy(
    notification: Notification,
    record: TargetUserRecord | None,
    opt_out: OptOut | None,
    module: Module | None,
    now: datetime,
) -> str:
    if notification.is_waiting:
        return _next_step_while_waiting(notification, record, opt_out, module, now)
    error = notification.last_error
    if error is not None and error.code == TEMPLATE_ERROR:
        return TEMPLATE_REMEDY
    return REMEDIES[notification.status]


def _next_step_while_waiting(
    notification: Notification,
    record: TargetUserRecord | None,
    opt_out: OptOut | None,
    module: Module | None,
    now: datetime,
) -> str:
    if module is None:
        return "Deploy the target's handler again."
    if module.pause is not None:
        return RESUMPTION[module.pause.by]
    if is_opted_out(opt_out, notification, module):
        if opt_out is not None and not opt_out.covers(notification.target, notification.category):
            return "It will end as OPTED OUT, as it was created before the opt-out; send a new one."
        return "It will end as OPTED OUT: only the user can change that."
    if record is None or not record.active:
        return INACTIVE_WHILE_WAITING
    due = notification.due_at
    waits = due is not None and due > now
    return (
        f"It will be sent at {_iso(due)}." if due and waits else "It will be sent any moment now."
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
