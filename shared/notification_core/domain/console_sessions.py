"""People who use the console: their roles, and the session of each sign-in."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

#: How long a session lasts. Nothing extends it.
LIFETIME = timedelta(hours=12)
#: How old the roles of a session may be before they are read again.
ROLES_FRESH = timedelta(minutes=10)
#: How long a subject stays unmasked after the entry in the audit log that permits it.
UNMASKED = timedelta(minutes=5)


class Role(StrEnum):
    """What a person may do. Each role is a group of the user pool with the same name."""

    SUPPORT = "support"  #: find, read masked, explain, retry one notification
    OPERATOR = "operator"  #: pause, resume, retry by filter, cancel, reschedule, opt out
    AUTHOR = "author"  #: templates
    ADMIN = "admin"  #: all of these, and targets, unmasking, export and erasure


def roles_of(groups: Iterable[str]) -> frozenset[Role]:
    """Return the roles that groups give; a group that is not a role gives none."""
    names = set(groups)
    return frozenset(role for role in Role if role.value in names)


@dataclass(frozen=True, slots=True)
class Person:
    """A person who may sign in, as the user pool describes them now."""

    username: str  #: the user pool's own id, which never changes
    name: str  #: what the audit log shows: the e-mail address, or else the username
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in of one person. Only the hash of its secret id is stored."""

    id_hash: str
    username: str
    name: str
    roles: frozenset[Role]
    csrf_token: str  #: every form of this session contains it
    created_at: datetime
    roles_read_at: datetime
    #: Until when each subject is unmasked in this session, by `subject_key`.
    unmasked_until: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def expires_at(self) -> datetime:
        """When the session ends."""
        return self.created_at + LIFETIME

    def is_over(self, now: datetime) -> bool:
        """Whether the session has ended."""
        return now >= self.expires_at

    def has_old_roles(self, now: datetime) -> bool:
        """Whether the roles must be read again."""
        return now >= self.roles_read_at + ROLES_FRESH

    def with_person(self, person: Person, now: datetime) -> Self:
        """Return the session with the person as the user pool describes them now."""
        return replace(self, name=person.name, roles=person.roles, roles_read_at=now)

    def unmasking(self, subject: str, now: datetime) -> Self:
        """Return the session with one more unmasked subject, without those that are over."""
        kept = {key: until for key, until in self.unmasked_until.items() if until > now}
        kept[subject_key(subject)] = now + UNMASKED
        return replace(self, unmasked_until=kept)

    def unmasks(self, subject: str, now: datetime) -> bool:
        """Whether a subject is unmasked."""
        until = self.unmasked_until.get(subject_key(subject))
        return until is not None and now < until


def session_hash(session_id: str) -> str:
    """Return what is stored of a session's id, which the browser alone knows."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def subject_key(subject: str) -> str:
    """Return the key of an unmasked subject, which names no user."""
    return hashlib.sha256(subject.encode()).hexdigest()[:32]
