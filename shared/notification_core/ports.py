"""What the use cases need from outside, as protocols.

`adapters/dynamodb`, `s3_contents` and `sqs_queues` fill them in the cloud, `memory` in a process;
one contract suite holds the two to the same behaviour.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from notification_core.domain.addresses import Target, TargetUserRecord
from notification_core.domain.claim import Claim
from notification_core.domain.clock import Clock
from notification_core.domain.consent import OptOut
from notification_core.domain.content import Content
from notification_core.domain.due import number_of, shards_of
from notification_core.domain.erasure import SuppressionEntry
from notification_core.domain.jobs import Job
from notification_core.domain.modules import Module, Pause, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll
from notification_core.domain.sender_refusals import Refusals

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True, order=True)
class WakeUp:
    """*Look at this notification now*: what the due index holds and a queue message says.

    `due_at` (epoch milliseconds) names the turn: a notification that was put back has another,
    and a message of an earlier turn claims nothing.
    """

    due_at: int
    id: str


#: Ahead of every entry of the due index.
BEGINNING = WakeUp(0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the dispatcher has come with a module, all read at one moment."""

    cursors: Mapping[str, WakeUp] = field(default_factory=dict)  #: by shard; absent: the beginning
    noted_shards: int = 0  #: the most shards that the module is known to have had
    resumptions: int = 0  #: pauses that were ended; each of them dropped the cursors
    swept_at: datetime | None = None  #: when the last sweep began

    def shards_of(self, module: str, due_shards: int) -> list[str]:
        """Return every shard that may hold something of the module.

        A deployment may have had more than the `due_shards` of now, and an item keeps its shard.
        """
        named = (number_of(each) + 1 for each in self.cursors)
        return shards_of(module, max(due_shards, self.noted_shards, *named))


@dataclass(frozen=True, slots=True, order=True)
class FailureEntry:
    """A notification that failed: an entry of the index of failures. `at` is epoch milliseconds."""

    at: int
    id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Part of a listing; `next` is the token for the rest, if there is more.

    Of a listing that may be cut short, `tokens` has one token for each item: a page that begins
    there begins with the entry after that item.
    """

    items: list[Item]
    next: str | None = None
    tokens: Sequence[str] = ()

    def first(self, count: int) -> "Page[Item]":
        """Return the first `count` items, with the token for all that follows them."""
        if count >= len(self.items):
            return self
        return Page(self.items[:count], self.tokens[count - 1], self.tokens[:count])

    def with_items(self, items: Sequence["Other | None"]) -> "Page[Other]":
        """Return the page with other items, one for each; a None is left out with its token."""
        pairs = zip(items, self.tokens, strict=True)
        kept = [(item, token) for item, token in pairs if item is not None]
        return Page([item for item, _ in kept], self.next, [token for _, token in kept])


class RecordChanged(Exception):
    """The record of a change is no longer as it was read; read it and decide again."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One target user record before and after: its deactivation, its strikes."""

    before: TargetUserRecord
    after: TargetUserRecord


@dataclass(frozen=True, slots=True)
class Change:
    """One notification before and after; stored only if it still stands as before.

    What becomes of its record is stored in the same write, or neither is.
    """

    before: Notification
    after: Notification
    record: RecordChange | None = None


@dataclass(frozen=True, slots=True)
class ClaimRejected:
    """A claim that failed; `current` is what stands in the store, if anything does."""

    current: Notification | None
    poll: Poll | None = None  #: what stands there instead: nothing to claim, but to look at

    @property
    def module(self) -> str | None:
        """The module of what stands in the store."""
        stands = self.current or self.poll
        return stands.module if stands is not None else None


class NotificationStore(Protocol):
    """Notifications. Contents are stored and returned as given: see `ContentStore`."""

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        """Add each under its id, for each of them: None, or the one that has this id already.

        One that an earlier attempt of the same call has added is added: None.
        """
        ...

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        """Read each as it stands now (strongly consistent)."""
        ...

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        """List a user's notifications, newest first, with a token for each of them."""
        ...

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        """Claim each of this module's that is waiting in just this turn. Ids must be distinct.

        One that an earlier attempt of the same call has claimed is claimed.
        An exception stands for one that the store could not decide; it may be tried again.
        """
        ...

    def advance(self, changes: Sequence[Change]) -> list[bool | Exception]:
        """Store each `after` whose `before` still stands: same status, same turn, same claim.

        One that an earlier attempt of the same call has stored is stored.
        An exception stands for one that the store could not decide; it may be tried again. It is
        RecordChanged where the record is what does not stand as before.
        """
        ...

    def add_poll(self, poll: Poll) -> None:
        """Store a poll, with its entry in the due index."""
        ...

    def replace_poll(self, before: Poll, after: Poll | None) -> bool:
        """Store when a poll is due again, or remove it; false if it is not in this turn any more.

        Also false where this very call has been carried out before.
        """
        ...

    def oldest_due(self, shard: str) -> WakeUp | None:
        """Return the entry of a shard of the due index that is due first, if it has any."""
        ...

    def remove(self, notifications: Sequence[Notification]) -> list[bool | Exception]:
        """Remove each that still stands as it was read, as `advance`; what is gone is true too."""
        ...

    def due(self, shard: str, after: WakeUp, until: int) -> Iterator[list[WakeUp]]:
        """Page through a shard of the due index in order, due times up to `until` included.

        An `after` with an id means everything behind that very entry, one with an empty id
        everything from that time on.
        """
        ...

    def failed(
        self, shard: str, since: int, before: FailureEntry, limit: int
    ) -> list[FailureEntry]:
        """List a shard's failed notifications, newest first, from `since` on (epoch ms).

        A `before` with an id means everything ahead of that very entry, one with an empty id
        everything up to that time, included. An empty list is the end.
        """
        ...


class ContentStore(Protocol):
    """Where contents lie that are too large for the notification's own item."""

    def put(self, notifications: Sequence[Notification]) -> list[Content]:
        """Put large contents away; returns each content with its `key`, a small one as it was."""
        ...

    def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
        """Fetch those that were put away; a content that is gone comes back `lost`.

        An exception stands for one that could not be fetched; it may be tried again.
        """
        ...

    def delete_batch(self, user: str) -> int:
        """Remove some of what was put away of a user; returns how many, 0 when none is left."""
        ...


class TargetStore(Protocol):
    """Targets, and the modules that are deployed."""

    def add(self, target: Target) -> None:
        """Add a target. Raises NameTaken."""
        ...

    def replace(self, before: Target, after: Target) -> None:
        """Store a changed target. Raises NameTaken, UnknownTarget."""
        ...

    def remove(self, target: Target) -> None:
        """Remove a target; meanwhile it takes no records.

        Raises:
            TargetInUse: a record points at it.
            Unavailable: somebody has changed it meanwhile.
        """
        ...

    def all(self) -> list[Target]:
        """Every target (strongly consistent); a deployment has a handful."""
        ...

    def recent(self) -> list[Target]:
        """Every target as it stood a few seconds ago at the most, or since this store changed it.

        A target that is not among them may have been added since: read `all` before refusing it.
        """
        ...


class ModuleStore(Protocol):
    """The handler modules that are deployed, and how far each has been dispatched."""

    def put(self, module: Module) -> None:
        """Store what its folder says; its cursors and its pause stay."""
        ...

    def remove(self, name: str) -> None:
        """Forget a module that is no longer deployed."""
        ...

    def all(self) -> list[Module]:
        """Every deployed module."""
        ...

    def recent(self) -> list[Module]:
        """Every deployed module, as `TargetStore.recent`; whether it is paused may be outdated."""
        ...

    def get(self, name: str) -> Module | None:
        """Return the module of this name."""
        ...

    def deployed(self) -> list[tuple[Module, Progress]]:
        """Every deployed module and how far it has been dispatched (strongly consistent)."""
        ...

    def progress(self) -> Mapping[str, Progress]:
        """How far each deployed module has been dispatched; may be as of a moment ago."""
        ...

    def save_shards(self, name: str, shards: int) -> None:
        """Remember that a deployed module has that many shards, unless it has had more."""
        ...

    def advance_cursors(self, name: str, before: Progress, to: Mapping[str, WakeUp]) -> None:
        """Store the cursors of these shards in one write, if all still stand as `before`.

        Nothing moves where another dispatcher has moved one since `before` was read, so that none
        moves back; nor where the module was resumed since: a cursor would pass over what the pause
        has dropped.
        """
        ...

    def pause(self, name: str, pause: Pause) -> bool:
        """Pause a module; false when it is paused already, or was never deployed.

        A person's pause replaces one that is no person's, and says true.
        """
        ...

    def resume(self, name: str, by: PausedBy | None = None) -> bool:
        """End a pause, or only one `by` this; whether there was one.

        The module's shards are dispatched from the beginning.
        """
        ...

    def sender_refusals(self, name: str) -> Refusals:
        """What recipients' servers have reported of a module's sender (strongly consistent)."""
        ...

    def replace_sender_refusals(self, name: str, before: Refusals, after: Refusals) -> bool:
        """Store them, if they are still as `before`; whether they were."""
        ...

    def begin_probe(self, name: str, now: datetime, every: timedelta) -> bool:
        """Whether a probe is due; true for one caller only."""
        ...

    def begin_sweep(self, name: str, now: datetime, every: timedelta) -> bool:
        """Whether a sweep is due; true for one caller only."""
        ...


class RecordStore(Protocol):
    """Target user records."""

    def add(self, record: TargetUserRecord) -> None:
        """Add a record. Raises RecordExists, UnknownTarget."""
        ...

    def replace(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        """Store a changed record, if it is still as `before`.

        Raises RecordExists, UnknownRecord, RecordChanged.
        """
        ...

    def remove(self, record: TargetUserRecord) -> None:
        """Remove a record; nothing of its user or its address stays with the last that has it."""
        ...

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        """Read those that exist (strongly consistent)."""
        ...

    def list_by_user(self, user: str) -> list[TargetUserRecord]:
        """Every record of a user, oldest first (strongly consistent)."""
        ...

    def list_by_users(self, users: Iterable[str]) -> dict[str, list[TargetUserRecord]]:
        """Return the records of each user who has any. One request covers many users."""
        ...

    def find_by_address(self, address: str) -> list[TargetUserRecord]:
        """Every record that holds this `target_user_id`, whoever's (strongly consistent)."""
        ...


class OptOutStore(Protocol):
    """Opt-outs, one a user."""

    def put(self, opt_out: OptOut) -> bool:
        """Store it under the next `revision`; false when it is not of the one that is stored."""
        ...

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        """Read those that exist (strongly consistent)."""
        ...

    def remove(self, opt_out: OptOut) -> bool:
        """Remove it; false when it is not of the stored `revision`, true also when it is gone."""
        ...


class SuppressionStore(Protocol):
    """What remains of erased people who had said no."""

    def put(self, tombstones: Iterable[SuppressionEntry]) -> None:
        """Store each under its hash, in the place of what stands there."""
        ...

    def get(self, hashes: Iterable[str]) -> list[SuppressionEntry]:
        """Read those that exist (strongly consistent)."""
        ...

    def remove(self, tombstones: Iterable[SuppressionEntry]) -> None:
        """Remove each."""
        ...


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """About how many messages a module's queue and its dead-letter queue hold.

    A message may hold many wake-ups.
    """

    queued: int  #: delayed ones included
    in_flight: int  #: handed to a consumer that has not ended
    dead_letters: int  #: given up, and not yet marked


class Queues(Protocol):
    """One queue a module, of the same name."""

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        """Send each with its delay in seconds (0 to 900); whether every one was accepted."""
        ...

    def depth(self, module: str) -> int:
        """About how many messages can be received at this moment; one may hold many wake-ups.

        Delayed ones are left out: they say nothing of how busy the consumer is.
        """
        ...

    def in_flight(self, module: str) -> int:
        """About how many messages of a module's queue consumers have in hand."""
        ...

    def counts(self, module: str) -> QueueCounts | None:
        """Return what waits, is worked on and was given up; None where there is no such queue."""
        ...

    def enqueue_job(self, job_id: str, delay: int = 0) -> bool:
        """Ask for a job to be worked on, in so many seconds; whether that was accepted."""
        ...


class JobStore(Protocol):
    """Jobs, each kept for a month after its end."""

    def put(self, job: Job) -> bool:
        """Store it under the next `revision`; false when it is not of the one that is stored.

        True also when exactly this is stored already: an SDK repeats a request whose answer was
        lost.
        """
        ...

    def get(self, job_id: str) -> Job | None:
        """Return the job with this id (strongly consistent)."""
        ...

    def stalled(self, now: datetime) -> list[str]:
        """Return ids of jobs that have stalled (`Job.is_stalled`), the longest stalled first.

        A page of them, and as an index shows them, which may be late: read each before acting.
        """
        ...


class EvidenceStore(Protocol):
    """What is kept of dead letters."""

    def put(self, name: str, text: str) -> None:
        """Keep a text under a name; a second one under the same name replaces the first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that the use cases need, wired once per process."""

    notifications: NotificationStore
    contents: ContentStore
    targets: TargetStore
    modules: ModuleStore
    records: RecordStore
    opt_outs: OptOutStore
    tombstones: SuppressionStore
    pseudonyms: Callable[[str], Sequence[str]]
    """Keyed hashes of a text: under the key of now, and then under those that it replaced.

    Raises Unavailable: there is no key.
    """
    queues: Queues
    jobs: JobStore
    evidence: EvidenceStore
    clock: Clock
    check_extra: Callable[[Module, Mapping[str, Any]], None]
    """Refuse an `extra` that the module's handler does not know. Raises InvalidInput."""
    due_shards: int
    containers: int
    """Containers of one module's consumer that may run at once."""
