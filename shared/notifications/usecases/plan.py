"""Turn what a caller asks for into notifications, not yet stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from notifications.domain.claim import Origin
from notifications.domain.consent import EVERYTHING, check_category
from notifications.domain.content import Content, as_json
from notifications.domain.errors import (
    NoActiveRecords,
    OptedOut,
    UnknownModule,
    UnknownRecord,
)
from notifications.domain.modules import Module
from notifications.domain.notification import Notification
from notifications.domain.recipients import TargetUserRecord, is_id, target_named
from notifications.domain.schedule import check_retries, check_schedule
from notifications.domain.timeline import SCHEDULED, Event
from notifications.ports import Ports

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
    category: str | None = None
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
        text = as_json("extra", said)
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


class Planner:
    """Turns drafts into notifications, all that they need to know read at once."""

    def __init__(self, ports: Ports, caller: str, now: datetime, drafts: Sequence[Draft]) -> None:
        self.caller = caller
        self.now = now
        self.check_extra = ports.check_extra
        self.targets = ports.targets.all() if drafts else []
        self.modules = {each.name: each for each in ports.modules.all()} if drafts else {}
        self.by_id = ports.records.get(
            {
                each.target_user_record
                for each in drafts
                if each.target_user_record and is_id(each.target_user_record)
            }
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
        if draft.category is not None:
            check_category(draft.category)
        records = [each for each in self._records(draft) if not self._is_refused(draft, each)]
        if not records:
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
            everything = opt_out is not None and EVERYTHING in opt_out.scopes
            raise OptedOut if everything else NoActiveRecords
        return records

    def _is_refused(self, draft: Draft, record: TargetUserRecord) -> bool:
        """Whether its user has said no to this, by this target; others may still be reached."""
        opt_out = self.opt_outs.get(record.user)
        if opt_out is None or self._module(record).is_mandatory(draft.category):
            return False
        return opt_out.covers(record.target, draft.category)

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
        interval = module.retry_time_interval if interval is None else interval
        max_retries = DEFAULT_MAX_RETRIES if draft.max_retries is None else draft.max_retries
        check_retries(
            now=self.now, scheduled_delivery=due, interval=interval, max_retries=max_retries
        )
        return Notification(
            id=notification_id(self.caller, draft, place),
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
            timeline=(Event(self.now, SCHEDULED),),
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
