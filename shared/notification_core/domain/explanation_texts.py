"""The texts of an explanation: for statuses, pauses and timeline events."""

from collections.abc import Mapping

from notification_core.domain.attribution import in_words
from notification_core.domain.modules import Pause, PausedBy
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind

#: The next step for each status in which a notification does not wait for its due time.
REMEDIES: Mapping[Status, str] = {
    Status.SENDING: "It is being sent at this moment.",
    Status.SENT: "It was sent; the provider may still report whether it arrived.",
    Status.DELIVERED: "It was delivered; there is nothing to do.",
    Status.UNKNOWN: (
        "It may have been sent. Ask the recipient; to risk a duplicate, retry it with"
        " include_uncertain."
    ),
    Status.OPTED_OUT: "Only the user can change that; once the opt-out ends, send a new one.",
    Status.INACTIVE_DEVICE: (
        "Correct the address, or set the record's active to true, and retry it."
    ),
    Status.DELIVERY_FAILURE: "Fix the problem that the code names, and retry it.",
    Status.EXPIRED: "It will not be sent; send a new one if it is still wanted.",
    Status.CANCELLED: "It will not be sent; send a new one if it is still wanted.",
}

#: The next step for a notification that waits although its address is inactive or deleted.
INACTIVE_WHILE_WAITING = (
    "It will end as INACTIVE DEVICE; set the record's active to true before its time."
)

#: The next step for a notification whose template failed, which keeps its version.
TEMPLATE_REMEDY = (
    "It keeps the version of its template: publish a corrected version and send a new one. Retry"
    " it only if the cause was outside the template."
)

CAUSES: Mapping[PausedBy, str] = {
    PausedBy.PERSON: "by a person",
    PausedBy.FAULT: "because the provider rejects our requests",
    PausedBy.REPORTS: "because recipients' servers refuse our sender",
}
RESUMPTION: Mapping[PausedBy, str] = {
    PausedBy.PERSON: "Resume the target when the reason is gone.",
    PausedBy.FAULT: "Fix the problem that the code names; a successful probe resumes the target.",
    PausedBy.REPORTS: "Fix the problem that the code names, and resume the target.",
}

#: Why an attempt ended without a provider's response, by the code that the system gives it.
CONNECTION_FAILURES: Mapping[str, str] = {
    "connection-cut": "the connection was cut before the provider responded",
    "read-timeout": "the provider did not respond in time",
    "not-connected": "no connection to the provider could be made",
    "invalid-url": "the URL is not valid",
}

#: The topic and the message of each timeline event.
WORDS: Mapping[str, tuple[str, str]] = {
    EventKind.SCHEDULED: ("schedule", "Accepted from the caller and scheduled"),
    EventKind.CLAIMED: ("attempt", "A consumer claimed it to send it"),
    EventKind.SENT: ("attempt", "The provider accepted it; its delivery is not confirmed yet"),
    EventKind.DELIVERED: ("receipt", "Delivered, as far as the provider can tell"),
    EventKind.RETRY: ("attempt", "It was not sent, and will be retried"),
    EventKind.POSTPONED: (
        "attempt",
        "It was not sent, and will be retried; the attempt does not count",
    ),
    EventKind.POSSIBLY_SENT: (
        "attempt",
        "It is unknown whether it was sent; it will be retried, so one duplicate is possible",
    ),
    EventKind.UNKNOWN: (
        "end",
        "It is unknown whether it was sent; it will not be retried, to avoid a duplicate",
    ),
    EventKind.REDRIVEN: ("attempt", "It had failed, and will be retried"),
    EventKind.DEAD_LETTER: ("end", "Its queue message could not be processed and was given up"),
    EventKind.DELAYED: ("receipt", "The provider is still trying to deliver it"),
    EventKind.UNDELIVERED: ("receipt", "The provider could not deliver one of its messages"),
    EventKind.PROBED: (
        "attempt",
        "It was sent to test the paused target, which still fails; the attempt does not count",
    ),
    EventKind.RETURNED: ("receipt", "It bounced after it had been delivered"),
    EventKind.COMPLAINT: ("consent", "The recipient marked it as spam, which is an opt-out"),
    EventKind.UNCONFIRMED: ("receipt", "It was sent, and its delivery will not be confirmed"),
    EventKind.DELIVERY_FAILURE: ("end", "It cannot be delivered, and will not be retried"),
    EventKind.INACTIVE_DEVICE: ("record", "Its address is invalid, inactive or deleted"),
    EventKind.OPTED_OUT: ("consent", "The user has opted out of it"),
    EventKind.EXPIRED: ("schedule", "Its deliver_before passed before it could be sent"),
    EventKind.CANCELLED: ("end", "The caller cancelled it in time"),
    EventKind.CHANGED: ("schedule", "The caller changed it"),
    EventKind.IMPORTED: ("schedule", "It was imported from another system"),
}

#: What somebody did, behind their name: for events of which it can be known who it was.
ACTS: Mapping[str, str] = {
    EventKind.CANCELLED: "cancelled it in time",
    EventKind.CHANGED: "changed it",
    EventKind.REDRIVEN: "retried it after it had failed",
    EventKind.POSSIBLY_SENT: (
        "retried it although it may have been sent, so one duplicate is possible"
    ),
}

#: What comes before the detail of an event. Of most events it is a reason.
REASON = ", because "
JOINTS: Mapping[str, str] = {
    EventKind.SCHEDULED: ": ",
    EventKind.CHANGED: ": ",
    EventKind.IMPORTED: ": ",
    EventKind.REDRIVEN: ": ",
    EventKind.OPTED_OUT: ": ",
}
#: The same behind one of `ACTS`: the changed fields, or the job.
ACT_JOINT = ": "


def cause_of(pause: Pause) -> str:
    """Return the cause of a pause, with the person if it is known: `by ann@... in the console`."""
    return f"by {in_words(pause.who)}" if pause.who else CAUSES[pause.by]
