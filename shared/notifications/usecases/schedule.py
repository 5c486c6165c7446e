"""Accept notifications: for one record, or for every active record of a user.

An idempotency key makes the ids: the n-th notification of a request is uuid5(caller, key, n), so
the conditional write is the whole duplicate check. The first of them (the lead) is written last
and knows how many there are: where a lead stands, the whole answer stands.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from notifications.domain.content import Content, as_json
from notifications.domain.errors import (
    IdempotencyMismatch,
    NoActiveRecords,
    NotificationError,
    OptedOut,
    UnknownModule,
    UnknownRecord,
)
from notifications.domain.notification import Event, Notification, Origin, check_schedule
from notifications.domain.recipients import Module, TargetUserRecord
from notifications.ports import Ports
from notifications.usecases.enqueue import enqueue_if_soon
from notifications.usecases.listing import with_contents
from notifications.usecases.recipients import target_named

DEFAULT_MAX_RETRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a caller asks for. Either `target_user_record`, or `user` and perhaps `targets`."""

    target_user_record: str | None = None
    user: str | None = None
    targets: Sequence[str] | None = None  #: names or ids; None for all
    title: str
    body: str
    extra: dict[str, Any]
    scheduled_delivery: datetime | None = None  #: None, or a past time, for now
    deliver_before: datetime | None = None
    retry_time_interval: int | None = None  #: seconds; None for the module's own
    max_retries: int | None = None
    idempotency_key: str | None = None

    @property
    def fingerprint(self) -> str:
        """Of all that the caller said: the same key must come with the same of these.

        Raises:
            InvalidInput: it is not valid JSON.

        """
        said = {
            name: str(value) if isinstance(value, datetime) else value
            for name in self.__dataclass_fields__
            if (value := getattr(self, name)) is not None
        }
        text = as_json("extra", dict(sorted(said.items())))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


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
        kept = self.ports.contents.keep(
            [(each.id, each.content, each.scheduled_delivery) for each in planned]
        )
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


class Planner:
    """Turns drafts into notifications, all that they need to know read at once."""

    def __init__(self, ports: Ports, caller: str, now: datetime, drafts: Sequence[Draft]) -> None:
        self.caller = caller
        self.now = now
        self.check_extra = ports.check_extra
        self.targets = ports.targets.all() if drafts else []
        self.modules = {each.name: each for each in ports.modules.all()} if drafts else {}
        self.by_id = ports.records.get(
            {each.target_user_record for each in drafts if each.target_user_record}
        )
        self.by_user = {
            user: ports.records.of_user(user)
            for user in {each.user for each in drafts if each.user is not None}
        }
        self.opt_outs = ports.opt_outs.get(
            {*self.by_user, *(record.user for record in self.by_id.values())}
        )

    def plan(self, draft: Draft) -> list[Notification]:
        """Return the notifications of one draft: SCHEDULED, not yet stored.

        Raises:
            NotificationError: as `schedule`.

        """
        content = Content.checked(draft.title, draft.body, draft.extra)
        due = max(draft.scheduled_delivery or self.now, self.now)
        check_schedule(now=self.now, scheduled_delivery=due, deliver_before=draft.deliver_before)
        records = self._records(draft)
        opt_out = self.opt_outs.get(records[0].user)
        if opt_out is not None and opt_out.active:
            raise OptedOut
        return [
            self._notification(draft, place, len(records), record, content, due)
            for place, record in enumerate(records)
        ]

    def _records(self, draft: Draft) -> list[TargetUserRecord]:
        if draft.target_user_record is not None:
            record = self.by_id.get(draft.target_user_record)
            if record is None:
                raise UnknownRecord(f"there is no target user record {draft.target_user_record}")
            if not record.active:
                raise NoActiveRecords(f"the target user record {record.id} is not active")
            return [record]
        wanted = (
            None
            if draft.targets is None
            else {target_named(self.targets, name).id for name in draft.targets}
        )
        user = draft.user or ""
        records = [
            each
            for each in self.by_user.get(user, [])
            if each.active and (wanted is None or each.target in wanted)
        ]
        if not records:
            opt_out = self.opt_outs.get(user)
            raise OptedOut if opt_out is not None and opt_out.active else NoActiveRecords
        return records

    def _notification(
        self,
        draft: Draft,
        place: int,
        siblings: int,
        record: TargetUserRecord,
        content: Content,
        due: datetime,
    ) -> Notification:
        module = self._module(record)
        self.check_extra(module, draft.extra)
        origin = Origin(draft.fingerprint, siblings) if draft.idempotency_key else None
        interval = draft.retry_time_interval
        return Notification(
            id=notification_id(self.caller, draft, place),
            user=record.user,
            target=record.target,
            target_user_record=record.id,
            module=module.name,
            content=content,
            scheduled_delivery=due,
            deliver_before=draft.deliver_before,
            retry_time_interval=module.retry_time_interval if interval is None else interval,
            max_retries=DEFAULT_MAX_RETRIES if draft.max_retries is None else draft.max_retries,
            due_at=due,
            origin=origin,
            timeline=(Event(self.now, "scheduled"),),
            created_at=self.now,
            updated_at=self.now,
        )

    def _module(self, record: TargetUserRecord) -> Module:
        target = next((each for each in self.targets if each.id == record.target), None)
        module = self.modules.get(target.notification_module_name) if target else None
        if module is None:
            raise UnknownModule
        return module


def notification_id(caller: str, draft: Draft, place: int) -> str:
    """Return the id of the n-th notification of a request."""
    if draft.idempotency_key is None:
        return str(uuid4())
    return str(uuid5(NAMESPACE_URL, as_json("id", [caller, draft.idempotency_key, place])))
