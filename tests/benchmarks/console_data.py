"""The notifications that the benchmark of the console finds: a hundred thousand.

Items are made with the project's code and written in batches, because a stack would need an hour
to create and send them. Each is a copy of the item of its outcome, so the times of a timeline are
those of that item.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, cast
from uuid import UUID

from notification_core.adapters.dynamodb.fast.items import to_raw
from notification_core.domain.claim import Claim
from notification_core.domain.content import Content
from notification_core.domain.due import shard_of
from notification_core.domain.failures import InvalidAddress, OutcomeUnknown, Rejected, RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.timeline import EventKind, TimelineEvent
from notification_core.domain.timing import LEASE
from tests.benchmarks.stub.sizes import Item

NOTIFICATIONS = 100_000
#: Users, and the notifications of the first of them; the others have about 76 each.
USERS, BUSY = 1_250, 5_000
#: Every fiftieth notification has failed.
FAILED_SHARE = 50
#: How long ago the oldest notification was created, and the oldest failed one.
AGE, FAILED_AGE = timedelta(days=30), timedelta(hours=23)
#: Every hundredth notification has this reference; half of the others have one of their own.
COMMON_REFERENCE = "campaign"

MODULES = ("email", "twilio", "expo")
#: The target that is paused; its overdue notifications wait.
PAUSED = "expo"

#: Codes with which each target's notifications fail.
CODES = {
    "email": ("Bounce Permanent General", "Bounce Permanent NoEmail", "MessageRejected", "Reject"),
    "twilio": ("30003", "30005", "30006", "21617", "30007", "30004", "30008"),
    "expo": ("DeviceNotRegistered", "MessageTooBig", "ProviderError"),
}

HTML = "<h1>Your table</h1>" + "<p>It is ready: come in within the next fifteen minutes.</p>" * 8

#: Items of one request (Amazon DynamoDB API Reference, BatchWriteItem), and requests at a time.
BATCH, WRITERS = 25, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the data is written.

    Attributes:
        client: a boto3 client of DynamoDB.
        tables: the names of the tables, by the variables of the functions.
        targets: the ids of the targets, by their modules.
    """

    client: Any
    tables: dict[str, str]
    targets: dict[str, str]


def user_of(place: int) -> str:
    """Return the user of a notification."""
    return "user-0" if place < BUSY else f"user-{1 + place % (USERS - 1)}"


def id_of(place: int) -> str:
    """Return the id of a notification."""
    return str(UUID(int=(place * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128, version=4))


def record_id(user: str, module: str) -> str:
    """Return the id of a user's record."""
    return f"{user}-{module}"


def notifications(places: Places, now: datetime, shards: int) -> Iterator[Item]:
    """Yield the items of all notifications, each from the pattern of its outcome."""
    patterns = _Patterns(places, now, shards)
    for place in range(NOTIFICATIONS):
        yield patterns.item(place)


class _Patterns:
    """One item for each target and outcome, made by the transitions of a notification."""

    def __init__(self, places: Places, now: datetime, shards: int) -> None:
        self._now, self._shards = now, shards
        self._raw = partial(to_raw, due_shards=shards, retention=timedelta(days=90))
        self._ended = {
            module: [self._raw(item) for item in _ended(module, places.targets[module], now)]
            for module in MODULES
        }
        self._failed = {
            module: [self._raw(item) for item in _failed(module, places.targets[module], now)]
            for module in MODULES
        }

    def item(self, place: int) -> Item:
        """Return the item of one notification."""
        module, has_failed = MODULES[place % len(MODULES)], place % FAILED_SHARE == 0
        patterns = (self._failed if has_failed else self._ended)[module]
        pattern = patterns[place // FAILED_SHARE % len(patterns)]
        age = FAILED_AGE if has_failed else AGE
        earlier = int(age.total_seconds() * 1000 * (NOTIFICATIONS - place) / NOTIFICATIONS)
        own_id, user = id_of(place), user_of(place)
        shard = {"S": shard_of(module, own_id, self._shards)}
        changed: dict[str, Any] = {
            "id": {"S": own_id},
            "user": {"S": user},
            "target_user_record": {"S": record_id(user, module)},
            "due_shard": shard,
            "failed_shard": shard,
            "created_at": _moved(pattern["created_at"], -earlier),
            "updated_at": _moved(pattern["updated_at"], -earlier),
            "provider_message_id": {"S": f"message-{place}"},
        }
        if "due_at" in pattern:
            changed["due_at"] = _moved(pattern["due_at"], place)
        present = {name: value for name, value in changed.items() if name in pattern}
        return cast("Item", {**pattern, **present, **_reference(place)})


def _moved(number: Any, milliseconds: int) -> dict[str, str]:
    return {"N": str(int(number["N"]) + milliseconds)}


def _reference(place: int) -> dict[str, dict[str, str]]:
    if place % 100 == 0:
        return {"reference": {"S": COMMON_REFERENCE}}
    return {"reference": {"S": f"order {place}"}} if place % 2 else {}


def _new(module: str, target: str, created: datetime, due: datetime) -> Notification:
    return Notification(
        id="a-pattern",
        user="user",
        target=target,
        target_user_record="record",
        module=module,
        content=Content(title="Your table", body=HTML if module == "email" else "It is ready."),
        category="reservations",
        scheduled_delivery=due,
        retry_time_interval=60,
        due_at=due,
        timeline=(TimelineEvent(created, EventKind.SCHEDULED),),
        created_at=created,
        updated_at=created,
    )


def _ended(module: str, target: str, now: datetime) -> list[Notification]:
    """Return notifications of every status but the failures, the frequent ones repeatedly."""
    created = now - timedelta(minutes=1)
    new = _new(module, target, created, created)
    later = _new(module, target, created, now + timedelta(days=3))
    claimed = new.claimed(Claim("token", now + LEASE), now)
    sent = claimed.sent(now, "message", None, awaited_until=now + timedelta(hours=1))
    retried = claimed.retried(now, RetryLater("503", "try later"), now + timedelta(days=1))
    delivered = sent.delivered(now, "message")
    # The dispatcher does not send what is overdue at a paused target.
    overdue = new if module == PAUSED else later
    ended = [new.opted_out(now, "the user has opted out"), new.cancelled(now), claimed.expired(now)]
    return [delivered] * 12 + [sent] * 3 + [later, retried, overdue, *ended]


def _failed(module: str, target: str, now: datetime) -> list[Notification]:
    created = now - timedelta(minutes=1)
    claimed = _new(module, target, created, created).claimed(Claim("token", now + LEASE), now)
    codes = CODES[module]
    text = "the text of the provider, which says what is wrong with it"
    return [
        *(claimed.failed(now, Rejected(code, text)) for code in codes),
        *(claimed.inactive_device(now, InvalidAddress(code, text)) for code in codes[:2]),
        claimed.unknown(now, OutcomeUnknown("read-timeout", "no answer within 10 s")),
    ]


def write(places: Places, table: str, items: Iterable[Item]) -> int:
    """Write items to the table of a variable; return how many."""
    name, stream, count = places.tables[table], iter(items), 0
    with ThreadPoolExecutor(WRITERS) as workers:
        while group := list(islice(stream, BATCH * WRITERS)):
            parts = [group[start : start + BATCH] for start in range(0, len(group), BATCH)]
            for left in workers.map(partial(_put, places.client, name), parts):
                if left:
                    raise RuntimeError(f"{table}: {left} were not written")
            count += len(group)
    return count


def _put(client: Any, table: str, items: Sequence[Item]) -> int:
    requests = [{"PutRequest": {"Item": item}} for item in items]
    answer = client.batch_write_item(RequestItems={table: requests})
    return len(answer["UnprocessedItems"].get(table, ()))
