"""A no in part ends what it covers and nothing else, and is kept with its evidence."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.adapters.memory.stores import MemoryOptOuts
from notification_core.domain.consent import MAX_SCOPES, ConsentEntry, ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.errors import InvalidInput, Unavailable, UnknownTarget
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timing import INDEX_LAG
from notification_core.usecases.consent.opt_out import (
    TRIES,
    append_entry,
    get_opt_out,
    record_consent,
    scopes_of,
)
from tests.builders import NOON, World, a_target, an_entry, an_opt_out
from tests.usecases.steps import claimed, handed, stored, with_module

NEWS = category_scope("news")


def no(world: World, *scopes: str, active: bool = True, evidence: str = "caller") -> int:
    """Let the user say no to these over the API; how many that ended."""
    return record_consent(
        world.ports, "eggs", scopes, active=active, source=ConsentSource.API, evidence=evidence
    ).ended


def left(world: World, *notifications: Notification) -> list[bool]:
    """Return which of them still wait."""
    return [world.stored(each).is_waiting for each in notifications]


def test_an_opt_out_of_a_target_ends_its_waiting_notifications_only(world: World) -> None:
    other = a_target(name="Crow")
    world.targets.add(other)
    here, there = stored(world, category="news"), stored(world, target=other.id)

    assert no(world, target_scope(world.target.id)) == 1
    assert left(world, here, there) == [False, True]


def test_an_opt_out_of_a_category_ends_it_in_every_target(world: World) -> None:
    news, elsewhere = stored(world, category="news"), stored(world, category="news", target="crow")
    offers, plain = stored(world, category="offers"), stored(world)

    assert no(world, NEWS) == 2
    assert left(world, news, elsewhere, offers, plain) == [False, False, True, True]


def test_a_notification_that_an_opt_out_does_not_cover_is_sent_after_it(world: World) -> None:
    offers = stored(world, category="offers")
    no(world, NEWS)

    handed(world, offers)

    assert world.stored(offers).status is Status.DELIVERED


def test_a_queued_notification_that_an_opt_out_covers_is_not_sent(world: World) -> None:
    news = stored(world, category="news")
    world.opt_outs.put(an_opt_out(NEWS))

    handed(world, news)

    assert world.provider.seen == []
    assert world.stored(news).status is Status.OPTED_OUT


@pytest.mark.parametrize("scope", [EVERYTHING, category_scope("receipts")])
def test_a_mandatory_notification_is_neither_ended_nor_held_back(world: World, scope: str) -> None:
    with_module(world, mandatory_categories=frozenset({"receipts"}))
    receipt = stored(world, category="receipts")

    assert no(world, scope) == 0
    handed(world, receipt)

    assert world.stored(receipt).status is Status.DELIVERED


def test_an_opt_out_waits_only_for_the_sends_that_it_covers(
    world: World, waits: list[float]
) -> None:
    claimed(world, stored(world, category="offers"))

    assert no(world, NEWS) == 0
    assert waits == [INDEX_LAG.total_seconds()]


def test_a_category_of_a_removed_module_is_not_mandatory(world: World) -> None:
    receipt = stored(world, category="receipts", module="dodo")
    with_module(world, mandatory_categories=frozenset({"receipts"}))

    assert no(world, EVERYTHING) == 1
    assert left(world, receipt) == [False]


def test_the_ledger_keeps_each_decision_with_its_source_and_time(world: World) -> None:
    no(world, NEWS, evidence="alice")
    world.watch.forward(hours=1)
    no(world, NEWS, active=False, evidence="bob")

    assert get_opt_out(world.ports, "eggs").entries == (
        an_entry(scope=NEWS, evidence="alice"),
        an_entry(scope=NEWS, active=False, at=world.watch(), evidence="bob"),
    )


def test_an_opt_in_to_everything_ends_each_opt_out(world: World) -> None:
    no(world, NEWS, target_scope(world.target.id))
    no(world, EVERYTHING)

    no(world, EVERYTHING, active=False)

    assert get_opt_out(world.ports, "eggs").scopes == frozenset()


def test_an_opt_in_to_one_target_keeps_an_opt_out_of_everything(world: World) -> None:
    no(world, EVERYTHING)

    no(world, target_scope(world.target.id), active=False)

    assert get_opt_out(world.ports, "eggs").scopes == {EVERYTHING}


def test_saying_it_twice_writes_nothing_the_second_time(world: World) -> None:
    no(world, NEWS)
    before = get_opt_out(world.ports, "eggs")
    world.watch.forward(hours=1)

    no(world, NEWS, evidence="other")

    assert get_opt_out(world.ports, "eggs") == before


def test_a_repeated_opt_out_ends_the_notifications_created_in_between(world: World) -> None:
    world.opt_outs.put(an_opt_out(NEWS))
    news = stored(world, category="news")

    assert no(world, NEWS) == 1
    assert left(world, news) == [False]


class Contended(MemoryOptOuts):
    """Somebody else writes to the ledger between a read and a write, so many times."""

    def __init__(self, times: int, meanwhile: Callable[[int], ConsentEntry]) -> None:
        super().__init__()
        self.times, self.meanwhile = times, meanwhile

    def put(self, opt_out: OptOut) -> bool:
        if self.times:
            self.times -= 1
            known = self.stored.get("eggs") or OptOut.begun("eggs", NOON)
            assert super().put(known.with_entry(self.meanwhile(self.times)))
        return super().put(opt_out)


def another(number: int) -> ConsentEntry:
    """Somebody else's word."""
    return an_entry(scope=category_scope(f"c{number}"))


@pytest.mark.parametrize("times", [1, TRIES - 1])
def test_no_word_is_lost_to_another_that_comes_at_the_same_moment(world: World, times: int) -> None:
    opt_outs = Contended(times, another)
    ports = replace(world.ports, opt_outs=opt_outs)

    record_consent(ports, "eggs", [NEWS], active=True, source=ConsentSource.API, evidence="caller")

    everybodys = {NEWS, *(category_scope(f"c{n}") for n in range(times))}
    assert opt_outs.stored["eggs"].scopes == everybodys


def test_a_ledger_that_keeps_changing_stores_nothing_and_raises(world: World) -> None:
    opt_outs = Contended(TRIES, another)
    ports = replace(world.ports, opt_outs=opt_outs)
    waiting = stored(world, category="news")

    with pytest.raises(Unavailable):
        record_consent(
            ports, "eggs", [NEWS], active=True, source=ConsentSource.API, evidence="caller"
        )

    assert NEWS not in opt_outs.stored["eggs"].scopes
    assert left(world, waiting) == [True]


def test_an_opt_out_and_an_opt_in_at_the_same_moment_leave_the_last_one(world: World) -> None:
    yes = an_entry(scope=NEWS, active=False)
    opt_outs = Contended(1, lambda _: yes)
    opt_outs.stored["eggs"] = an_opt_out(NEWS, revision=3)
    ports = replace(world.ports, opt_outs=opt_outs)

    append_entry(
        ports, "eggs", [NEWS, "target:x"], active=True, source=ConsentSource.API, evidence="caller"
    )

    assert opt_outs.stored["eggs"].scopes == {NEWS, "target:x"}
    assert yes in opt_outs.stored["eggs"].entries


def test_too_many_scopes_are_refused_and_none_of_them_is_stored(world: World) -> None:
    with pytest.raises(InvalidInput, match=str(MAX_SCOPES)):
        no(world, *(category_scope(f"c{n}") for n in range(MAX_SCOPES + 1)))

    assert world.opt_outs.stored == {}


@pytest.mark.parametrize("by", ["name", "id"])
def test_targets_are_named_by_name_or_id_and_categories_by_name(world: World, by: str) -> None:
    assert scopes_of(world.ports, [getattr(world.target, by)], ["news"]) == [
        target_scope(world.target.id),
        NEWS,
    ]


def test_naming_nothing_means_everything(world: World) -> None:
    assert scopes_of(world.ports, [], []) == [EVERYTHING]


def test_an_unknown_scope_cannot_be_opted_out_of(world: World) -> None:
    with pytest.raises(UnknownTarget, match="Dodo"):
        scopes_of(world.ports, ["Dodo"], [])
    with pytest.raises(InvalidInput, match="category"):
        scopes_of(world.ports, [], ["no such"])


class Slow(MemoryOptOuts):
    """A ledger that is written to while the clock runs on."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        self.world.watch.forward(seconds=1)
        return super().get(users)


def test_each_word_is_dated_when_it_is_read_against_the_ledger(world: World) -> None:
    opt_outs = Slow(world)
    ports = replace(world.ports, opt_outs=opt_outs)

    append_entry(ports, "eggs", [NEWS], active=True, source=ConsentSource.API, evidence="caller")

    [entry] = opt_outs.stored["eggs"].entries
    assert NOON <= entry.at <= NOON + timedelta(seconds=1)
