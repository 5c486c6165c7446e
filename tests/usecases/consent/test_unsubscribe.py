"""Opt-outs by the link of an e-mail: whose they are, and what an undo ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.domain.consent import MAX_SCOPES, ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING, category_scope
from notification_core.domain.errors import OptedOut, StillSending
from notification_core.domain.status import Status
from notification_core.usecases.administration.addresses import add_record
from notification_core.usecases.consent.opt_out import get_opt_out, record_consent
from notification_core.usecases.consent.suppression import record_api_consent, suppress
from notification_core.usecases.consent.unsubscribe import (
    UNDO_WITHIN,
    record_unsubscribe,
    undo_unsubscribe,
)
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft, an_entry, an_opt_out
from tests.usecases.steps import claimed, stored

NEWS = category_scope("news")
OFFERS = category_scope("offers")


def click(world: World, evidence: str = "mail", scope: str = NEWS) -> bool:
    """Press the button of a link; returns whether the page offers an undo."""
    return record_unsubscribe(world.ports, "eggs", [scope], evidence)


def undo(world: World, evidence: str = "mail") -> bool:
    """Press the button of the page after that."""
    return undo_unsubscribe(world.ports, "eggs", evidence)


def scopes(world: World) -> frozenset[str]:
    """What the user has opted out of."""
    return get_opt_out(world.ports, "eggs").scopes


def test_a_click_of_a_known_user_is_recorded(world: World) -> None:
    record_unsubscribe(world.ports, "eggs", [NEWS], "notification")

    [entry] = get_opt_out(world.ports, "eggs").entries
    assert (entry.scope, entry.source, entry.evidence) == (
        NEWS,
        ConsentSource.ONE_CLICK,
        "notification",
    )
    assert world.suppressions.stored == {}


def test_a_click_of_an_erased_user_counts_without_storing_the_id(
    world: World,
) -> None:
    suppress(world.ports, an_opt_out(OFFERS), ["123"], "job")
    for record in world.records.list_by_user("eggs"):
        world.records.remove(record)

    can_undo = record_unsubscribe(world.ports, "eggs", [NEWS], "notification")

    assert not can_undo
    assert not undo(world, "notification")
    assert world.opt_outs.stored == {}
    assert "eggs" not in str(world.suppressions.stored)
    add_record(world.ports, user="eggs", target=world.target.id, target_user_id="456")
    assert scopes(world) == {NEWS, OFFERS}


def test_an_undo_ends_the_opt_out_and_both_statements_stay_in_the_ledger(world: World) -> None:
    assert click(world)

    assert undo(world)

    entries = get_opt_out(world.ports, "eggs").entries
    assert [(entry.scope, entry.active) for entry in entries] == [(NEWS, True), (NEWS, False)]
    assert {(entry.source, entry.evidence) for entry in entries} == {
        (ConsentSource.ONE_CLICK, "mail")
    }
    schedule(world.ports, "caller", a_draft(category="news"))


def test_a_second_undo_changes_nothing_and_a_second_click_counts(world: World) -> None:
    click(world)
    assert undo(world)

    assert not undo(world)
    assert click(world)
    assert scopes(world) == {NEWS}
    assert undo(world)
    assert scopes(world) == frozenset()


def test_an_undo_without_a_click_changes_nothing(world: World) -> None:
    assert not undo(world)
    assert world.opt_outs.stored == {}


def by_the_application(world: World) -> None:
    record_api_consent(world.ports, "eggs", [NEWS], active=True, evidence="caller")


def by_a_complaint(world: World) -> None:
    record_consent(
        world.ports,
        "eggs",
        [NEWS],
        active=True,
        source=ConsentSource.COMPLAINT,
        evidence="mail",
    )


def by_another_link(world: World) -> None:
    click(world, "another mail")


OTHERS = [by_the_application, by_a_complaint, by_another_link]


@pytest.mark.parametrize("other", OTHERS)
def test_what_was_closed_before_the_click_stays_closed(
    world: World, other: Callable[[World], None]
) -> None:
    other(world)

    assert not click(world), "the page offers no undo"
    assert not undo(world)
    assert scopes(world) == {NEWS}


@pytest.mark.parametrize("other", OTHERS)
def test_what_was_closed_again_since_stays_closed(
    world: World, other: Callable[[World], None]
) -> None:
    click(world)
    record_api_consent(world.ports, "eggs", [NEWS], active=False, evidence="caller")
    other(world)

    assert not undo(world)
    assert scopes(world) == {NEWS}


def test_an_undo_leaves_other_categories_closed(world: World) -> None:
    click(world, "mail", NEWS)
    click(world, "another mail", OFFERS)

    assert undo(world)
    assert scopes(world) == {OFFERS}


def test_a_click_of_a_user_with_the_most_opt_outs_is_undone_as_a_whole(world: World) -> None:
    full = an_opt_out(*(f"category:c{number}" for number in range(MAX_SCOPES)))
    world.opt_outs.stored["eggs"] = full
    assert click(world)
    assert EVERYTHING in scopes(world)

    assert undo(world)
    assert scopes(world) == full.scopes


def test_a_click_can_be_undone_for_an_hour(world: World) -> None:
    click(world)
    [entry] = get_opt_out(world.ports, "eggs").entries
    world.watch.now = entry.at + UNDO_WITHIN - timedelta(minutes=1)
    assert click(world), "a repeated click does not extend the hour"

    world.watch.now = entry.at + UNDO_WITHIN + timedelta(seconds=1)

    assert not click(world)
    assert not undo(world)
    assert scopes(world) == {NEWS}


def test_an_undo_does_not_bring_back_what_the_click_has_ended(world: World) -> None:
    waiting = stored(world, category="news")
    click(world)

    assert undo(world)

    assert world.stored(waiting).status is Status.OPTED_OUT


def test_an_erasure_under_way_holds_back_after_an_undo(world: World) -> None:
    click(world)
    ledger = world.opt_outs.stored["eggs"]
    erasure = an_entry(source=ConsentSource.ERASURE, at=world.watch.now)
    world.opt_outs.stored["eggs"] = ledger.with_entry(erasure)

    undo(world)

    assert scopes(world) == {EVERYTHING}
    with pytest.raises(OptedOut):
        schedule(world.ports, "caller", a_draft(category="news"))


def test_of_a_click_and_an_undo_at_once_neither_statement_is_lost(world: World) -> None:
    click(world)

    with ThreadPoolExecutor(8) as pool:
        undone = sum(pool.map(lambda _: undo(world), range(8)))

    entries = get_opt_out(world.ports, "eggs").entries
    assert undone == 1
    assert [entry.active for entry in entries] == [True, False]


def test_an_undo_works_while_the_click_still_waits_for_a_provider(world: World) -> None:
    """The click is stored before it waits, and the message under way is sent."""
    sending = claimed(world, stored(world, category="news"))
    during: list[bool] = []

    def sleep(seconds: float) -> None:
        world.watch.forward(seconds=seconds)
        if not during:
            during.append(undo(world))

    ports = replace(world.ports, sleep=sleep)
    with pytest.raises(StillSending):
        record_unsubscribe(ports, "eggs", [NEWS], "mail")

    assert during == [True]
    assert scopes(world) == frozenset()
    assert world.stored(sending).status is Status.SENDING
    entries = get_opt_out(world.ports, "eggs").entries
    assert [entry.active for entry in entries] == [True, False]
