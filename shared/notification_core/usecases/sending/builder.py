"""Build notifications from a caller's request, without storing them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Protocol

from notification_core.domain.addresses import Target, TargetUserRecord, find_target, is_id
from notification_core.domain.claim import Origin
from notification_core.domain.consent_scopes import EVERYTHING, check_category
from notification_core.domain.content import Content
from notification_core.domain.errors import (
    NoActiveRecords,
    OptedOut,
    UnknownModule,
    UnknownRecord,
    UnknownTarget,
    check_all,
)
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.schedule import check_retries, check_schedule
from notification_core.domain.timeline import EventKind, TimelineEvent
from notification_core.ports import HasCheckExtra, HasModules, HasOptOuts, HasRecords, HasTargets
from notification_core.usecases.sending.draft import Draft, notification_id

DEFAULT_MAX_RETRIES = 3


class BuilderPorts(HasCheckExtra, HasModules, HasOptOuts, HasRecords, HasTargets, Protocol):
    """The ports that these use cases need."""


class NotificationBuilder:
    """Builds notifications from drafts, after reading all required data at once."""

    def __init__(
        self, ports: BuilderPorts, caller: str, now: datetime, drafts: Sequence[Draft]
    ) -> None:
        self.caller = caller
        self.now = now
        self.check_extra = ports.check_extra
        ids = {draft.target_user_record or "" for draft in drafts}
        self.by_id = ports.records.get({id_ for id_ in ids if is_id(id_)})
        users = {draft.user for draft in drafts if draft.user is not None}
        self.by_user = ports.records.list_by_users(users)
        self.opt_outs = ports.opt_outs.get(
            {*users, *(record.user for record in self.by_id.values())}
        )
        records = [*self.by_id.values(), *chain.from_iterable(self.by_user.values())]
        named = {target for draft in drafts for target in draft.targets or ()}
        self.targets, self.modules = _deployed(ports, named | {record.target for record in records})

    def plan(self, draft: Draft) -> list[Notification]:
        """Return the notifications of one draft: EventKind.SCHEDULED, not yet stored.

        Raises:
            NotificationError: as `schedule`.
        """
        content = Content.checked(draft.title, draft.body, draft.extra)
        due = max(draft.scheduled_delivery or self.now, self.now)
        check_schedule(now=self.now, scheduled_delivery=due, deliver_before=draft.deliver_before)
        if draft.category is not None:
            check_category(draft.category)
        records = [
            record for record in self._records(draft) if not self._is_opted_out(draft, record)
        ]
        if not records:
            raise OptedOut
        lead, *others = records
        origin = self._origin(draft, others)
        return [
            self._notification(draft, None, lead, content, due, origin),
            *self._siblings(draft, others, content, due),
        ]

    def siblings(
        self, draft: Draft, lead: Notification, records: Collection[str]
    ) -> list[Notification]:
        """Return the notifications that `plan` returned with this lead, for existing records.

        The check before the send verifies that the records are active and have not opted out, as
        if the siblings had been stored with their lead.
        """
        content = Content.checked(draft.title, draft.body, draft.extra)
        existing = [record for record in self._reachable(draft.user or "") if record.id in records]
        return self._siblings(draft, existing, content, lead.scheduled_delivery)

    def _siblings(
        self, draft: Draft, records: Sequence[TargetUserRecord], content: Content, due: datetime
    ) -> list[Notification]:
        origin = self._origin(draft, [])
        return [
            self._notification(draft, record.id, record, content, due, origin) for record in records
        ]

    def _origin(self, draft: Draft, others: Sequence[TargetUserRecord]) -> Origin | None:
        if draft.idempotency_key is None:
            return None
        return Origin(draft.fingerprint, tuple(record.id for record in others))

    def _records(self, draft: Draft) -> list[TargetUserRecord]:
        if draft.target_user_record is not None:
            record = self.by_id.get(draft.target_user_record)
            if record is None:
                raise UnknownRecord(f"there is no target user record {draft.target_user_record}")
            if record.target not in self.targets:
                raise UnknownTarget(
                    f"the target of target user record {record.id} was removed; remove the record"
                )
            if not record.active:
                raise NoActiveRecords(f"the target user record {record.id} is not active")
            return [record]
        wanted = (
            None
            if draft.targets is None
            else {find_target(self.targets.values(), name).id for name in draft.targets}
        )
        user = draft.user or ""
        records = [
            record
            for record in self._reachable(user)
            if record.active and (wanted is None or record.target in wanted)
        ]
        if not records:
            opt_out = self.opt_outs.get(user)
            everything = opt_out is not None and EVERYTHING in opt_out.scopes
            if everything:
                raise OptedOut
            raise NoActiveRecords(self._orphans(user) or self._without_records(user, wanted))
        return records

    def _reachable(self, user: str) -> list[TargetUserRecord]:
        """Return a user's records, except those whose target has been removed."""
        return [record for record in self.by_user.get(user, []) if record.target in self.targets]

    def _orphans(self, user: str) -> str | None:
        """Return an error message if the targets of a user's active records were removed."""
        reachable = self._reachable(user)
        active = [record for record in self.by_user.get(user, []) if record.active]
        orphans = [record.id for record in active if record not in reachable]
        if not orphans:
            return None
        listed = ", ".join(orphans[:3])
        return f"the targets of the target user records {listed} were removed; remove the records"

    def _without_records(self, user: str, wanted: Collection[str] | None) -> str:
        """Return an error message for a user without an active record in the wanted targets."""
        records = self.by_user.get(user, [])
        in_targets = [record for record in records if wanted is None or record.target in wanted]
        if not records:
            cause = f"No address of {user!r} is registered"
        elif not in_targets:
            cause = f"No address of {user!r} is registered in these targets"
        else:
            ids = ", ".join(record.id for record in in_targets[:3])
            return (
                f"No address of {user!r} is active: reactivate one of the target user records"
                f" {ids} with PATCH /target-user-records/{{id}}, or register another"
            )
        return f"{cause}; register one with POST /target-user-records"

    def _is_opted_out(self, draft: Draft, record: TargetUserRecord) -> bool:
        """Whether the user has opted out of this draft in this record's target."""
        opt_out = self.opt_outs.get(record.user)
        if opt_out is None or self._module(record).is_mandatory(draft.category):
            return False
        return opt_out.covers(record.target, draft.category)

    def _notification(
        self,
        draft: Draft,
        sibling_of: str | None,
        record: TargetUserRecord,
        content: Content,
        due: datetime,
        origin: Origin | None,
    ) -> Notification:
        module = self._module(record)
        interval = draft.retry_time_interval
        interval = module.retry_time_interval if interval is None else interval
        max_retries = DEFAULT_MAX_RETRIES if draft.max_retries is None else draft.max_retries
        retries = {"interval": interval, "max_retries": max_retries}
        check_all(
            [
                partial(self.check_extra, module, draft.extra),
                partial(check_retries, now=self.now, scheduled_delivery=due, **retries),
            ]
        )
        return Notification(
            id=notification_id(self.caller, draft, sibling_of),
            user=record.user,
            target=record.target,
            target_user_record=record.id,
            module=module.name,
            category=draft.category,
            content=content,
            scheduled_delivery=due,
            deliver_before=draft.deliver_before,
            retry_time_interval=interval,
            max_retries=max_retries,
            due_at=due,
            origin=origin,
            timeline=(TimelineEvent(self.now, EventKind.SCHEDULED),),
            created_at=self.now,
            updated_at=self.now,
        )

    def _module(self, record: TargetUserRecord) -> Module:
        target = self.targets.get(record.target)
        module = self.modules.get(target.notification_module_name) if target else None
        if module is None:
            raise UnknownModule
        return module


def _deployed(ports: BuilderPorts, wanted: set[str]) -> tuple[dict[str, Target], dict[str, Module]]:
    """Return the targets by id and the modules by name, from a cache of a few seconds.

    They are read again if a `wanted` id or name is missing, because it may have been added since.
    """
    if not wanted:
        return {}, {}
    targets, modules = ports.targets.recent(), ports.modules.recent()
    if not _are_known(wanted, targets, modules):
        targets, modules = ports.targets.all(), ports.modules.all()
    by_id = {target.id: target for target in targets}
    return by_id, {module.name: module for module in modules}


def _are_known(wanted: set[str], targets: Iterable[Target], modules: Iterable[Module]) -> bool:
    matching = [target for target in targets if target.id in wanted or target.name in wanted]
    names = {name for target in matching for name in (target.id, target.name)}
    handlers = {target.notification_module_name for target in matching}
    return wanted <= names and handlers <= {module.name for module in modules}
