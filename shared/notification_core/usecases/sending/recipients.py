"""The records of the recipients that requests name by address: `to`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from notification_core.domain.addresses import (
    MAX_USER,
    Target,
    TargetUserRecord,
    find_target,
    spellings,
    user_of_address,
)
from notification_core.domain.consent import OptOut
from notification_core.domain.errors import (
    BeingErased,
    FieldError,
    InvalidInput,
    NoActiveRecords,
    NotificationError,
    OptedOut,
    UnknownTarget,
)
from notification_core.domain.modules import Module
from notification_core.usecases.administration.registration import (
    Registration,
    RegistrationPorts,
    add_new,
    module_of,
)
from notification_core.usecases.consent.suppression import find_suppressions, with_suppressions
from notification_core.usecases.sending.draft import Draft, Recipient, user_of

#: A user, a target's id and an address in its normalised spelling.
_Key = tuple[str, str, str]


class RecipientPorts(RegistrationPorts, Protocol):
    """The ports that this needs."""


class Recipients:
    """Finds the records of recipients; a recipient who is not registered gets a new record.

    New records are not stored until `register`, so that a refused request registers nothing.

    Args:
        ports: the ports of the use case.
        now: the time of the request.
        drafts: the requests that name recipients.
        targets: the deployed targets by id.
        modules: the deployed modules by name.
    """

    def __init__(
        self,
        ports: RecipientPorts,
        now: datetime,
        drafts: Iterable[Draft],
        targets: Mapping[str, Target],
        modules: Mapping[str, Module],
    ) -> None:
        self._ports, self._now = ports, now
        self._targets, self._modules = targets, modules
        recipients = list(dict.fromkeys(entry for draft in drafts for entry in draft.to or ()))
        users = {user_of(recipient) for recipient in recipients}
        self._by_user = ports.records.list_by_users(filter(_is_user, users))
        self._new: dict[_Key, TargetUserRecord | NotificationError] = {}
        self._new_ids: set[str] = set()
        self._consent = _Consent(ports, now, recipients)

    def records(self, draft: Draft, category: str | None) -> list[TargetUserRecord]:
        """Return a record for each address of a draft, in order and without repetitions.

        `category` is that of the notifications, for the opt-outs.

        Raises:
            NotificationError: UnknownTarget, UnknownModule, InvalidInput, OptedOut, BeingErased or
                NoActiveRecords; the error names the entry.
        """
        records: dict[str, TargetUserRecord] = {}
        invalid: list[FieldError] = []
        opted_out: list[FieldError] = []
        inactive: list[FieldError] = []
        for place, recipient in enumerate(draft.to or ()):
            field = f"to.{place}"
            try:
                record = self._record(recipient, field)
            except InvalidInput as error:
                invalid += error.fields
                continue
            records[record.id] = record
            if self._is_opted_out(category, recipient, record):
                opted_out.append(FieldError(field, "a person with this address has opted out"))
            if not record.active:
                inactive.append(FieldError(field, f"its record {record.id} is not active"))
        for kind, fields in (
            (InvalidInput, invalid),
            (OptedOut, opted_out),
            (NoActiveRecords, inactive),
        ):
            if fields:
                raise kind(_text(fields), tuple(fields))
        return list(records.values())

    def register(self, ids: Collection[str]) -> bool:
        """Store the new records with these ids; return whether all of them were stored.

        If one was not, because of an error or because another request was faster, `records`
        raises the error or returns the stored record from then on.
        """
        new = {
            key: record
            for key, record in self._new.items()
            if isinstance(record, TargetUserRecord) and record.id in ids
        }
        results = add_new(self._ports, list(new.values()))
        for key, result in zip(new, results, strict=True):
            self._new[key] = result.record if isinstance(result, Registration) else result
        return all(isinstance(result, Registration) and result.created for result in results)

    def _record(self, recipient: Recipient, field: str) -> TargetUserRecord:
        try:
            target = find_target(self._targets.values(), recipient.target)
        except UnknownTarget as error:
            fields = (FieldError(f"{field}.target", error.detail),)
            raise UnknownTarget(f"{field}.target: {error.detail}", fields) from error
        try:
            module_of(target, self._modules).check_address(recipient.address)
        except InvalidInput as error:
            raise InvalidInput.of(f"{field}.address", error.fields[0].message) from error
        user = user_of(recipient)
        if not _is_user(user):
            message = f"is required, because the address has more than {MAX_USER} characters"
            raise InvalidInput.of(f"{field}.user", message)
        existing = self._existing(user, target, recipient.address)
        return existing or self._added(user, target, recipient.address)

    def _existing(self, user: str, target: Target, address: str) -> TargetUserRecord | None:
        """Return the user's record of an address: in the same spelling, or else in another."""
        records = [record for record in self._by_user.get(user, []) if record.target == target.id]
        same = [record for record in records if record.target_user_id == address]
        name = user_of_address(address)
        similar = [record for record in records if user_of_address(record.target_user_id) == name]
        return next(iter(same + similar), None)

    def _added(self, user: str, target: Target, address: str) -> TargetUserRecord:
        """Return the new record of an address, the same for every spelling."""
        key = (user, target.id, user_of_address(address))
        if key not in self._new:
            new = TargetUserRecord(
                id=str(uuid4()),
                user=user,
                target=target.id,
                target_user_id=address,
                created_at=self._now,
                updated_at=self._now,
            )
            self._new[key] = new
            self._new_ids.add(new.id)
        record = self._new[key]
        if isinstance(record, NotificationError):
            raise record
        return record

    def _is_opted_out(
        self, category: str | None, recipient: Recipient, record: TargetUserRecord
    ) -> bool:
        if module_of(self._targets[record.target], self._modules).is_mandatory(category):
            return False
        is_new = record.id in self._new_ids
        return self._consent.refuses(recipient, record, category, is_new=is_new)


class _Consent:
    """The opt-outs of everyone who has, or has had, the recipients' addresses."""

    def __init__(
        self, ports: RecipientPorts, now: datetime, recipients: Sequence[Recipient]
    ) -> None:
        self._now = now
        forms = {
            form
            for recipient in recipients
            if recipient.user is None
            for form in spellings(recipient.address)
        }
        self._holders: dict[str, set[str]] = {}
        for record in ports.records.find_by_addresses(forms) if forms else ():
            name = user_of_address(record.target_user_id)
            self._holders.setdefault(name, set()).add(record.user)
        users = {user for recipient in recipients if _is_user(user := user_of(recipient))}
        self._opt_outs = ports.opt_outs.get(users.union(*self._holders.values()))
        pairs = [(user_of(recipient), recipient.address) for recipient in recipients]
        self._suppressions = dict(zip(recipients, find_suppressions(ports, pairs), strict=True))

    def refuses(
        self, recipient: Recipient, record: TargetUserRecord, category: str | None, *, is_new: bool
    ) -> bool:
        """Whether a notification must not be sent to a recipient.

        Without a user id nobody knows which of the persons with the address is meant, so that the
        opt-out of each of them applies, and that of an erased person.

        Raises:
            BeingErased: the user is being erased.
        """
        ledger = self._opt_outs.get(record.user) or OptOut.begun(record.user, self._now)
        if ledger.is_being_erased:
            raise BeingErased
        by_address = recipient.user is None
        if by_address or is_new:  # registering copies these entries
            ledger = with_suppressions(ledger, self._suppressions[recipient], self._now)
        holders = self._holders.get(user_of_address(recipient.address), ()) if by_address else ()
        ledgers = [self._opt_outs[user] for user in holders if user in self._opt_outs]
        return any(other.covers(record.target, category) for other in [ledger, *ledgers])


def _is_user(user: str) -> bool:
    return bool(user.strip()) and len(user) <= MAX_USER


def _text(fields: Sequence[FieldError]) -> str:
    return "; ".join(f"{field.field}: {field.message}" for field in fields[:5])
