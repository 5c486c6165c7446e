"""Accept notifications: for one record, or for every active record of a user.

An idempotency key makes the ids: the n-th notification of a request is uuid5(caller, key, n), so
the conditional write is the whole duplicate check. The first of them (the lead) is written last
and knows how many there are: where a lead stands, the whole answer stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from notifications.domain.errors import IdempotencyMismatch, NotificationError
from notifications.domain.notification import Notification
from notifications.ports import Ports
from notifications.usecases.enqueue import enqueue_if_soon
from notifications.usecases.listing import with_contents
from notifications.usecases.plan import Draft, Planner, notification_id


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The notifications of one request; `created` is false when they stood before."""

    notifications: list[Notification]
    created: bool


def schedule(ports: Ports, caller: str, draft: Draft) -> Scheduled:
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
) -> list[Scheduled | NotificationError]:
    """Accept many; a bad one does not sink the rest. One result each, in order."""
    results: dict[int, Scheduled | NotificationError] = {}
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

    def run(self, drafts: dict[int, Draft]) -> dict[int, Scheduled | NotificationError]:
        results: dict[int, Scheduled | NotificationError] = dict(self._answered(drafts))
        fresh = {place: draft for place, draft in drafts.items() if place not in results}
        planner = Planner(self.ports, self.caller, self.now, list(fresh.values()))
        plans: dict[int, list[Notification]] = {}
        for place, draft in fresh.items():
            try:
                plans[place] = planner.plan(draft)
            except NotificationError as error:
                results[place] = error
        return results | self._write(fresh, plans)

    def _answered(self, drafts: dict[int, Draft]) -> dict[int, Scheduled | NotificationError]:
        """Those whose key was used before."""
        keyed = {place: draft for place, draft in drafts.items() if draft.idempotency_key}
        leads = self.ports.notifications.get(
            [notification_id(self.caller, draft, 0) for draft in keyed.values()]
        )
        answered: dict[int, Scheduled | NotificationError] = {}
        for (place, draft), lead in zip(keyed.items(), leads, strict=True):
            if lead is not None:
                try:
                    answered[place] = self._answer_again(draft, lead)
                except NotificationError as error:
                    answered[place] = error
        return answered

    def _answer_again(self, draft: Draft, lead: Notification) -> Scheduled | NotificationError:
        if lead.origin is None or lead.origin.fingerprint != draft.fingerprint:
            return IdempotencyMismatch()
        ids = [notification_id(self.caller, draft, n) for n in range(lead.origin.siblings)]
        found = [each for each in self.ports.notifications.get(ids) if each is not None]
        return Scheduled(with_contents(self.ports, found), created=False)

    def _write(
        self, drafts: dict[int, Draft], plans: dict[int, list[Notification]]
    ) -> dict[int, Scheduled | NotificationError]:
        planned = [each for plan in plans.values() for each in plan]
        kept = self.ports.contents.keep(planned)
        stored = {
            each.id: replace(each, content=content)
            for each, content in zip(planned, kept, strict=True)
        }
        leads = [stored[plan[0].id] for plan in plans.values()]
        siblings = [stored[each.id] for plan in plans.values() for each in plan[1:]]
        standing = dict(self._create(siblings)) | dict(self._create(leads))
        enqueue_if_soon(self.ports, [each for each in planned if standing[each.id] is None])
        return {place: self._result(drafts[place], plan, standing) for place, plan in plans.items()}

    def _create(self, notifications: list[Notification]) -> list[tuple[str, Notification | None]]:
        created = self.ports.notifications.create(notifications) if notifications else []
        return [(each.id, standing) for each, standing in zip(notifications, created, strict=True)]

    def _result(
        self, draft: Draft, plan: list[Notification], standing: dict[str, Notification | None]
    ) -> Scheduled | NotificationError:
        lead = standing[plan[0].id]
        if lead is not None:
            # The same key came twice at the same moment, and the other one was first.
            return self._answer_again(draft, lead)
        return Scheduled(plan, created=True)
