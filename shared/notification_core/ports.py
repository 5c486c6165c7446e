"""The external dependencies of the use cases, as protocols.

`adapters/dynamodb`, `s3_contents` and `sqs_queues` implement them in the cloud, and `memory` in a
process. One contract test suite verifies that both behave the same.
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
    """An entry of the due index and of a queue message: process this notification now.

    `due_at` (epoch milliseconds) acts as a fencing token. Rescheduling a notification changes its
    due time, so a message with an earlier due time cannot claim it.
    """

    due_at: int
    id: str


#: Sorts before every entry of the due index.
BEGINNING = WakeUp(0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The dispatcher's progress with a module, read in one request."""

    cursors: Mapping[str, WakeUp] = field(default_factory=dict)  #: by shard; absent: the beginning
    noted_shards: int = 0  #: the largest number of shards that the module has had
    resumptions: int = 0  #: the number of pauses that ended, each of which removed the cursors
    swept_at: datetime | None = None  #: when the last sweep began

    def shards_of(self, module: str, due_shards: int) -> list[str]:
        """Return every shard that may contain entries of the module.

        A deployment may have had more shards than the current `due_shards`, and an item keeps its
        shard.
        """
        named = (number_of(shard) + 1 for shard in self.cursors)
        return shards_of(module, max(due_shards, self.noted_shards, *named))


@dataclass(frozen=True, slots=True, order=True)
class FailureEntry:
    """An entry of the failure index: a failed notification. `at` is in epoch milliseconds."""

    at: int
    id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a listing; `next` is the token for the next page, if there is one.

    For a listing whose pages may be shortened, `tokens` has one token for each item: a page with
    that token begins after the item.
    """

    items: list[Item]
    next: str | None = None
    tokens: Sequence[str] = ()

    def first(self, count: int) -> "Page[Item]":
        """Return the first `count` items, with the token for the items after them."""
        if count >= len(self.items):
            return self
        return Page(self.items[:count], self.tokens[count - 1], self.tokens[:count])

    def with_items(self, items: Sequence["Other | None"]) -> "Page[Other]":
        """Return the page with each item replaced; a None is left out with its token."""
        pairs = zip(items, self.tokens, strict=True)
        kept = [(item, token) for item, token in pairs if item is not None]
        return Page([item for item, _ in kept], self.next, [token for _, token in kept])


class RecordChanged(Exception):
    """The record has changed since it was read; read it again and repeat the decision."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One target user record before and after a change, such as a deactivation or a strike."""

    before: TargetUserRecord
    after: TargetUserRecord


@dataclass(frozen=True, slots=True)
class Change:
    """One notification before and after; stored only if it is still in the state `before`.

    The change of its record is stored in the same transaction.
    """

    before: Notification
    after: Notification
    record: RecordChange | None = None


@dataclass(frozen=True, slots=True)
class ClaimRejected:
    """A claim that failed; `current` is the stored notification, if there is one."""

    current: Notification | None
    poll: Poll | None = None  #: the stored poll, if the id is that of a poll

    @property
    def module(self) -> str | None:
        """The module of the stored notification or poll."""
        stored = self.current or self.poll
        return stored.module if stored is not None else None


class NotificationStore(Protocol):
    """Notifications. Contents are stored and returned as given: see `ContentStore`."""

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        """Create notifications. For each, return None, or the stored one with the same id.

        A notification that an earlier attempt of the same call has created counts as created: None.
        """
        ...

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        """Read the current state of each (strongly consistent)."""
        ...

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        """List a user's notifications, newest first, with a token for each of them."""
        ...

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        """Claim each notification of this module that is waiting with this due time.

        The ids must be distinct. A notification that an earlier attempt of the same call has
        claimed counts as claimed. If the store could not decide, an exception is returned in its
        place; the claim may be retried.
        """
        ...

    def advance(self, changes: Sequence[Change]) -> list[bool | Exception]:
        """Store each `after` whose `before` is still current: same status, due time and claim.

        A change that an earlier attempt of the same call has stored counts as stored. If the store
        could not decide, an exception is returned in its place; the change may be retried. The
        exception is RecordChanged if only the record has changed.
        """
        ...

    def add_poll(self, poll: Poll) -> None:
        """Store a poll, with its entry in the due index."""
        ...

    def replace_poll(self, before: Poll, after: Poll | None) -> bool:
        """Reschedule a poll, or remove it; return false if its due time has changed since.

        Also return false if the same call has already been carried out.
        """
        ...

    def oldest_due(self, shard: str) -> WakeUp | None:
        """Return the entry with the earliest due time in a shard, if it has entries."""
        ...

    def remove(self, notifications: Sequence[Notification]) -> list[bool | Exception]:
        """Remove each that has not changed since it was read, as `advance`.

        Return true also for a notification that was already removed.
        """
        ...

    def due(self, shard: str, after: WakeUp, until: int) -> Iterator[list[WakeUp]]:
        """Page through a shard of the due index in order, up to and including `until`.

        If `after` has an id, the pages begin after that entry; if its id is empty, they begin at
        its time.
        """
        ...

    def failed(
        self, shard: str, since: int, before: FailureEntry, limit: int
    ) -> list[FailureEntry]:
        """List a shard's failed notifications, newest first, from `since` on (epoch ms).

        If `before` has an id, the list ends before that entry; if its id is empty, it ends with the
        entries of that time. An empty list is the end.
        """
        ...


class ContentStore(Protocol):
    """Stores contents that are too large for the notification's own item."""

    def put(self, notifications: Sequence[Notification]) -> list[Content]:
        """Store large contents; return each content with its `key`, a small content unchanged."""
        ...

    def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
        """Load stored contents; a content that no longer exists is returned as `lost`.

        If a content could not be loaded, an exception is returned in its place; it may be retried.
        """
        ...

    def delete_batch(self, user: str) -> int:
        """Remove some stored contents of a user; return their number, 0 when none is left."""
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
        """Remove a target; no records can be added to it meanwhile.

        Raises:
            TargetInUse: a record refers to it.
            Unavailable: another process has changed it meanwhile.
        """
        ...

    def all(self) -> list[Target]:
        """Return every target (strongly consistent); a deployment has a handful."""
        ...

    def recent(self) -> list[Target]:
        """Return every target, at most a few seconds old and with this store's own changes.

        A missing target may have been added since: read `all` before rejecting it.
        """
        ...


class ModuleStore(Protocol):
    """The deployed handler modules, and the dispatcher's progress with each."""

    def put(self, module: Module) -> None:
        """Store a module's manifest; its cursors and its pause stay."""
        ...

    def remove(self, name: str) -> None:
        """Remove a module that is no longer deployed."""
        ...

    def all(self) -> list[Module]:
        """Return every deployed module."""
        ...

    def recent(self) -> list[Module]:
        """Return every deployed module, as `TargetStore.recent`; its pause may be outdated."""
        ...

    def get(self, name: str) -> Module | None:
        """Return the module with this name."""
        ...

    def deployed(self) -> list[tuple[Module, Progress]]:
        """Return every deployed module and its progress (strongly consistent)."""
        ...

    def progress(self) -> Mapping[str, Progress]:
        """Return the progress of each deployed module; may be slightly outdated."""
        ...

    def save_shards(self, name: str, shards: int) -> None:
        """Store the number of shards of a deployed module, unless it has had more."""
        ...

    def advance_cursors(self, name: str, before: Progress, to: Mapping[str, WakeUp]) -> None:
        """Store the cursors of these shards in one write, if all are still as in `before`.

        No cursor is stored if another dispatcher has advanced one since `before` was read, because
        a cursor must not move back. No cursor is stored either if the module was resumed since,
        because a cursor would skip the wake-ups that were dropped during the pause.
        """
        ...

    def pause(self, name: str, pause: Pause) -> bool:
        """Pause a module; return false if it is already paused, or was never deployed.

        A person's pause replaces a pause with another cause, and returns true.
        """
        ...

    def resume(self, name: str, by: PausedBy | None = None) -> bool:
        """End a pause, or only a pause `by` this cause; return whether there was one.

        The module's shards are then dispatched from the beginning.
        """
        ...

    def sender_refusals(self, name: str) -> Refusals:
        """Return the reports of recipients' servers about the sender (strongly consistent)."""
        ...

    def replace_sender_refusals(self, name: str, before: Refusals, after: Refusals) -> bool:
        """Store the reports if they are still as `before`; return whether they were."""
        ...

    def begin_probe(self, name: str, now: datetime, every: timedelta) -> bool:
        """Return whether a probe is due; true for one caller only."""
        ...

    def begin_sweep(self, name: str, now: datetime, every: timedelta) -> bool:
        """Return whether a sweep is due; true for one caller only."""
        ...


class RecordStore(Protocol):
    """Target user records."""

    def add(self, record: TargetUserRecord) -> None:
        """Add a record. Raises RecordExists, UnknownTarget."""
        ...

    def replace(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        """Store a changed record if it is still as `before`.

        Raises RecordExists, UnknownRecord, RecordChanged.
        """
        ...

    def remove(self, record: TargetUserRecord) -> None:
        """Remove a record. After the last record of a user or an address, no item of it remains."""
        ...

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        """Return the records that exist (strongly consistent)."""
        ...

    def list_by_user(self, user: str) -> list[TargetUserRecord]:
        """Return every record of a user, oldest first (strongly consistent)."""
        ...

    def list_by_users(self, users: Iterable[str]) -> dict[str, list[TargetUserRecord]]:
        """Return the records of each user who has any. One request covers many users."""
        ...

    def find_by_address(self, address: str) -> list[TargetUserRecord]:
        """Return every record with this `target_user_id`, of any user (strongly consistent)."""
        ...


class OptOutStore(Protocol):
    """Opt-outs, one per user."""

    def put(self, opt_out: OptOut) -> bool:
        """Store it under the next `revision`; return false if the stored revision differs."""
        ...

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        """Return the opt-outs that exist (strongly consistent)."""
        ...

    def remove(self, opt_out: OptOut) -> bool:
        """Remove it; return false if the stored `revision` differs, true if none is stored."""
        ...


class SuppressionStore(Protocol):
    """The opt-outs of erased persons."""

    def put(self, tombstones: Iterable[SuppressionEntry]) -> None:
        """Store each under its hash, and replace an existing entry."""
        ...

    def get(self, hashes: Iterable[str]) -> list[SuppressionEntry]:
        """Return the entries that exist (strongly consistent)."""
        ...

    def remove(self, tombstones: Iterable[SuppressionEntry]) -> None:
        """Remove each entry."""
        ...


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The approximate numbers of messages in a module's queue and its dead-letter queue.

    A message may contain many wake-ups.
    """

    queued: int  #: including delayed messages
    in_flight: int  #: received by a consumer that has not finished
    dead_letters: int  #: not yet marked on their notifications


class Queues(Protocol):
    """One queue per module, with the module's name."""

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        """Send each with its delay in seconds (0 to 900); return whether all were accepted."""
        ...

    def depth(self, module: str) -> int:
        """Return the approximate number of visible messages; each may contain many wake-ups.

        Delayed messages are not counted, because they do not show how busy the consumer is.
        """
        ...

    def in_flight(self, module: str) -> int:
        """Return the approximate number of messages that a module's consumers are processing."""
        ...

    def counts(self, module: str) -> QueueCounts | None:
        """Return the message counts of a module; None if there is no such queue."""
        ...

    def enqueue_job(self, job_id: str, delay: int = 0) -> bool:
        """Enqueue a job with a delay in seconds; return whether it was accepted."""
        ...


class JobStore(Protocol):
    """Jobs, each stored until a month after its end."""

    def put(self, job: Job) -> bool:
        """Store it under the next `revision`; return false if the stored revision differs.

        Return true also if the same job is already stored, because an SDK repeats a request whose
        response was lost.
        """
        ...

    def get(self, job_id: str) -> Job | None:
        """Return the job with this id (strongly consistent)."""
        ...

    def stalled(self, now: datetime) -> list[str]:
        """Return ids of stalled jobs (`Job.is_stalled`), the longest stalled first.

        This is one page of an index that may be outdated: read each job before acting on it.
        """
        ...


class EvidenceStore(Protocol):
    """The stored evidence of dead letters."""

    def put(self, name: str, text: str) -> None:
        """Store a text under a name; a second text under the same name replaces the first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The external dependencies of the use cases, created once per process."""

    notifications: NotificationStore
    contents: ContentStore
    targets: TargetStore
    modules: ModuleStore
    records: RecordStore
    opt_outs: OptOutStore
    tombstones: SuppressionStore
    pseudonyms: Callable[[str], Sequence[str]]
    """Returns the keyed hashes of a text: with the current key, then with the previous keys.

    Raises Unavailable: there is no key.
    """
    queues: Queues
    jobs: JobStore
    evidence: EvidenceStore
    clock: Clock
    check_extra: Callable[[Module, Mapping[str, Any]], None]
    """Checks that the module's handler supports an `extra`. Raises InvalidInput."""
    due_shards: int
    containers: int
    """The maximum number of concurrent containers of one module's consumer."""
