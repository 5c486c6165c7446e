"""The ledger of what a user said no to: how far each no reaches, when and how it was said."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from notifications.domain.errors import InvalidInput
from notifications.domain.recipients import MAX_USER, check_text

#: The scope of a no to everything.
EVERYTHING = "everything"

CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
MAX_SCOPES = 100  #: that one user may have said something about
MAX_ENTRIES = 200  #: of a ledger; the oldest that are overruled go first
MAX_EVIDENCE = 256  #: characters


class Door(StrEnum):
    """By which way a user's word came in."""

    API = "api"  #: the application said so
    REPLY = "reply"  #: a text message such as STOP or START
    REFUSAL = "refusal"  #: the provider refused to send: the recipient told it to stop
    COMPLAINT = "complaint"  #: the recipient called it spam
    ONE_CLICK = "one-click"  #: the unsubscribe link of an e-mail (RFC 8058)
    ERASURE = "erasure"  #: the user is being erased
    TOMBSTONE = "tombstone"  #: an erased person with this id or address had said no


#: By these the same word may be told to us twice, long after another one.
REPEATING = frozenset({Door.REPLY, Door.REFUSAL, Door.COMPLAINT, Door.TOMBSTONE})


def target_scope(target_id: str) -> str:
    """Return the scope of a no to one target."""
    return f"target:{target_id}"


def category_scope(category: str) -> str:
    """Return the scope of a no to one category, in any target.

    Raises:
        InvalidInput: it is no category.
    """
    check_category(category)
    return f"category:{category}"


def check_category(category: str, name: str = "category") -> None:
    """Refuse what is no category.

    Raises:
        InvalidInput: naming the field and what a category looks like.
    """
    if not CATEGORY.fullmatch(category):
        message = "must be 1 to 64 letters, digits, or any of . _ : - after the first"
        raise InvalidInput.of(name, message)


def narrowest_scope(target_id: str, category: str | None) -> str:
    """Return the scope of a no to one notification: its category, or else its target."""
    return target_scope(target_id) if category is None else category_scope(category)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One word of a user, and the evidence of it."""

    scope: str
    active: bool  #: true for a no
    at: datetime
    door: Door
    evidence: str = ""  #: the provider's id of it, or who signed the request


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """NotificationOptOut: one a user, whole or in part."""

    user: str
    entries: tuple[Entry, ...]  #: oldest first
    created_at: datetime
    updated_at: datetime
    revision: int = 0  #: grows by one each time it is stored

    def __post_init__(self) -> None:
        check_text("user", self.user, MAX_USER)

    @classmethod
    def begun(cls, user: str, now: datetime) -> Self:
        """Return the empty ledger of a user who has said nothing yet."""
        return cls(user=user, entries=(), created_at=now, updated_at=now)

    @property
    def scopes(self) -> frozenset[str]:
        """What must not go now: what the user said no to, and what an erasure holds back."""
        return self.own_scopes | _standing(self._by_erasure(True))

    @property
    def own_scopes(self) -> frozenset[str]:
        """What the user's own no covers now: the last word on each scope holds."""
        return _standing(self._by_erasure(False))

    @property
    def is_being_erased(self) -> bool:
        """Whether an erasure is under way; nobody's word ends what it holds back."""
        return any(self._by_erasure(True))

    def _by_erasure(self, wanted: bool) -> Iterator[Entry]:  # noqa: FBT001 - private
        return (each for each in self.entries if (each.door is Door.ERASURE) is wanted)

    @property
    def active(self) -> bool:
        """Whether it covers anything."""
        return bool(self.scopes)

    def covers(self, target_id: str, category: str | None) -> bool:
        """Whether a notification of this target and category must not go."""
        mine = {EVERYTHING, target_scope(target_id)}
        if category is not None:
            mine.add(category_scope(category))
        return not mine.isdisjoint(self.scopes)

    def said(self, entry: Entry) -> Self:
        """Return the ledger with one more word; the same one when it says nothing new.

        A provider's word that was heard before changes nothing, however late it is repeated;
        neither does what a tombstone told before.

        Raises:
            InvalidInput: the user has said something about too many scopes.
        """
        heard = entry.door in REPEATING and any(
            (each.door, each.evidence, each.scope) == (entry.door, entry.evidence, entry.scope)
            for each in self.entries
        )
        # A yes that changes nothing is kept where it may be repeated: after a no it would end that.
        kept = entry.door in REPEATING and not entry.active
        standing = _standing(self._by_erasure(entry.door is Door.ERASURE))
        if heard or ((entry.scope in standing) is entry.active and not kept):
            return self
        entries = _within_bounds((*self.entries, entry))
        return replace(self, entries=entries, updated_at=entry.at)


def _standing(entries: Iterable[Entry]) -> frozenset[str]:
    last = {entry.scope: entry.active for entry in entries}
    return frozenset(scope for scope, active in last.items() if active)


def _about(entry: Entry) -> tuple[str, bool]:
    """Return what a later word on the same would overrule."""
    return entry.scope, entry.door is Door.ERASURE


def _within_bounds(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    names = {entry.scope for entry in entries}
    if len(names - {EVERYTHING}) > MAX_SCOPES:  # to everything a no is always heard
        raise InvalidInput(f"an opt-out may name at most {MAX_SCOPES} targets and categories")
    if len(entries) <= MAX_ENTRIES:
        return entries
    words = Counter(map(_about, entries))
    oldest = next(place for place, entry in enumerate(entries) if words[_about(entry)] > 1)
    return entries[:oldest] + entries[oldest + 1 :]
