"""Changes of notifications during the faults, and the checks of what was sent after them.

Each text names its version: 0 as it was requested, and the number of the change otherwise. A
message must have one version throughout, and not an older one than a change that was acknowledged
before.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

CHANGED = frozenset({"changed", "unchanged"})

_VERSION = re.compile(r" v(\d+)\b")


@dataclass(frozen=True, slots=True)
class PlannedEdit:
    """A change that the run will request."""

    at: float  #: seconds after the start of the faults
    ahead: float | None  #: the new time, in seconds after the request; None keeps the time
    changes_content: bool

    @property
    def subject(self) -> str:
        """What it changes, for the table of results."""
        if not self.changes_content:
            return "times"
        return "contents" if self.ahead is None else "both"


def plan_edits(random: Random, span: float) -> list[PlannedEdit]:
    """Return up to three changes within `span` seconds.

    Each comes close to the time to which the one before moves the notification.
    """
    edits, at = list[PlannedEdit](), random.uniform(0.1, 0.8) * span
    for _ in range(random.randint(1, 3)):
        ahead = random.choice((None, random.uniform(-5, 20)))
        changes_content = ahead is None or random.choice((True, False))
        edits.append(PlannedEdit(at, ahead, changes_content))
        at += max(ahead or 0, 0) + random.uniform(-0.5, 2.5)
    return edits


@dataclass(slots=True)
class Edit:
    """One change, which is requested until it is answered."""

    version: int
    changes_content: bool
    requested_at: datetime
    due_at: datetime | None = None  #: the new time, if it changes the time
    answered_at: datetime | None = None
    result: str = ""  #: as the API's
    lost: int = 0  #: requests before the answered one, which may have been carried out

    @property
    def is_certain(self) -> bool:
        """Whether the change was stored."""
        return self.result in CHANGED

    @property
    def is_impossible(self) -> bool:
        """Whether the change was not stored."""
        return not self.is_certain and not self.lost and self.answered_at is not None


@dataclass(frozen=True, slots=True)
class Message:
    """A message in an inbox, and the versions that its parts name."""

    at: datetime
    versions: frozenset[int] = frozenset({0})


def marked(token: str, version: int) -> str:
    """Return a text that names its request and its version."""
    return f"{token} v{version}" if version else token


def version_of(text: str) -> int:
    """Return the version that a text names."""
    match = _VERSION.search(text)
    return int(match[1]) if match else 0


def _versions(item: Mapping[str, Any]) -> set[int]:
    return {version_of(text) for text in (item["title"], item["body"]) if text}


def message_of(item: Mapping[str, Any]) -> Message:
    """Return a message of the simulator's inbox. An SMS has no title, an e-mail no data."""
    versions = _versions(item)
    data = item["extra"].get("data") or {}
    if "version" in data:
        versions.add(data["version"])
    return Message(datetime.fromisoformat(item["at"]), frozenset(versions))


def edit_faults(
    notification: Mapping[str, Any],
    edits: Sequence[Edit],
    messages: Sequence[Message],
    due_at: datetime | None,
) -> Iterator[str]:
    """Yield what contradicts the answers to the changes of a notification.

    Args:
        notification: as the API shows it in the end.
        edits: in the order in which they were requested, each after the answer to the last.
        messages: what was received of it.
        due_at: its first time.
    """
    for edit in edits:
        # A move to the past does not change a notification that is due already.
        if edit.changes_content and edit.result == "unchanged" and not edit.lost:
            yield f"the change {edit.version} was answered unchanged"
    for message in messages:
        yield from _faults_of_message(message, edits)
        yield from _faults_of_time(message, edits, due_at)
    if edits:
        yield from _faults_of_end(notification, edits)


def _faults_of_message(message: Message, edits: Sequence[Edit]) -> Iterator[str]:
    if len(message.versions) != 1:
        yield f"a mix of the versions {sorted(message.versions)} was sent"
        return
    [version] = message.versions
    if version and any(edit.version == version and edit.is_impossible for edit in edits):
        yield f"the version {version} was sent, whose change was refused"
    for edit in edits:
        is_newer = edit.changes_content and edit.is_certain and edit.version > version
        if is_newer and edit.answered_at is not None and message.at > edit.answered_at:
            yield f"the version {version} was sent after the change {edit.version}"


def _faults_of_time(
    message: Message, edits: Sequence[Edit], due_at: datetime | None
) -> Iterator[str]:
    """Compare with the latest time that was acknowledged, unless another may have been stored."""
    before = [edit for edit in edits if edit.due_at and edit.requested_at <= message.at]
    possible = [edit for edit in before if not edit.is_impossible]
    times = [due_at, *(edit.due_at for edit in possible)]
    for place, edit in reversed([*enumerate(possible, 1)]):
        stored_by = edit.answered_at if edit.is_certain else None
        has_its_content = edit.changes_content and edit.version in message.versions
        if has_its_content or (stored_by is not None and stored_by < message.at):
            times = times[place:]
            break
    known = [time for time in times if time is not None]
    if known and message.at < min(known):
        yield f"sent {min(known) - message.at} before its time {min(known).isoformat()}"


def _faults_of_end(notification: Mapping[str, Any], edits: Sequence[Edit]) -> Iterator[str]:
    """Compare the timeline and the text with the answers."""
    details = [
        set(entry["detail"].split(", "))
        for entry in notification["timeline"]
        if entry["event"] == "changed"
    ]
    contents = [names for names in details if names & {"title", "body", "extra", "data"}]
    wanted = [edit for edit in edits if edit.changes_content]
    certain = [edit for edit in wanted if edit.is_certain]
    possible = [edit for edit in wanted if not edit.is_impossible]
    if not len(certain) <= len(contents) <= len(possible):
        yield f"{len(contents)} changes of the content are on the timeline, not {len(certain)}"
    if any(names not in ({"data"}, *_ALL_TEXTS) for names in map(_content_names, contents)):
        yield f"a change of a part of the content is on the timeline: {contents}"
    if notification["body"] is None:  # no longer stored
        return
    shown = _versions(notification)
    last = max((edit.version for edit in certain), default=0)
    allowed = {last, *(edit.version for edit in possible if edit.version > last)}
    if len(shown) != 1 or not shown <= allowed:
        yield f"the API shows the versions {sorted(shown)}, not {sorted(allowed)}"


#: The parts of the content that a change names without a template: Expo has `extra`.
_ALL_TEXTS = ({"title", "body"}, {"title", "body", "extra"})


def _content_names(names: set[str]) -> set[str]:
    return names & {"title", "body", "extra", "data"}
