"""The simulator's state: in memory, bounded, and lost when it stops."""

from collections import deque
from datetime import UTC, datetime
from typing import Any, NotRequired, Protocol, TypedDict, TypeVar

from infra.simulator.outcomes import Target
from infra.simulator.outgoing import Outgoing
from infra.simulator.settings import Settings


class Item(TypedDict):
    """One accepted message, as ``GET /inbox`` shows it."""

    target: str
    to: str
    title: str
    body: str
    html: NotRequired[str]
    #: When it was accepted: ISO 8601, UTC, milliseconds, ending in Z.
    at: str
    provider_message_id: str
    #: All other content: media_urls, data, sound, headers...
    extra: dict[str, Any]


class Unread(Protocol):
    """An accepted message that is parsed when the inbox is read."""

    def read(self) -> Item:
        """Return the item."""


class ForwardedMail(Protocol):
    """A mail that the emulator accepted."""

    @property
    def notes(self) -> dict[str, Any]:
        """Headers and tags, which the emulator does not keep."""

    @property
    def items(self) -> list[Item]:
        """The inbox items, in case the emulator has lost the mail at a restart."""


Key = TypeVar("Key")
Value = TypeVar("Value")


class Bounded(dict[Key, Value]):
    """A dict that drops its oldest keys when it has more than ``limit``."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        if len(self) > self.limit:
            del self[next(iter(self))]


class Simulator:
    """The settings, and everything that was received so far."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        #: Totals since the start or the last ``clear``; they are not limited by ``keep``.
        self.accepted = 0
        self.seen = 0
        self.cleared_at = ""
        self._items: deque[Item | Unread] = deque(maxlen=settings.keep)
        #: One entry per recipient of each call: target, to, outcome, status, at, and notes.
        self.requests: deque[dict[str, Any]] = deque(maxlen=settings.keep)
        #: Twilio Message resources by sid.
        self.messages = Bounded[str, Any](settings.keep)
        #: Expo tickets by their id, for their receipts.
        self.receipts = Bounded[str, Any](settings.keep)
        #: Twilio's status callbacks that were sent, and the answer to each.
        self.callbacks: deque[dict[str, Any]] = deque(maxlen=settings.keep)
        #: Phone numbers that replied STOP.
        self.opted_out = Bounded[str, Any](settings.keep)
        #: The token that Twilio accepts and signs with. A setting: a clear does not reset it.
        self.auth_token = settings.auth_token
        #: The URL for replies to messages; empty for none. It is a setting, so a clear keeps it.
        self.sms_url = ""
        #: SES events that wait to be published, and whether a task publishes them at present.
        self.unpublished: list[dict[str, Any]] = []
        self.is_publishing = False
        #: SES events that were published, and when.
        self.events: deque[dict[str, Any]] = deque(maxlen=settings.keep)
        #: The mails that the emulator accepted, by their MessageId.
        self.mails = Bounded[str, ForwardedMail](settings.keep)
        self.outgoing = Outgoing()
        self._attempts = Bounded[str, Any](settings.keep)

    def clear(self) -> None:
        """Clear everything, including the counts of "n times"."""
        for memory in (self._items, self.requests, self.callbacks, self.events):
            memory.clear()
        for kept in (self.messages, self.receipts, self.opted_out, self.mails, self._attempts):
            kept.clear()
        self.accepted = self.seen = 0
        self.cleared_at = now()

    def deliver(self, item: Item | Unread) -> None:
        """Put an accepted message in the inbox."""
        self._items.append(item)
        self.accepted += 1

    @property
    def items(self) -> list[Item]:
        """The inbox, oldest first."""
        read = [item if isinstance(item, dict) else item.read() for item in self._items]
        self._items.clear()
        self._items.extend(read)  # so that each message is parsed once
        return read

    def log(self, target: Target, to: str, outcome: str, status: int | None, **notes: Any) -> None:
        """Log one recipient of one call; ``status`` is None when there was no answer."""
        entry = {"target": target, "to": to, "outcome": outcome, "status": status, "at": now()}
        self.requests.append(entry | notes)
        self.seen += 1

    def attempt(self, target: Target, to: str) -> int:
        """Count an attempt for a recipient and return the number of attempts so far."""
        key = f"{target} {to}"
        self._attempts[key] = self._attempts.get(key, 0) + 1
        return int(self._attempts[key])


def now() -> str:
    """Return the time in the inbox's format: ISO 8601, UTC, milliseconds, Z."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """Format an aware time as the inbox does."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
