"""The stores of addresses, opt-outs, jobs and evidence."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.consent import OptOut
from notification_core.domain.erasure import SuppressionEntry
from notification_core.domain.errors import NotificationError
from notification_core.domain.jobs import Job
from notification_core.domain.user_settings import UserSettings


class RecordStore(Protocol):
    """Target user records."""

    def add(self, record: TargetUserRecord) -> None:
        """Add a record. Raises RecordExists, UnknownTarget."""
        ...

    def add_all(self, records: Sequence[TargetUserRecord]) -> list[NotificationError | None]:
        """Add records with distinct addresses, as `add`; return the error of each, or None."""
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

    def find_by_addresses(self, addresses: Iterable[str]) -> list[TargetUserRecord]:
        """Return every record with one of these addresses, as `find_by_address`."""
        ...


class UserSettingsStore(Protocol):
    """The settings of users."""

    def put(self, settings: UserSettings) -> None:
        """Store a user's settings, in place of earlier ones; empty settings remove them."""
        ...

    def get(self, users: Iterable[str]) -> dict[str, UserSettings]:
        """Return the settings that exist (strongly consistent). One request covers many users."""
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

    def put(self, entries: Iterable[SuppressionEntry]) -> None:
        """Store each under its hash, and replace an existing entry."""
        ...

    def get(self, hashes: Iterable[str]) -> list[SuppressionEntry]:
        """Return the entries that exist (strongly consistent)."""
        ...

    def remove(self, entries: Iterable[SuppressionEntry]) -> None:
        """Remove each entry."""
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

    def running(self) -> list[str]:
        """Return ids of running jobs, that which stalls first as the first.

        This is one page of an index that may be outdated, as `stalled`.
        """
        ...

    def list_month(self, month: str, limit: int, before: str | None = None) -> Sequence[Job]:
        """List the jobs of a month, newest first, only those before a position if one is given.

        There are `limit` jobs if the month has as many. The index may lag behind, so that a job of
        the last second may be missing. The listed jobs are as they are stored now.
        """
        ...


class EvidenceStore(Protocol):
    """The stored evidence of dead letters."""

    def put(self, name: str, text: str) -> None:
        """Store a text under a name; a second text under the same name replaces the first."""
        ...
