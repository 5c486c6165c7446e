"""Accept notifications for one record, or for every active record of a user.

The ids are derived from the idempotency key, so the conditional write is the only duplicate check
that is needed. The first notification of a request, its lead, is written before the others and
contains the ids of their records. Of two requests with one key, only the request whose lead was
stored writes the others. A repeated request writes notifications that the first request did not
write because it crashed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from notification_core.domain.errors import NotificationError
from notification_core.domain.notification import Notification
from notification_core.usecases.queries.texts import TextPorts, with_texts
from notification_core.usecases.sending.builder import BuilderPorts, NotificationBuilder
from notification_core.usecases.sending.draft import Draft, notification_id
from notification_core.usecases.sending.enqueue import enqueue_if_soon
from notification_core.usecases.sending.mismatch import idempotency_mismatch

#: How long after its lead a missing sibling counts as never written. Notifications are stored for
#: longer than this (`RetentionDays` is at least 1), so a missing sibling cannot have been written,
#: ended and removed.
COMPLETED_WITHIN = timedelta(days=1)


class SchedulePorts(BuilderPorts, TextPorts, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True)
class ScheduleResult:
    """The notifications of one request; `created` is false if they existed before."""

    notifications: list[Notification]
    created: bool


def schedule(ports: SchedulePorts, caller: str, draft: Draft) -> ScheduleResult:
    """Accept one request.

    Raises:
        NotificationError: one of OptedOut, NoActiveRecords, UnknownRecord, UnknownTarget,
            IdempotencyMismatch, InvalidInput.
    """
    result = schedule_all(ports, caller, [draft])[0]
    if isinstance(result, NotificationError):
        raise result
    return result


def schedule_all(
    ports: SchedulePorts, caller: str, drafts: Sequence[Draft]
) -> list[ScheduleResult | NotificationError]:
    """Accept many requests; return one result for each, in order. Errors do not affect others."""
    results: dict[int, ScheduleResult | NotificationError] = {}
    waiting = list(enumerate(drafts))
    while waiting:
        round_, waiting = _first_of_each_key(waiting)
        results |= _Round(ports, caller).run(dict(round_))
    return [results[index] for index in range(len(drafts))]


def _first_of_each_key(
    numbered: list[tuple[int, Draft]],
) -> tuple[list[tuple[int, Draft]], list[tuple[int, Draft]]]:
    """Separate the first draft of each idempotency key from its repeats."""
    seen: set[str] = set()
    first: list[tuple[int, Draft]] = []
    repeats: list[tuple[int, Draft]] = []
    for index, draft in numbered:
        key = draft.idempotency_key
        (repeats if key in seen else first).append((index, draft))
        if key is not None:
            seen.add(key)
    return first, repeats


class _Round:
    """One pass over drafts with distinct idempotency keys: read, build, write, enqueue."""

    def __init__(self, ports: SchedulePorts, caller: str) -> None:
        self.ports = ports
        self.caller = caller
        self.now = ports.clock()

    def run(self, drafts: dict[int, Draft]) -> dict[int, ScheduleResult | NotificationError]:
        results: dict[int, ScheduleResult | NotificationError] = dict(self._answered(drafts))
        fresh = {index: draft for index, draft in drafts.items() if index not in results}
        builder = NotificationBuilder(self.ports, self.caller, self.now, list(fresh.values()))
        plans, errors = _planned(builder, fresh)
        if not builder.register(plans.values()):
            plans, errors = _planned(builder, fresh)
        return results | errors | self._write(fresh, plans)

    def _answered(self, drafts: dict[int, Draft]) -> dict[int, ScheduleResult | NotificationError]:
        """Return the results of the drafts whose idempotency key was used before."""
        keyed = {index: draft for index, draft in drafts.items() if draft.idempotency_key}
        leads = self.ports.notifications.get(
            [notification_id(self.caller, draft) for draft in keyed.values()]
        )
        answered: dict[int, ScheduleResult | NotificationError] = {}
        for (index, draft), lead in zip(keyed.items(), leads, strict=True):
            if lead is not None:
                try:
                    answered[index] = self._answer_again(draft, lead)
                except NotificationError as error:
                    answered[index] = error
        return answered

    def _answer_again(self, draft: Draft, lead: Notification) -> ScheduleResult | NotificationError:
        if lead.origin is None or lead.origin.fingerprint != draft.fingerprint:
            return idempotency_mismatch(self.ports, draft, lead)
        records = lead.origin.sibling_records
        ids = [notification_id(self.caller, draft, record) for record in records]
        siblings = dict(zip(ids, self.ports.notifications.get(ids), strict=True)) if ids else {}
        missing = [record for record, id_ in zip(records, ids, strict=True) if not siblings[id_]]
        if missing and self.now - lead.created_at < COMPLETED_WITHIN:
            siblings |= self._completed(draft, lead, missing)
        stored = [lead, *(sibling for sibling in siblings.values() if sibling is not None)]
        return ScheduleResult(with_texts(self.ports, stored), created=False)

    def _completed(
        self, draft: Draft, lead: Notification, records: Sequence[str]
    ) -> dict[str, Notification]:
        """Create the siblings that the first request did not create because it crashed.

        A sibling whose record was removed since is left out, because its address is unknown.
        """
        builder = NotificationBuilder(self.ports, self.caller, lead.created_at, [draft])
        built = self._with_stored_contents(builder.siblings(draft, lead, records))
        standing = self._create(built)
        enqueue_if_soon(self.ports, [sibling for sibling in built if standing[sibling.id] is None])
        return {sibling.id: standing[sibling.id] or sibling for sibling in built}

    def _write(
        self, drafts: dict[int, Draft], plans: dict[int, list[Notification]]
    ) -> dict[int, ScheduleResult | NotificationError]:
        planned = [notification for plan in plans.values() for notification in plan]
        to_store = {stored.id: stored for stored in self._with_stored_contents(planned)}
        first = [lead.id for plan in plans.values() for lead in _unconditional(plan)]
        standing = self._create(to_store[id_] for id_ in first)
        own = [plan for plan in plans.values() if standing[plan[0].id] is None]
        rest = [sibling.id for plan in own for sibling in plan if sibling.id not in standing]
        standing |= self._create(to_store[id_] for id_ in rest)
        created = [new for new in planned if standing.get(new.id, new) is None]
        enqueue_if_soon(self.ports, created)
        return {index: self._result(drafts[index], plan, standing) for index, plan in plans.items()}

    def _with_stored_contents(self, notifications: list[Notification]) -> list[Notification]:
        """Store large contents, and replace them by their keys."""
        contents = self.ports.contents.put(notifications)
        return [
            replace(notification, content=content)
            for notification, content in zip(notifications, contents, strict=True)
        ]

    def _create(self, notifications: Iterable[Notification]) -> dict[str, Notification | None]:
        """Create notifications; return by id the one that existed before, None if created."""
        to_create = list(notifications)
        standing = self.ports.notifications.create(to_create) if to_create else []
        return dict(zip((new.id for new in to_create), standing, strict=True))

    def _result(
        self, draft: Draft, plan: list[Notification], standing: dict[str, Notification | None]
    ) -> ScheduleResult | NotificationError:
        lead = standing[plan[0].id]
        if lead is not None:
            # A concurrent request with the same key was first.
            return self._answer_again(draft, lead)
        stored = [standing[planned.id] or planned for planned in plan]
        # A concurrent repeat may have written some of them.
        shown = plan if stored == plan else stored
        return ScheduleResult(with_texts(self.ports, shown), created=True)


def _planned(
    builder: NotificationBuilder, drafts: dict[int, Draft]
) -> tuple[dict[int, list[Notification]], dict[int, NotificationError]]:
    """Return the notifications of each draft, and the errors of the others."""
    plans: dict[int, list[Notification]] = {}
    errors: dict[int, NotificationError] = {}
    for index, draft in drafts.items():
        try:
            plans[index] = builder.plan(draft)
        except NotificationError as error:
            errors[index] = error
    return plans, errors


def _unconditional(plan: list[Notification]) -> list[Notification]:
    """Return the notifications to write first: the lead or, without a key, all of them."""
    return plan[:1] if plan[0].origin else plan
