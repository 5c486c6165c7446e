"""What an opt-out ends of some notifications."""

from dataclasses import replace

from notification_core.domain.consent_scopes import category_scope
from notification_core.domain.status import Status
from notification_core.domain.timing import LEASE
from notification_core.usecases.consent.covered import covered_of, end_covered
from tests.builders import World, an_opt_out
from tests.usecases.steps import claimed, racing, stored

NEWS = an_opt_out(category_scope("news"))


def test_it_ends_what_waits_and_names_what_may_still_go(world: World) -> None:
    waiting, other = stored(world, category="news"), stored(world, category="bills")
    sending = claimed(world, stored(world, category="news"))

    page = end_covered(world.ports, NEWS, {}, [waiting, other, sending])

    assert page.covered == [waiting, sending]
    assert (page.ended, page.moving) == (1, {sending.id})
    assert world.stored(waiting).status is Status.OPTED_OUT
    assert world.stored(other) is other


def test_a_notification_that_changes_before_the_write_may_still_be_sent(world: World) -> None:
    waiting = stored(world, category="news")
    ports = racing(world, lambda: claimed(world, waiting))

    page = end_covered(ports, NEWS, {}, [waiting])

    assert (page.ended, page.moving) == (0, {waiting.id})


def test_nothing_is_sent_under_a_lapsed_lease(world: World) -> None:
    sending = claimed(world, stored(world, category="news"))
    world.watch.forward(seconds=LEASE.total_seconds() + 1)

    assert end_covered(world.ports, NEWS, {}, [sending]).moving == set()


def test_a_mandatory_category_is_not_covered(world: World) -> None:
    receipt = stored(world, category="receipts")
    module = replace(world.module, mandatory_categories=frozenset({"receipts"}))

    assert covered_of(an_opt_out(), {module.name: module}, [receipt]) == []
    assert covered_of(an_opt_out(), {}, [receipt]) == [receipt], "of no module that is deployed"
