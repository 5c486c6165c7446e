"""The words of an explanation: of statuses, of pauses, and of a timeline's entries."""

from collections.abc import Mapping

from notification_core.domain.modules import PausedBy
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind

#: What would make it go, where it does not wait for its time.
REMEDIES: Mapping[Status, str] = {
    Status.SENDING: "It is being sent at this moment.",
    Status.SENT: "It has gone; the provider may still say whether it arrived.",
    Status.DELIVERED: "It has gone; there is nothing to do.",
    Status.UNKNOWN: (
        "It may have gone. Ask the recipient; to risk a duplicate, redrive it with"
        " include_uncertain."
    ),
    Status.OPTED_OUT: "Only the user can change that; once the opt-out ends, send a new one.",
    Status.INACTIVE_DEVICE: (
        "Correct the address, or set the record's active to true, and redrive it."
    ),
    Status.DELIVERY_FAILURE: "Mend what the code says, and redrive it.",
    Status.EXPIRED: "It is over; send a new one if it is still wanted.",
    Status.CANCELLED: "It is over; send a new one if it is still wanted.",
}

WHO_PAUSED: Mapping[PausedBy, str] = {
    PausedBy.PERSON: "by a person",
    PausedBy.FAULT: "because the provider refuses us",
    PausedBy.REPORTS: "because recipients' servers refuse our sender",
}
RESUMPTION: Mapping[PausedBy, str] = {
    PausedBy.PERSON: "Resume the target.",
    PausedBy.FAULT: "Mend what the code says; a probe resumes it.",
    PausedBy.REPORTS: "Mend what the code says, and resume the target.",
}

#: What each word of a timeline is about, and what it says.
WORDS: Mapping[str, tuple[str, str]] = {
    EventKind.SCHEDULED: ("schedule", "Accepted from its caller, and put down for its time"),
    EventKind.CLAIMED: ("attempt", "One consumer took it to send it"),
    EventKind.SENT: ("attempt", "The provider accepted it; whether it arrives is not known yet"),
    EventKind.DELIVERED: ("receipt", "Delivered, as far as the provider can tell"),
    EventKind.RETRY: ("attempt", "It did not go, and is tried again"),
    EventKind.POSTPONED: ("attempt", "It did not go, and waits without an attempt being spent"),
    EventKind.POSSIBLY_SENT: (
        "attempt",
        "There is no telling whether it went; it is tried again, so one duplicate is possible",
    ),
    EventKind.UNKNOWN: (
        "end",
        "There is no telling whether it went; it is not tried again, so that nobody gets it twice",
    ),
    EventKind.REDRIVEN: ("attempt", "It had failed, and is tried again"),
    EventKind.DEAD_LETTER: ("end", "Its message could not be processed, and was given up"),
    EventKind.DELAYED: ("receipt", "The provider is still trying to deliver it"),
    EventKind.UNDELIVERED: ("receipt", "The provider could not deliver one of its messages"),
    EventKind.PROBED: (
        "attempt",
        "It was tried whether the paused target works again, and it does not; no attempt was spent",
    ),
    EventKind.RETURNED: ("receipt", "It came back after it had been delivered"),
    EventKind.COMPLAINT: ("consent", "The recipient called it spam, which counts as an opt-out"),
    EventKind.UNCONFIRMED: ("receipt", "It was sent, and nobody will say whether it arrived"),
    EventKind.DELIVERY_FAILURE: ("end", "It cannot be delivered, and is not tried again"),
    EventKind.INACTIVE_DEVICE: ("record", "Its address is dead, switched off or deleted"),
    EventKind.OPTED_OUT: ("consent", "The user has opted out of it"),
    EventKind.EXPIRED: ("schedule", "Its deliver_before passed before it could go"),
    EventKind.CANCELLED: ("end", "Its caller took it back in time"),
}
