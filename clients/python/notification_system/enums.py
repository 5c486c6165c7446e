"""The enumerations of the API. A value that this version does not know is kept as it is."""

from enum import StrEnum
from typing import Self


class OpenEnum(StrEnum):
    """A string enumeration that accepts values of newer deployments."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member


class Status(OpenEnum):
    """The status of a notification."""

    SCHEDULED = "SCHEDULED"
    SENDING = "SENDING"
    RETRY = "RETRY"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    DELIVERY_FAILURE = "DELIVERY FAILURE"
    INACTIVE_DEVICE = "INACTIVE DEVICE"
    OPTED_OUT = "OPTED OUT"
    UNKNOWN = "UNKNOWN"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"

    @property
    def is_final(self) -> bool:
        """Whether the notification has ended. A SENT one may still become DELIVERED or fail."""
        return self not in {Status.SCHEDULED, Status.SENDING, Status.RETRY, Status.SENT}


class CancelResult(OpenEnum):
    """The result of a cancellation."""

    CANCELLED = "cancelled"
    TOO_LATE = "too_late"
    ALREADY_FINAL = "already_final"


class ChangeResult(OpenEnum):
    """The result of a change of a notification."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    TOO_LATE = "too_late"
    ALREADY_FINAL = "already_final"


class ChangeKind(OpenEnum):
    """How a field of a template differs between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Confirmation(OpenEnum):
    """The state of the confirmation for a message that the provider accepted."""

    AWAITED = "awaited"
    RECEIVED = "received"
    NONE = "none"


class ConsentSource(OpenEnum):
    """How a user's consent statement reached the system."""

    API = "api"
    REPLY = "reply"
    REFUSAL = "refusal"
    COMPLAINT = "complaint"
    ONE_CLICK = "one-click"
    ERASURE = "erasure"
    SUPPRESSION_LIST = "suppression_list"
    IMPORT = "import"
    IMPORT_UNDONE = "import-undone"


class ImportResult(OpenEnum):
    """What happened to an item of an import."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    INVALID = "invalid"


class JobKind(OpenEnum):
    """The work of a background job."""

    REDRIVE = "redrive"
    ERASURE = "erasure"
    OPT_OUT = "opt-out"


class JobState(OpenEnum):
    """The state of a background job."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PausedBy(OpenEnum):
    """The cause of a target's pause."""

    FAULT = "fault"
    REPORTS = "reports"
    PERSON = "person"


class UndoResult(OpenEnum):
    """What happened to an item whose import is undone."""

    REMOVED = "removed"
    CHANGED_SINCE = "changed_since"
    ABSENT = "absent"


class TargetState(OpenEnum):
    """The state of a target."""

    ACTIVE = "active"
    PAUSED = "paused"
    UNDEPLOYED = "undeployed"
