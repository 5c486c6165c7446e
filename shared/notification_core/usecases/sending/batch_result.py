"""The result of delivering one batch of wake-ups."""

from dataclasses import dataclass, field

from notification_core.domain.delivery import Outcome
from notification_core.domain.due import WakeUp
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll
from notification_core.usecases.sending.outcomes import SaveResult


@dataclass(slots=True)
class DeliveryBatchResult:
    """The result of delivering a batch."""

    settled: list[Notification] = field(default_factory=list)
    dropped: int = 0  #: messages that required no action
    undecided: list[WakeUp] = field(default_factory=list)  #: to be delivered again by the queue
    superseded: int = 0  #: outcomes after a lapsed lease, which another process had stored first
    unrecorded: int = 0  #: outcomes that could not be stored; their leases lapse
    lateness_ms: list[int] = field(default_factory=list)  #: of each send, measured by the sender
    awaited: list[Notification] = field(default_factory=list)  #: SENT, with a status poll due
    polls: list[Poll] = field(default_factory=list)  #: due
    outcomes: list[Outcome] = field(default_factory=list)  #: the provider's responses

    def add(self, other: "DeliveryBatchResult") -> None:
        """Add the result of another part of the batch."""
        self.settled += other.settled
        self.dropped += other.dropped
        self.undecided += other.undecided
        self.superseded += other.superseded
        self.unrecorded += other.unrecorded
        self.lateness_ms += other.lateness_ms
        self.awaited += other.awaited
        self.outcomes += other.outcomes

    def count(self, recorded: SaveResult) -> None:
        """Add the result of storing outcomes."""
        self.settled += recorded.settled
        self.superseded += recorded.superseded
        self.unrecorded += recorded.unrecorded
