"""What every NotificationStore does with what failed: it lists it, and lets it be redriven once."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp, shard_of, shards_of
from notification_core.domain.failed_notification import FailedNotification
from notification_core.domain.failures import InvalidAddress, OutcomeUnknown, Rejected
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry
from notification_core.domain.status import FAILED, Status
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, SHARDS, a_claim, a_notification

SECOND = timedelta(seconds=1)
ENDS = {
    Status.DELIVERY_FAILURE: lambda it, now: it.failed(now, Rejected("21617")),
    Status.INACTIVE_DEVICE: lambda it, now: it.inactive_device(now, InvalidAddress("21211")),
    Status.UNKNOWN: lambda it, now: it.unknown(now, OutcomeUnknown("cut")),
    Status.DELIVERED: lambda it, now: it.delivered(now, None),
    Status.OPTED_OUT: lambda it, now: it.opted_out(now, ""),
    Status.EXPIRED: lambda it, now: it.expired(now),
}


@pytest.fixture
def module() -> str:
    """A module that no other test has."""
    return f"m{uuid4().hex[:12]}"


def ended(
    ports: Ports, module: str, status: Status = Status.DELIVERY_FAILURE, after: int = 0
) -> Notification:
    """Create, claim and end one, so many seconds after noon."""
    notification, now = a_notification(module=module), NOON + after * SECOND
    ports.notifications.create([notification])
    [claimed] = ports.notifications.claim([wake_up_for(notification)], a_claim(), NOON, module)
    assert isinstance(claimed, Notification)
    end: Notification = ENDS[status](claimed, now)
    assert ports.notifications.advance([Transition(claimed, end)]) == [True]
    return end


def entries(
    ports: Ports, shard: str, since: int = 0, before: FailureEntry | None = None, limit: int = 9
) -> list[str]:
    """List a shard's failures by id."""
    end = before or FailureEntry(to_epoch_ms(NOON) + 10**6, "")
    return [each.id for each in ports.notifications.failed(shard, since, end, limit)]


def listed(ports: Ports, module: str) -> set[str]:
    """List a module's failures by id."""
    return {each for shard in shards_of(module, SHARDS) for each in entries(ports, shard)}


@pytest.mark.parametrize("status", list(ENDS))
def test_exactly_what_failed_is_listed(ports: Ports, module: str, status: Status) -> None:
    end = ended(ports, module, status)

    assert listed(ports, module) == ({end.id} if status in FAILED else set())


def test_a_redriven_notification_is_no_longer_listed_and_due_again(
    ports: Ports, module: str
) -> None:
    end = ended(ports, module)
    again = end.redriven(NOON + SECOND, NOON + SECOND, 5, "by job 1")

    assert ports.notifications.advance([Transition(end, again)]) == [True]

    assert ports.notifications.get([end.id]) == [again]
    assert listed(ports, module) == set()
    due = ports.notifications.due(shard_of(module, end.id, SHARDS), WakeUp(0, ""), 10**14)
    assert list(due) == [[wake_up_for(again)]]


def test_it_is_redriven_once_although_it_failed_again_and_alike(ports: Ports, module: str) -> None:
    end = ended(ports, module)
    again = end.redriven(NOON + SECOND, NOON + SECOND, 5, "by job 1")
    assert ports.notifications.advance([Transition(end, again)]) == [True]
    [claimed] = ports.notifications.claim(
        [wake_up_for(again)], a_claim(), NOON + SECOND, again.module
    )
    assert isinstance(claimed, Notification)
    failed = claimed.failed(NOON + 2 * SECOND, Rejected("21617"))
    assert ports.notifications.advance([Transition(claimed, failed)]) == [True]

    late = end.redriven(NOON + SECOND, NOON + SECOND, 5, "by job 2")

    assert ports.notifications.advance([Transition(end, late)]) == [False]
    assert ports.notifications.get([end.id]) == [failed]


def in_one_shard(ports: Ports, module: str, count: int) -> tuple[str, list[Notification]]:
    """Let some fail, a second apart, until one shard has so many; the newest first."""
    by_shard: dict[str, list[Notification]] = {}
    for second in range(100):
        end = ended(ports, module, after=second)
        mine = by_shard.setdefault(shard_of(module, end.id, SHARDS), [])
        mine.append(end)
        if len(mine) == count:
            return shard_of(module, end.id, SHARDS), mine[::-1]
    raise AssertionError("no shard was ever full")


def test_failures_come_newest_first_page_by_page(ports: Ports, module: str) -> None:
    shard, lost = in_one_shard(ports, module, 5)
    ids = [each.id for each in lost]
    last = FailureEntry(to_epoch_ms(lost[1].updated_at), lost[1].id)

    assert entries(ports, shard) == ids
    assert entries(ports, shard, limit=2) == ids[:2]
    assert entries(ports, shard, before=last, limit=2) == ids[2:4]
    assert entries(ports, shard, before=FailureEntry(last.at, "")) == ids[1:]
    assert entries(ports, shard, since=last.at) == ids[:2]
    assert entries(ports, shard, since=last.at + 1, before=FailureEntry(last.at, "")) == []


def test_a_failure_is_read_without_its_texts_and_what_has_not_failed_is_left_out(
    ports: Ports, module: str
) -> None:
    failed, doubtful = ended(ports, module), ended(ports, module, Status.UNKNOWN)
    others = [ended(ports, module, Status.DELIVERED).id, str(uuid4())]
    # The failures that an earlier version has stored need not have an error.
    with_error = ended(ports, module)
    silent = replace(with_error, last_error=None)
    assert ports.notifications.advance([Transition(with_error, silent)]) == [True]

    read = ports.notifications.failures([failed.id, others[0], doubtful.id, others[1], silent.id])

    assert read == [
        FailedNotification.of(failed),
        None,
        FailedNotification.of(doubtful),
        None,
        FailedNotification.of(silent),
    ]
    assert [each and (each.status, each.code) for each in read] == [
        (Status.DELIVERY_FAILURE, "21617"),
        None,
        (Status.UNKNOWN, "cut"),
        None,
        (Status.DELIVERY_FAILURE, "21617"),
    ]
