"""An opt-out of a user with much: the request does a part, and a job the rest."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from notification_core.adapters.memory.modules import MemoryModules
from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING, category_scope
from notification_core.domain.jobs import STALLED, Job, JobKind, JobState
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timing import INDEX_LAG, LEASE
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import wake_stalled, work
from notification_core.usecases.consent.opt_out import MAX_PAGES, OptOutResult, record_consent
from notification_core.usecases.consent.opt_out_job import (
    FIRST_LOOK,
    PAGE,
    start_where_waiting,
    step,
)
from notification_core.usecases.consent.replies import reply
from tests.builders import NOON, World, an_opt_out
from tests.usecases.consent.lagging import Lagging
from tests.usecases.steps import claimed, handed, jobs_done, stored

NEWS = category_scope("news")
LONG_AGO = NOON - timedelta(days=30)


def of_a_month_ago(world: World, count: int, **changes: object) -> list[Notification]:
    """So many that wait, the newest first."""
    made = [
        stored(world, created_at=LONG_AGO + timedelta(seconds=n), **changes) for n in range(count)
    ]
    return made[::-1]


def no(ports: Ports, user: str = "eggs", *, active: bool = True) -> OptOutResult:
    """Opt out of everything, or in again."""
    return record_consent(
        ports, user, [EVERYTHING], active=active, source=ConsentSource.API, evidence="caller"
    )


def statuses(world: World) -> set[Status]:
    """How all stand."""
    return {each.status for each in world.notifications.stored.values()}


def test_a_request_reads_ten_pages_and_a_job_the_others(
    world: World, ports: Ports, index: Lagging
) -> None:
    everything = of_a_month_ago(world, MAX_PAGES * PAGE + 1)

    heard = no(ports)

    assert heard.job is not None
    assert (heard.ended, index.listed) == (MAX_PAGES * PAGE, MAX_PAGES)
    assert heard.job.counts == {"opted_out": MAX_PAGES * PAGE}
    assert heard.job.started_by == "caller"
    assert world.stored(everything[-1]).status is Status.SCHEDULED, "the oldest comes last"
    assert world.opt_outs.stored["eggs"].active
    [job] = jobs_done(world, ports=ports)
    assert (job.kind, job.state) == (JobKind.OPT_OUT, JobState.DONE)
    assert job.counts == {"opted_out": len(everything)}
    assert statuses(world) == {Status.OPTED_OUT}
    assert index.listed == MAX_PAGES + 1 + 2, "it begins where the request stopped"


def test_the_listing_after_the_lag_is_one_of_the_ten_pages(
    world: World, ports: Ports, index: Lagging
) -> None:
    of_a_month_ago(world, (MAX_PAGES - 1) * PAGE)

    assert no(ports).job is None
    assert index.listed == MAX_PAGES


def test_a_job_names_no_person_once_it_is_done(world: World, ports: Ports) -> None:
    of_a_month_ago(world, MAX_PAGES * PAGE + 1)
    no(ports)
    assert "eggs" in repr(world.jobs.stored)

    jobs_done(world, ports=ports)

    assert "eggs" not in repr(world.jobs.stored)


def ends_at(world: World, sending: Notification, at: datetime) -> Callable[[], None]:
    """Return what lets the provider take it at a moment."""

    def look() -> None:
        if world.watch() >= at and world.stored(sending).status is Status.SENDING:
            world.notifications.stored[sending.id] = sending.delivered(at, "SM1")

    return look


def worked(world: World, ports: Ports, between: Callable[[], object] = lambda: None) -> Job:
    """Work on the only job, one step a run, and do something between."""
    [job_id] = world.jobs.stored
    while (job := world.jobs.stored[job_id]).state is JobState.RUNNING:
        between()
        runs = iter([False, True])
        work(ports, job_id, {JobKind.OPT_OUT: step}, lambda runs=runs: next(runs))  # type: ignore[misc]
        world.watch.forward(seconds=world.queues.job_delays[-1])
    return job


@pytest.mark.parametrize("place", [0, MAX_PAGES * PAGE - 1, MAX_PAGES * PAGE])
def test_a_job_is_not_done_while_something_may_still_go(
    world: World, ports: Ports, place: int
) -> None:
    """Also of what the request has read already."""
    sending = claimed(world, of_a_month_ago(world, MAX_PAGES * PAGE + 1)[place])
    heard = no(ports)
    assert heard.job is not None
    look = ends_at(world, sending, NOON + timedelta(seconds=40))

    job = worked(world, ports, look)

    assert world.watch() >= NOON + timedelta(seconds=40)
    assert world.stored(sending).status is Status.DELIVERED
    assert job.counts == {"opted_out": MAX_PAGES * PAGE}


def test_a_job_does_not_await_a_consumer_whose_lease_has_lapsed(world: World, ports: Ports) -> None:
    claimed(world, of_a_month_ago(world, MAX_PAGES * PAGE + 1)[-1])
    no(ports)

    worked(world, ports)

    assert LEASE <= world.watch() - NOON < LEASE + timedelta(seconds=10)


@pytest.mark.parametrize("seconds", [0.0, 1.9])
def test_a_notification_that_the_listing_shows_late_is_ended_and_awaited(
    world: World, ports: Ports, index: Lagging, seconds: float
) -> None:
    of_a_month_ago(world, MAX_PAGES * PAGE + 1)
    late = stored(world, created_at=NOON)
    sending = claimed(world, stored(world, created_at=NOON))
    for each in (late, sending):
        index.shown_at[each.id] = NOON + timedelta(seconds=seconds)
    no(ports)

    worked(world, ports, ends_at(world, sending, NOON + timedelta(seconds=9)))

    assert world.stored(late).status is Status.OPTED_OUT
    assert world.stored(sending).status is Status.DELIVERED


def test_a_step_that_was_cut_off_is_done_again(world: World, ports: Ports) -> None:
    """Its worker dies after the write and before the job is stored."""
    everything = of_a_month_ago(world, (MAX_PAGES + 2) * PAGE)
    no(ports)

    def die() -> None:
        [job] = world.jobs.stored.values()
        step(ports, job)

    worked(world, ports, die)

    assert {world.stored(each).status for each in everything} == {Status.OPTED_OUT}


def test_a_simultaneous_opt_in_restores_nothing_and_frees_later_notifications(
    world: World, ports: Ports
) -> None:
    before = of_a_month_ago(world, MAX_PAGES * PAGE + 1)
    no(ports)
    world.watch.forward(seconds=10)
    no(ports, active=False)
    wanted = stored(world, created_at=world.watch(), scheduled_delivery=NOON + timedelta(days=1))

    worked(world, ports)

    assert {world.stored(each).status for each in before} == {Status.OPTED_OUT}
    assert world.stored(wanted) is wanted


def test_a_job_of_a_user_who_was_erased_is_done(world: World, ports: Ports) -> None:
    of_a_month_ago(world, MAX_PAGES * PAGE + 1)
    heard = no(ports)
    assert heard.job is not None
    world.opt_outs.remove(world.opt_outs.stored["eggs"])

    assert worked(world, ports).state is JobState.DONE


class Deaf(MemoryQueues):
    """Accepts nothing."""

    def enqueue_job(self, job_id: str, delay: int = 0) -> bool:
        del job_id, delay
        return False


def test_a_job_whose_message_was_not_accepted_begins_with_a_later_tick(
    world: World, ports: Ports
) -> None:
    of_a_month_ago(world, MAX_PAGES * PAGE + 1)

    heard = no(replace(ports, queues=Deaf()))

    assert heard.job is not None
    assert world.jobs.stored[heard.job.id].state is JobState.RUNNING
    world.watch.forward(seconds=STALLED.total_seconds() + 1)
    assert wake_stalled(ports) == [heard.job.id]
    jobs_done(world, ports=ports)
    assert statuses(world) == {Status.OPTED_OUT}


def test_an_opt_out_that_is_not_awaited_starts_a_job_only_where_something_may_wait(
    world: World, ports: Ports, index: Lagging
) -> None:
    everything = an_opt_out()
    world.opt_outs.put(everything)
    assert start_where_waiting(ports, [everything]) == []
    ended = claimed(world, stored(world)).delivered(NOON, "SM1")
    world.notifications.stored[ended.id] = ended
    assert start_where_waiting(ports, [everything]) == []

    world.notifications.stored[ended.id] = claimed(world, stored(world))
    assert len(start_where_waiting(ports, [everything])) == 1
    assert start_where_waiting(ports, [an_opt_out(NEWS)]) == [], "nothing of that is covered"
    assert index.listed == 4


def test_one_page_of_a_long_history_is_read(world: World, ports: Ports, index: Lagging) -> None:
    for _ in range(FIRST_LOOK + 1):
        ended = claimed(world, stored(world)).delivered(NOON, "SM1")
        world.notifications.stored[ended.id] = ended
    world.opt_outs.put(an_opt_out())

    assert len(start_where_waiting(ports, [an_opt_out()])) == 1
    assert index.listed == 1


def test_the_users_of_one_number_share_the_pages_of_a_request(
    world: World, ports: Ports, index: Lagging
) -> None:
    world.add_record(user="spam")
    of_a_month_ago(world, MAX_PAGES * PAGE, user="spam")
    mine = of_a_month_ago(world, 1)

    assert reply(ports, "pigeon", "123", active=True, evidence="SM1") == 2

    assert index.listed == MAX_PAGES
    handed(world, *mine)
    assert world.provider.seen == []
    jobs_done(world, ports=ports)
    assert statuses(world) == {Status.OPTED_OUT}


class CountedModules(MemoryModules):
    """Counts the scans."""

    scans = 0

    def all(self) -> list[Module]:
        self.scans += 1
        return super().all()


def test_a_run_of_many_steps_reads_the_modules_once(world: World, ports: Ports) -> None:
    modules = CountedModules()
    modules.put(world.module)
    of_a_month_ago(world, (MAX_PAGES + 5) * PAGE)
    heard = no(ports)
    assert heard.job is not None

    work(replace(ports, modules=modules), heard.job.id, {JobKind.OPT_OUT: step}, lambda: False)

    assert modules.scans == 1
    assert world.watch() - NOON < INDEX_LAG
