"""A no holds although the listing by user lags behind: a global secondary index does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING, category_scope
from notification_core.domain.errors import StillSending
from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from notification_core.domain.status import Status
from notification_core.domain.timing import INDEX_LAG, LEASE, REQUEST_TIME_LIMIT
from notification_core.ports import Ports
from notification_core.usecases.consent.opt_out import (
    MAX_PAGES,
    PATIENCE,
    RECENT_PAGE,
    record_consent,
)
from notification_core.usecases.consent.opt_out_job import PAGE
from notification_core.usecases.consent.replies import reply
from notification_core.usecases.consent.unsubscribe import record_unsubscribe
from tests.builders import NOON, World
from tests.usecases.consent.lagging import Lagging
from tests.usecases.steps import claimed, handed, jobs_done, put_back, racing, stored

NEWS = category_scope("news")


def no(ports: Ports, *, active: bool = True) -> int:
    """Opt out of everything, or in again; how many that ended."""
    return record_consent(
        ports, "eggs", [EVERYTHING], active=active, source=ConsentSource.API, evidence="caller"
    ).ended


def created_now(world: World, **changes: object) -> Notification:
    """A notification that is accepted at this moment."""
    return stored(world, created_at=world.watch(), updated_at=world.watch(), **changes)


def ends_after(world: World, sending: Notification, seconds: float) -> None:
    """Let the provider take it so many seconds from now."""
    at = world.watch() + timedelta(seconds=seconds)

    def sleep(pause: float) -> None:
        world.watch.forward(seconds=pause)
        if world.watch() >= at and world.stored(sending).status is Status.SENDING:
            world.notifications.stored[sending.id] = sending.delivered(at, "SM1")

    world.on_sleep = sleep


@pytest.mark.parametrize("seconds", [0.0, 0.5, INDEX_LAG.total_seconds()])
def test_a_send_that_is_not_listed_yet_is_awaited(
    world: World, ports: Ports, index: Lagging, seconds: float
) -> None:
    sending = claimed(world, created_now(world))
    index.hide(sending, seconds)
    ends_after(world, sending, 7)

    assert no(ports) == 0

    assert world.stored(sending).status is Status.DELIVERED
    assert world.watch() - NOON < timedelta(seconds=8)


def test_a_waiting_notification_that_is_not_listed_yet_is_ended_too(
    world: World, ports: Ports, index: Lagging, waits: list[float]
) -> None:
    waiting = created_now(world, scheduled_delivery=NOON + timedelta(days=7))
    index.hide(waiting, 1.5)

    assert no(ports) == 1

    assert world.stored(waiting).status is Status.OPTED_OUT
    assert waits == [INDEX_LAG.total_seconds()] * 2, "the last listing shows nothing new"


def test_a_notification_that_was_claimed_between_the_listing_and_the_write_is_awaited(
    world: World,
) -> None:
    """It had passed its check before; the second listing shows nothing new of it."""
    waiting = created_now(world)

    def claim() -> None:
        ends_after(world, claimed(world, waiting), 7)

    assert no(racing(world, claim)) == 0

    assert world.stored(waiting).status is Status.DELIVERED


def test_it_is_listed_again_until_nothing_new_is_shown(
    world: World, ports: Ports, index: Lagging
) -> None:
    """A lag that shows itself is waited for, though it is longer than was allowed for."""
    late = [created_now(world) for _ in range(3)]
    for place, each in enumerate(late):
        index.hide(each, 1.5 + 1.8 * place)

    assert no(ports) == 3

    assert {world.stored(each).status for each in late} == {Status.OPTED_OUT}


def test_a_listing_that_keeps_changing_is_left_to_a_job(
    world: World, ports: Ports, index: Lagging, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_by_user, more = index.list_by_user, iter(range(MAX_PAGES + 2))

    def growing(user: str, limit: int, after: str | None = None) -> Page[Notification]:
        if next(more, None) is not None:
            created_now(world)
        return list_by_user(user, limit, after)

    monkeypatch.setattr(index, "list_by_user", growing)

    heard = record_consent(
        ports, "eggs", [EVERYTHING], active=True, source=ConsentSource.API, evidence="caller"
    )

    assert (heard.ended, index.listed) == (MAX_PAGES, MAX_PAGES)
    assert world.watch() - NOON <= PATIENCE + INDEX_LAG
    [job] = jobs_done(world, ports=ports)
    assert heard.job is not None
    assert (job.id, job.counts) == (heard.job.id, {"opted_out": MAX_PAGES + 2})
    assert {each.status for each in world.notifications.stored.values()} == {Status.OPTED_OUT}


def test_a_long_history_is_read_once_and_not_again(
    world: World, ports: Ports, index: Lagging
) -> None:
    long_ago = [NOON - timedelta(hours=1, seconds=n) for n in range(3 * PAGE)]
    for at in long_ago:
        world.notifications.create([replace(stored_in_the_past(world), created_at=at)])
    late = claimed(world, created_now(world))
    index.hide(late, 60)

    no(ports)

    assert index.listed == 3 + 1


def test_a_late_write_of_a_slow_request_is_found_behind_later_ones(
    world: World, ports: Ports, index: Lagging
) -> None:
    """It is dated when its request began, and stored when that ended."""
    slow = stored(world, created_at=NOON - REQUEST_TIME_LIMIT)
    index.hide(slow, 1)
    for n in range(RECENT_PAGE + 1):
        stored(world, created_at=NOON - timedelta(seconds=1, milliseconds=n))

    assert no(ports) == RECENT_PAGE + 2

    assert world.stored(slow).status is Status.OPTED_OUT


def stored_in_the_past(world: World) -> Notification:
    """One that has ended; not stored yet."""
    sending = claimed(world, stored(world))
    del world.notifications.stored[sending.id]
    return sending.delivered(NOON, "SM1")


def test_an_opt_out_of_a_user_without_sends_waits_for_one_listing_only(
    ports: Ports, index: Lagging, waits: list[float]
) -> None:
    assert no(ports) == 0
    assert (waits, index.listed) == ([INDEX_LAG.total_seconds()], 2)


def test_an_opt_in_and_a_stop_from_an_unknown_number_do_not_wait(
    ports: Ports, waits: list[float]
) -> None:
    no(ports, active=False)
    reply(ports, "pigeon", "999", active=True, evidence="SM1")

    assert waits == []


@pytest.mark.parametrize("said", ["api", "reply", "click"])
def test_a_notification_that_no_listing_showed_is_not_sent_after_the_opt_in(
    world: World, ports: Ports, index: Lagging, said: str
) -> None:
    """Ending an opt-out restores nothing, and that needs no index."""
    waiting = created_now(world, scheduled_delivery=NOON + timedelta(days=7), category="news")
    index.hide(waiting, 3600)
    match said:
        case "api":
            no(ports)
        case "reply":
            reply(ports, "pigeon", "123", active=True, evidence="SM1")
        case "click":
            record_unsubscribe(ports, "eggs", [NEWS], "notification")
    assert world.stored(waiting).status is Status.SCHEDULED
    world.watch.forward(days=2)
    reply(ports, "pigeon", "123", active=False, evidence="SM2")
    no(ports, active=False)
    assert not world.opt_outs.stored["eggs"].active
    wanted = created_now(world, scheduled_delivery=NOON + timedelta(days=7), category="news")

    world.watch.forward(days=5)
    handed(world, waiting, wanted, ports=ports)

    assert world.stored(waiting).status is Status.OPTED_OUT
    assert [each.id for each in world.provider.seen] == [wanted.id]


def test_a_notification_that_was_put_back_during_an_opt_out_is_not_sent_after_the_opt_in(
    world: World,
) -> None:
    """A redrive, or a provider's late news, brings back what the listing passed over."""
    sending = claimed(world, stored(world))
    world.notifications.stored[sending.id] = sending.sent(NOON, "SM1", NOON + timedelta(days=1))
    no(world.ports)
    no(world.ports, active=False)
    del world.notifications.stored[sending.id]
    retry = put_back(world, stored(world), minutes=5)

    world.watch.forward(minutes=5)
    handed(world, retry)

    assert world.provider.seen == []
    assert world.stored(retry).status is Status.OPTED_OUT


@pytest.mark.parametrize("module", ["pigeon", "dodo"])
def test_the_next_no_ends_what_an_earlier_one_did_not_find(
    world: World, ports: Ports, index: Lagging, module: str
) -> None:
    """Also where its module is not deployed any more."""
    later = NOON + timedelta(days=7)
    waiting = created_now(world, scheduled_delivery=later, module=module)
    index.hide(waiting, 3600)
    no(ports)
    no(ports, active=False)
    world.watch.forward(hours=2)

    record_consent(ports, "eggs", [NEWS], active=True, source=ConsentSource.API, evidence="caller")

    assert world.stored(waiting).status is Status.OPTED_OUT


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_consumer_whose_lease_has_lapsed_is_not_awaited(
    world: World, ports: Ports, waits: list[float], seconds: int
) -> None:
    """Its consumer is dead; who settles it asks for consent before it is tried again."""
    abandoned = claimed(world, stored(world))
    world.watch.forward(seconds=LEASE.total_seconds() + seconds)
    if not seconds:
        with pytest.raises(StillSending):
            record_consent(
                ports,
                "eggs",
                [EVERYTHING],
                active=True,
                source=ConsentSource.API,
                evidence="caller",
                patience=timedelta(0),
            )
        return

    assert no(ports) == 0
    assert reply(ports, "pigeon", "123", active=True, evidence="SM1") == 1

    assert world.stored(abandoned) is abandoned
    assert sum(waits) < 5


def test_an_abandoned_attempt_is_not_tried_again_after_the_opt_out(world: World) -> None:
    abandoned = stored(world)
    claimed(world, abandoned)
    world.watch.forward(seconds=LEASE.total_seconds() + 1)
    no(world.ports)

    handed(world, abandoned)
    retry = world.stored(abandoned)
    assert retry.due_at is not None
    world.watch.now = retry.due_at
    handed(world, retry)

    assert world.provider.seen == []
    assert world.stored(abandoned).status is Status.OPTED_OUT


def test_several_users_are_waited_for_at_once(
    world: World, ports: Ports, index: Lagging, waits: list[float]
) -> None:
    for user in ("spam", "ham"):
        world.add_record(user=user)
    late: Sequence[Notification] = [created_now(world, user=each) for each in ("eggs", "spam")]
    for each in late:
        index.hide(each, 1)

    assert reply(ports, "pigeon", "123", active=True, evidence="SM1") == 3

    assert {world.stored(each).status for each in late} == {Status.OPTED_OUT}
    assert len(waits) == 2
