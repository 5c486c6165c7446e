"""Failed notifications are tried again: those that are meant, once, at a rate, and no others."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.attempt_policy import next_state
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.consent import ConsentSource
from notification_core.domain.errors import InvalidInput, UnknownTarget
from notification_core.domain.failures import (
    DeliveryFailed,
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
)
from notification_core.domain.jobs import Job, JobKind, JobState
from notification_core.domain.modules import OnUnknown
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.domain.transitions import Transition
from notification_core.usecases.administration.jobs import get_job, work
from notification_core.usecases.consent.opt_out import record_consent
from notification_core.usecases.sending import redrive as redriving
from notification_core.usecases.sending.redrive import Redrive, redrive
from tests.builders import World, a_module, a_target, an_opt_out
from tests.usecases.steps import claimed, handed, messages, racing, stored, tick

TOO_LONG = Rejected("21617", "too long")


def failed(world: World, cause: DeliveryFailed = TOO_LONG, **changes: Any) -> Notification:
    """One that was tried, and failed."""
    before = claimed(world, stored(world, **changes))
    after = next_state(before, cause, world.module, world.watch())
    assert world.notifications.advance([Transition(before, after)]) == [True]
    return after


def done(world: World, **asked: Any) -> Job:
    """Redrive, to the end."""
    world.watch.forward(seconds=1)
    job = redrive(world.ports, Redrive(**asked))
    work(world.ports, job.id, {JobKind.REDRIVE: redriving.step}, lambda: False)
    ended = get_job(world.ports, job.id)
    assert ended.state is JobState.DONE
    return ended


def counts(world: World, **asked: Any) -> dict[str, int]:
    """Redrive, and return what was counted."""
    return dict(done(world, **asked).counts)


def statuses(world: World, *notifications: Notification) -> list[Status]:
    """How they stand now."""
    return [world.stored(each).status for each in notifications]


def test_a_failed_notification_of_a_target_is_delivered_after_all(world: World) -> None:
    lost = [failed(world) for _ in range(3)]

    assert counts(world, target="Pigeon") == {"found": 3, "redriven": 3}
    handed(world, *[world.stored(each) for each in lost])

    assert statuses(world, *lost) == [Status.DELIVERED] * 3
    assert len(world.provider.seen) == 3


def test_nothing_else_is_touched(world: World) -> None:
    delivered = stored(world)
    handed(world, delivered)
    waiting, lost = stored(world), failed(world)
    before = {each.id: world.stored(each) for each in (delivered, waiting)}

    counts(world, target="Pigeon")

    assert {each: world.notifications.stored[each] for each in before} == before
    assert statuses(world, lost) == [Status.RETRY]


def test_a_dry_run_counts_and_writes_nothing(world: World) -> None:
    lost = failed(world)

    job = done(world, target="Pigeon", dry_run=True)

    assert (job.dry_run, job.counts) == (True, {"found": 1, "redriven": 1})
    assert world.stored(lost) == lost
    assert messages(world) == {}


def test_it_is_done_once_however_often_it_is_asked_for(world: World) -> None:
    lost = failed(world)

    assert counts(world, target="Pigeon")["redriven"] == 1
    assert counts(world, target="Pigeon") == {}
    assert counts(world, ids=[lost.id]) == {"found": 1, "not_failed": 1}


@pytest.mark.parametrize("begun", [True, False])
def test_a_job_that_an_earlier_version_stored_goes_on(world: World, begun: bool) -> None:
    lost = failed(world)
    until = to_epoch_ms(world.watch() + timedelta(seconds=1))
    stored_text = f"""{{
        "ids": null, "target": "{world.target.id}", "error_code": null,
        "statuses": ["DELIVERY FAILURE"], "since": 0, "until": {until},
        "include_uncertain": false, "max_per_second": 50.0, "max_retries": 3
    }}"""
    job = Job(
        id="earlier",
        kind=JobKind.REDRIVE,
        parameters=json.loads(stored_text),
        cursor=json.loads(f'[0, {until}, ""]') if begun else None,
        created_at=world.watch(),
        updated_at=world.watch(),
    )
    world.jobs.put(job)

    work(world.ports, job.id, {JobKind.REDRIVE: redriving.step}, lambda: False)

    assert get_job(world.ports, job.id).counts == {"found": 1, "redriven": 1}
    assert statuses(world, lost) == [Status.RETRY]


def test_ids_are_each_counted_for_what_they_are(world: World) -> None:
    lost, delivered = failed(world), stored(world)
    handed(world, delivered)

    found = counts(world, ids=[lost.id, delivered.id, "nobody", "nö id"])

    assert found == {"found": 2, "redriven": 1, "not_failed": 1, "unknown_id": 2}


def test_many_go_step_by_step(world: World) -> None:
    for _ in range(2 * redriving.STEP + 7):
        failed(world)

    assert counts(world, target="Pigeon", max_per_second=9999.0)["redriven"] == 207


def test_many_ids_go_step_by_step(world: World) -> None:
    lost = [failed(world).id for _ in range(redriving.STEP + 1)]

    assert counts(world, ids=lost) == {"found": 101, "redriven": 101}


def test_the_rate_spreads_them_over_time(world: World) -> None:
    lost = [failed(world) for _ in range(5)]

    job = done(world, target="Pigeon", max_per_second=2.0)

    due = sorted(world.stored(each).due_at or job.created_at for each in lost)
    assert due == [job.created_at + timedelta(seconds=n / 2) for n in range(5)]


def test_a_redriven_notification_that_is_due_later_is_left_to_the_dispatcher(world: World) -> None:
    for _ in range(5):
        failed(world)

    counts(world, target="Pigeon", max_per_second=0.01)
    assert len(messages(world)) == 2  # within the look-ahead
    world.watch.forward(minutes=10)
    tick(world)
    assert len(messages(world)) >= 3


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"error_code": "21617"}, 2),
        ({"error_code": "30007"}, 1),
        ({"error_code": "nothing"}, 0),
        ({"target": "Pigeon", "error_code": "30007"}, 1),
        ({"statuses": [Status.DELIVERY_FAILURE]}, 3),
        ({"statuses": [Status.INACTIVE_DEVICE]}, 0),
    ],
)
def test_only_what_is_meant_goes(world: World, asked: dict[str, Any], found: int) -> None:
    for cause in (TOO_LONG, TOO_LONG, Rejected("30007", "filtered")):
        failed(world, cause)

    assert counts(world, **asked).get("redriven", 0) == found


def test_a_target_is_meant_by_itself_although_another_shares_its_module(world: World) -> None:
    other = a_target(name="Dove")
    world.targets.add(other)
    failed(world)
    mine = failed(world, target=other.id)

    assert counts(world, target="Dove") == {"found": 1, "redriven": 1}
    assert statuses(world, mine) == [Status.RETRY]


def test_time_is_when_it_failed(world: World) -> None:
    early = failed(world)
    world.watch.forward(hours=1)
    between = world.watch()
    world.watch.forward(hours=1)
    late = failed(world)

    assert counts(world, since=between) == {"found": 1, "redriven": 1}
    assert statuses(world, early, late) == [Status.DELIVERY_FAILURE, Status.RETRY]
    assert counts(world, until=between) == {"found": 1, "redriven": 1}


def test_a_notification_that_fails_again_meanwhile_is_not_redriven_by_the_same_job(
    world: World,
) -> None:
    lost = failed(world)
    world.watch.forward(seconds=1)
    job = redrive(world.ports, Redrive(target="Pigeon"))
    world.watch.forward(seconds=1)
    again = failed(world)

    work(world.ports, job.id, {JobKind.REDRIVE: redriving.step}, lambda: False)

    assert statuses(world, lost, again) == [Status.RETRY, Status.DELIVERY_FAILURE]


def test_a_notification_that_may_have_been_sent_stays_unless_duplicates_are_accepted(
    world: World,
) -> None:
    world.module = replace(world.module, on_unknown=OnUnknown.AT_MOST_ONCE)
    unknown = failed(world, OutcomeUnknown("cut"))
    assert unknown.status is Status.UNKNOWN

    assert counts(world, target="Pigeon") == {}
    assert counts(world, ids=[unknown.id]) == {"found": 1, "possibly_sent": 1}
    assert counts(world, target="Pigeon", include_uncertain=True)["redriven"] == 1
    assert world.stored(unknown).timeline[-1].event == "possibly_sent"


def opt_out(world: World) -> None:
    """The user says no to everything."""
    record_consent(
        world.ports, "eggs", ["everything"], active=True, source=ConsentSource.API, evidence=""
    )


def switch_off(world: World) -> None:
    """The address is switched off."""
    record = world.records.stored[world.record.id]
    world.records.replace(record, replace(record, active=False, updated_at=world.watch()))


@pytest.mark.parametrize(
    ("happens", "reason"), [(opt_out, "opted_out"), (switch_off, "no_active_record")]
)
def test_a_redrive_checks_consent_and_address_again(
    world: World, happens: Callable[[World], None], reason: str
) -> None:
    lost = failed(world)
    happens(world)

    assert counts(world, target="Pigeon") == {"found": 1, reason: 1}
    assert statuses(world, lost) == [Status.DELIVERY_FAILURE]


def test_an_opt_out_between_the_redrive_and_the_send_counts(world: World) -> None:
    lost = failed(world)
    counts(world, target="Pigeon")
    world.opt_outs.put(an_opt_out())

    handed(world, world.stored(lost))

    assert statuses(world, lost) == [Status.OPTED_OUT]
    assert world.provider.seen == []


def test_an_expired_notification_stays_failed(world: World) -> None:
    failed(world, deliver_before=world.watch() + timedelta(seconds=1))

    assert counts(world, target="Pigeon") == {"found": 1, "expired": 1}


def test_an_address_that_came_to_life_again_is_tried_again(world: World) -> None:
    lost = failed(world, InvalidAddress("21211"))

    assert counts(world, target="Pigeon") == {"found": 1, "redriven": 1}
    assert statuses(world, lost) == [Status.RETRY]


def test_a_notification_that_changed_between_the_read_and_the_write_is_not_redriven(
    world: World,
) -> None:
    lost = failed(world)
    world.watch.forward(seconds=1)
    job = redrive(world.ports, Redrive(target="Pigeon"))

    def note() -> None:
        now = world.watch() + timedelta(seconds=1)
        world.notifications.stored[lost.id] = lost.noted(now, EventKind.RETURNED, "")

    ports = racing(world, note)
    work(ports, job.id, {JobKind.REDRIVE: redriving.step}, lambda: False)

    assert get_job(world.ports, job.id).counts == {"found": 1, "moved": 1}
    assert statuses(world, lost) == [Status.DELIVERY_FAILURE]


def test_a_failure_in_a_former_module_of_the_target_is_found(world: World) -> None:
    lost = failed(world)
    world.modules.put(a_module(name="dove"))
    world.targets.stored[world.target.id] = replace(world.target, notification_module_name="dove")

    assert counts(world, target="Pigeon")["redriven"] == 1
    assert statuses(world, lost) == [Status.RETRY]


def test_a_target_that_there_is_not_is_refused(world: World) -> None:
    with pytest.raises(UnknownTarget):
        redrive(world.ports, Redrive(target="Owl"))


def test_a_status_that_did_not_fail_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match="DELIVERED is not a failure"):
        redrive(world.ports, Redrive(statuses=[Status.DELIVERED]))
