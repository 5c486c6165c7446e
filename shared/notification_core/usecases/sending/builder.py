"""Build notifications from a caller's request, without storing them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Protocol, TypeAlias

from notification_core.domain.addresses import TargetUserRecord, check_text, find_target, is_id
from notification_core.domain.claim import Origin
from notification_core.domain.consent_scopes import EVERYTHING, check_category
from notification_core.domain.content import Content
from notification_core.domain.errors import (
    InvalidInput,
    NoActiveRecords,
    OptedOut,
    UnknownModule,
    UnknownRecord,
    UnknownTarget,
    check_all,
)
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.notification_attributes import MAX_REFERENCE
from notification_core.domain.schedule import check_retries, check_schedule
from notification_core.domain.timeline import EventKind, TimelineEvent
from notification_core.ports import HasCheckExtra
from notification_core.usecases.deployed import read_deployed
from notification_core.usecases.sending.draft import Draft, notification_id
from notification_core.usecases.sending.draft_contents import DraftContents, PlacedContent
from notification_core.usecases.sending.draft_templates import (
    DraftTemplatePorts,
    DraftTemplates,
)
from notification_core.usecases.sending.missing_records import explain_missing_records
from notification_core.usecases.sending.recipients import RecipientPorts, Recipients

if TYPE_CHECKING:
    from notification_core.usecases.sending.template_contents import TemplateContents

DEFAULT_MAX_RETRIES = 3

#: What a draft has to say: texts, or a template with data.
Written: TypeAlias = "DraftContents | TemplateContents"


class BuilderPorts(RecipientPorts, DraftTemplatePorts, HasCheckExtra, Protocol):
    """The ports that these use cases need."""


class NotificationBuilder:
    """Builds notifications from drafts, after reading all required data at once."""

    def __init__(
        self, ports: BuilderPorts, caller: str, now: datetime, drafts: Sequence[Draft]
    ) -> None:
        self.caller = caller
        self.now = now
        self.ports = ports
        self.drafts = drafts
        ids = {draft.target_user_record or "" for draft in drafts}
        self.by_id = ports.records.get({id_ for id_ in ids if is_id(id_)})
        users = {draft.user for draft in drafts if draft.user is not None}
        self.by_user = ports.records.list_by_users(users)
        self.opt_outs = ports.opt_outs.get(
            {*users, *(record.user for record in self.by_id.values())}
        )
        records = [*self.by_id.values(), *chain.from_iterable(self.by_user.values())]
        named = {target for draft in drafts for target in draft.targets or ()}
        named |= {recipient.target for draft in drafts for recipient in draft.to or ()}
        self.targets, self.modules = read_deployed(
            ports, named | {record.target for record in records}
        )
        self.templates = DraftTemplates(ports, drafts, {record.user for record in records})

    @cached_property
    def recipients(self) -> Recipients:
        """The recipients of all drafts, read at the first use, because few drafts have any."""
        drafts = [draft for draft in self.drafts if draft.to is not None]
        return Recipients(self.ports, self.now, drafts, self.targets, self.modules)

    def register(self, plans: Iterable[Sequence[Notification]]) -> bool:
        """Store the new records of these plans; return whether the plans are still valid.

        If they are not, the drafts with `to` have to be planned again.
        """
        if all(draft.to is None for draft in self.drafts):
            return True
        ids = {planned.target_user_record for plan in plans for planned in plan}
        return self.recipients.register(ids)

    def plan(self, draft: Draft) -> list[Notification]:
        """Return the notifications of one draft: EventKind.SCHEDULED, not yet stored.

        Raises:
            NotificationError: as `schedule`.
        """
        written = self._written(draft)
        due = max(draft.scheduled_delivery or self.now, self.now)
        check_schedule(now=self.now, scheduled_delivery=due, deliver_before=draft.deliver_before)
        if written.category is not None:
            check_category(written.category)
        if draft.reference is not None:
            check_text("reference", draft.reference, MAX_REFERENCE)
        records = [
            record
            for record in self._records(draft, written.category)
            if not self._is_opted_out(written.category, record)
        ]
        if not records:
            raise OptedOut
        written.check_channels(self._channels(written))
        contents = self._contents(written, records)
        lead, *others = records
        origin = self._origin(draft, others)
        return [
            self._notification(draft, None, lead, contents[lead.id], due, origin),
            *self._siblings(draft, others, contents, due),
        ]

    def siblings(
        self, draft: Draft, lead: Notification, records: Collection[str]
    ) -> list[Notification]:
        """Return the notifications that `plan` returned with this lead, for existing records.

        The check before the send verifies that the records are active and have not opted out, as
        if the siblings had been stored with their lead.
        """
        if draft.to is None:
            registered = self._reachable(draft.user or "")
        else:
            registered = list(self.ports.records.get(records).values())
        existing = [
            record
            for record in registered
            if record.id in records and record.target in self.targets
        ]
        written = self._written(draft, lead.content)
        contents = self._contents(written, existing)
        # The lead's own time may have been changed since.
        due = max(draft.scheduled_delivery or self.now, self.now)
        return self._siblings(draft, existing, contents, due)

    def _written(self, draft: Draft, lead: Content | None = None) -> Written:
        """Return what a draft has to say; `lead` is what its first notification says.

        Raises:
            InvalidInput: the template cannot be used, or the data or a text is not valid.
        """
        if draft.template is None:
            return DraftContents(draft)
        return self.templates.contents(draft, lead)

    def _siblings(
        self,
        draft: Draft,
        records: Sequence[TargetUserRecord],
        contents: Mapping[str, PlacedContent],
        due: datetime,
    ) -> list[Notification]:
        origin = self._origin(draft, [])
        return [
            self._notification(draft, record.id, record, contents[record.id], due, origin)
            for record in records
        ]

    def _origin(self, draft: Draft, others: Sequence[TargetUserRecord]) -> Origin | None:
        if draft.idempotency_key is None:
            return None
        return Origin(draft.fingerprint, tuple(record.id for record in others))

    def _channels(self, written: Written) -> set[str]:
        """Return the deployed channels, read again if the draft names one that may be new."""
        channels = {module.channel for module in self.modules.values()}
        if written.channels <= channels:
            return channels
        return {module.channel for module in self.ports.modules.all()}

    def _contents(
        self, written: Written, records: Sequence[TargetUserRecord]
    ) -> dict[str, PlacedContent]:
        """Return the content for each record, by the record's id.

        Raises:
            InvalidInput: it names the targets that cannot send theirs.
        """
        contents: dict[str, PlacedContent] = {}
        unsuitable: dict[str, InvalidInput] = {}
        for record in records:
            name = self.targets[record.target].name
            try:
                contents[record.id] = written.content_for(self._module(record), name, record.user)
            except InvalidInput as error:
                unsuitable[record.target] = error
        if unsuitable:
            raise InvalidInput.listing(
                field for error in unsuitable.values() for field in error.fields
            )
        return contents

    def _records(self, draft: Draft, category: str | None) -> list[TargetUserRecord]:
        if draft.to is not None:
            return self.recipients.records(draft, category)
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
            stored = self.by_user.get(user, [])
            raise NoActiveRecords(explain_missing_records(user, stored, self.targets, wanted))
        return records

    def _reachable(self, user: str) -> list[TargetUserRecord]:
        """Return a user's records, except those whose target has been removed."""
        return [record for record in self.by_user.get(user, []) if record.target in self.targets]

    def _is_opted_out(self, category: str | None, record: TargetUserRecord) -> bool:
        """Whether the user has opted out of a category in this record's target."""
        opt_out = self.opt_outs.get(record.user)
        if opt_out is None or self._module(record).is_mandatory(category):
            return False
        return opt_out.covers(record.target, category)

    def _notification(
        self,
        draft: Draft,
        sibling_of: str | None,
        record: TargetUserRecord,
        placed: PlacedContent,
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
                partial(self._check_extra, module, placed),
                partial(check_retries, now=self.now, scheduled_delivery=due, **retries),
            ]
        )
        return Notification(
            id=notification_id(self.caller, draft, sibling_of),
            user=record.user,
            target=record.target,
            target_user_record=record.id,
            module=module.name,
            category=placed.category,
            reference=draft.reference,
            content=placed.content,
            sms=placed.sms and replace(placed.sms, culprits=()),
            scheduled_delivery=due,
            deliver_before=draft.deliver_before,
            retry_time_interval=interval,
            max_retries=max_retries,
            due_at=due,
            origin=origin,
            timeline=(TimelineEvent(self.now, EventKind.SCHEDULED, placed.explanation),),
            created_at=self.now,
            updated_at=self.now,
        )

    def _check_extra(self, module: Module, placed: PlacedContent) -> None:
        try:
            self.ports.check_extra(module, placed.extra)
        except InvalidInput as error:
            raise error.under(placed.path) from error

    def _module(self, record: TargetUserRecord) -> Module:
        target = self.targets.get(record.target)
        module = self.modules.get(target.notification_module_name) if target else None
        if module is None:
            raise UnknownModule
        return module
