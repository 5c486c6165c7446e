"""Accept notifications: for one record, or for every active record of a user.

An idempotency key makes the ids, so the conditional write is the whole duplicate check. The first
notification of a request, its lead, is written before the others and names their records: of two
requests with one key, only the one whose lead stands writes anything else. A repeat writes what
the first request did not live to write.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from notification_core.domain.errors import IdempotencyMismatch, NotificationError
from notification_core.domain.notification import Notification
from notification_core.ports import Ports
from notification_core.usecases.queries.listing import with_contents
from notification_core.usecases.sending.builder import Draft, NotificationBuilder, notification_id
from notification_core.usecases.sending.enqueue import enqueue_if_soon

#: How long after its lead a missing sibling counts as never written. A notification is kept for
#: longer than that (`RetentionDays` is at least 1), so none has been written, ended and expired.
COMPLETED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ScheduleResult:
    """The notifications of one request; `created` is false when they stood before."""

    notifications: list[Notification]
    created: bool


def schedule(ports: Ports, caller: str, draft: Draft) -> ScheduleResult:
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
    ports: Ports, caller: str, drafts: Sequence[Draft]
) -> list[ScheduleResult | NotificationError]:
    """Accept many; a bad one does not sink the rest. One result each, in order."""
    results: dict[int, ScheduleResult | NotificationError] = {}
    waiting = list(enumerate(drafts))
    while waiting:
        round_, waiting = _first_of_each_key(waiting)
        results |= _Round(ports, caller).run(dict(round_))
    return [results[place] for place in range(len(drafts))]


def _first_of_each_key(
    numbered: list[tuple[int, Draft]],
) -> tuple[list[tuple[int, Draft]], list[tuple[int, Draft]]]:
    """Part those whose idempotency key comes for the first time from the repeats."""
    seen: set[str] = set()
    first: list[tuple[int, Draft]] = []
    repeats: list[tuple[int, Draft]] = []
    for place, draft in numbered:
        key = draft.idempotency_key
        (repeats if key in seen else first).append((place, draft))
        if key is not None:
            seen.add(key)
    return first, repeats


class _Round:
    """One pass over drafts with distinct idempotency keys: read, plan, write, enqueue."""

    def __init__(self, ports: Ports, caller: str) -> None:
        self.ports = ports
        self.caller = caller
        self.now = ports.clock()

    def run(self, drafts: dict[int, Draft]) -> dict[int, ScheduleResult | NotificationError]:
        results: dict[int, ScheduleResult | NotificationError] = dict(self._answered(drafts))
        fresh = {place: draft for place, draft in drafts.items() if place not in results}
        planner = NotificationBuilder(self.ports, self.caller, self.now, list(fresh.values()))
        plans: dict[int, list[Notification]] = {}
        for place, draft in fresh.items():
            try:
                plans[place] = planner.plan(draft)
            except NotificationError as error:
                results[place] = error
        return results | self._write(fresh, plans)

    def _answered(self, drafts: dict[int, Draft]) -> dict[int, ScheduleResult | NotificationError]:
        """Those whose key was used before."""
        keyed = {place: draft for place, draft in drafts.items() if draft.idempotency_key}
        leads = self.ports.notifications.get(
            [notification_id(self.caller, draft) for draft in keyed.values()]
        )
        answered: dict[int, ScheduleResult | NotificationError] = {}
        for (place, draft), lead in zip(keyed.items(), leads, strict=True):
            if lead is not None:
                try:
                    answered[place] = self._answer_again(draft, lead)
                except NotificationError as error:
                    answered[place] = error
        return answered

    def _answer_again(self, draft: Draft, lead: Notification) -> ScheduleResult | NotificationError:
        if lead.origin is None or lead.origin.fingerprint != draft.fingerprint:
            return IdempotencyMismatch()
        records = lead.origin.sibling_records
        ids = [notification_id(self.caller, draft, record) for record in records]
        siblings = dict(zip(ids, self.ports.notifications.get(ids), strict=True)) if ids else {}
        missing = [record for record, id_ in zip(records, ids, strict=True) if not siblings[id_]]
        if missing and self.now - lead.created_at < COMPLETED_WITHIN:
            siblings |= self._completed(draft, lead, missing)
        found = [lead, *(each for each in siblings.values() if each is not None)]
        return ScheduleResult(with_contents(self.ports, found), created=False)

    def _completed(
        self, draft: Draft, lead: Notification, records: Sequence[str]
    ) -> dict[str, Notification]:
        """Create the siblings that the first request died before, as it would have.

        One whose record was removed since is left out: its address is unknown.
        """
        planner = NotificationBuilder(self.ports, self.caller, lead.created_at, [draft])
        kept = self._kept(planner.siblings(draft, lead, records))
        standing = self._create(kept)
        enqueue_if_soon(self.ports, [each for each in kept if standing[each.id] is None])
        return {each.id: standing[each.id] or each for each in kept}

    def _write(
        self, drafts: dict[int, Draft], plans: dict[int, list[Notification]]
    ) -> dict[int, ScheduleResult | NotificationError]:
        planned = [each for plan in plans.values() for each in plan]
        kept = {each.id: each for each in self._kept(planned)}
        first = [each.id for plan in plans.values() for each in _unconditional(plan)]
        standing = self._create(kept[each] for each in first)
        own = [plan for plan in plans.values() if standing[plan[0].id] is None]
        rest = [each.id for plan in own for each in plan if each.id not in standing]
        standing |= self._create(kept[each] for each in rest)
        created = [each for each in planned if standing.get(each.id, each) is None]
        enqueue_if_soon(self.ports, created)
        return {place: self._result(drafts[place], plan, standing) for place, plan in plans.items()}

    def _kept(self, notifications: list[Notification]) -> list[Notification]:
        """Put large contents away."""
        contents = self.ports.contents.put(notifications)
        return [
            replace(each, content=content)
            for each, content in zip(notifications, contents, strict=True)
        ]

    def _create(self, notifications: Iterable[Notification]) -> dict[str, Notification | None]:
        """Return by id what stood in its place, None for each that was created."""
        created = list(notifications)
        standing = self.ports.notifications.create(created) if created else []
        return dict(zip((each.id for each in created), standing, strict=True))

    def _result(
        self, draft: Draft, plan: list[Notification], standing: dict[str, Notification | None]
    ) -> ScheduleResult | NotificationError:
        lead = standing[plan[0].id]
        if lead is not None:
            # The same key came twice at the same moment, and the other one was first.
            return self._answer_again(draft, lead)
        found = [standing[each.id] or each for each in plan]
        # A repeat at the same moment may have written some of them.
        return ScheduleResult(
            plan if found == plan else with_contents(self.ports, found), created=True
        )


def _unconditional(plan: list[Notification]) -> list[Notification]:
    """Return what is written whatever stands: the lead; without a key, all of the request."""
    return plan[:1] if plan[0].origin else plan
