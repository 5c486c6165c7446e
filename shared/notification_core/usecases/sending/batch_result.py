"""What became of one batch of wake-ups."""

from dataclasses import dataclass, field

from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import Outcome
from notification_core.domain.polls import Poll
from notification_core.ports import WakeUp
from notification_core.usecases.sending.outcomes import SaveResult


@dataclass(slots=True)
class DeliveryBatchResult:
    """What became of a batch."""

    settled: list[Notification] = field(default_factory=list)
    dropped: int = 0  #: messages that there was nothing to do for
    undecided: list[WakeUp] = field(default_factory=list)  #: to be handed over again
    superseded: int = 0  #: outcomes of a lapsed lease: somebody else has settled it
    unrecorded: int = 0  #: outcomes that could not be stored; their leases lapse
    lateness_ms: list[int] = field(default_factory=list)  #: of each send, told by who sends
    awaited: list[Notification] = field(default_factory=list)  #: SENT, and due to be looked at
    polls: list[Poll] = field(default_factory=list)  #: due
    outcomes: list[Outcome] = field(default_factory=list)  #: what the provider said

    def add(self, other: "DeliveryBatchResult") -> None:
        """Count what became of another part of the batch."""
        self.settled += other.settled
        self.dropped += other.dropped
        self.undecided += other.undecided
        self.superseded += other.superseded
        self.unrecorded += other.unrecorded
        self.lateness_ms += other.lateness_ms
        self.awaited += other.awaited
        self.outcomes += other.outcomes

    def count(self, recorded: SaveResult) -> None:
        """Count what was recorded."""
        self.settled += recorded.settled
        self.superseded += recorded.superseded
        self.unrecorded += recorded.unrecorded
