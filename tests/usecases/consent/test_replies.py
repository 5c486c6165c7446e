"""STOP and START: they hold for whoever has this address, in this module's targets."""

from datetime import timedelta

import pytest

from notification_core.domain.consent import MAX_SCOPES, ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.errors import StillSending
from notification_core.domain.status import Status
from notification_core.usecases.consent.opt_out import append_entry
from notification_core.usecases.consent.replies import PATIENCE, reply
from tests.builders import World, a_module, a_target, an_entry
from tests.usecases.steps import claimed, stored

ADDRESS = "123"


def stop(world: World, sid: str = "SM1", *, active: bool = True) -> int:
    """Answer from the world's address."""
    return reply(world.ports, "pigeon", ADDRESS, active=active, evidence=sid)


def scopes(world: World, user: str = "eggs") -> frozenset[str]:
    """Return what a user has opted out of."""
    return world.opt_outs.stored[user].scopes


def test_a_stop_ends_what_waits_for_its_target_and_is_kept_with_the_message(world: World) -> None:
    waiting, elsewhere = stored(world), stored(world, target="crow")

    assert stop(world) == 1

    mine = target_scope(world.target.id)
    assert world.opt_outs.stored["eggs"].entries == (
        an_entry(scope=mine, source=ConsentSource.REPLY, evidence="SM1"),
    )
    assert world.stored(waiting).status is Status.OPTED_OUT
    assert world.stored(elsewhere).status is Status.SCHEDULED


def test_a_reply_counts_for_every_user_of_the_address_and_every_target_of_the_module(
    world: World,
) -> None:
    second = a_target(name="Second")
    world.targets.add(second)
    world.add_record(user="spam")
    world.add_record(user="spam", target=second.id)
    world.add_record(user="ham", target_user_id="456")

    assert stop(world) == 2

    assert scopes(world) == {target_scope(world.target.id)}
    assert scopes(world, "spam") == {target_scope(world.target.id), target_scope(second.id)}
    assert "ham" not in world.opt_outs.stored


def test_another_modules_target_is_another_matter(world: World) -> None:
    world.modules.put(a_module(name="crow"))
    crow = a_target(name="Crow", notification_module_name="crow")
    world.targets.add(crow)
    world.add_record(user="spam", target=crow.id)

    assert stop(world) == 1
    assert "spam" not in world.opt_outs.stored


def test_a_record_that_is_switched_off_still_has_its_owner(world: World) -> None:
    world.records.stored.clear()
    world.add_record(active=False)

    assert stop(world) == 1
    assert scopes(world)


def test_a_reply_from_an_unknown_address_writes_nothing(world: World) -> None:
    assert reply(world.ports, "pigeon", "999", active=True, evidence="SM1") == 0
    assert world.opt_outs.stored == {}


def test_a_start_ends_the_stop_and_restores_nothing(world: World) -> None:
    waiting = stored(world)
    stop(world)

    assert stop(world, "SM2", active=False) == 1

    assert scopes(world) == frozenset()
    assert world.stored(waiting).status is Status.OPTED_OUT


def test_a_stop_that_is_repeated_after_a_start_is_ignored(world: World) -> None:
    stop(world, "SM1")
    stop(world, "SM2", active=False)

    stop(world, "SM1")

    assert scopes(world) == frozenset()


def test_a_slow_send_to_one_costs_no_others_word(world: World, waits: list[float]) -> None:
    world.add_record(user="spam")
    sending, waiting = claimed(world, stored(world)), stored(world, user="spam")

    with pytest.raises(StillSending):
        stop(world)

    assert scopes(world) == scopes(world, "spam") == {target_scope(world.target.id)}
    assert world.stored(waiting).status is Status.OPTED_OUT
    assert world.stored(sending).status is Status.SENDING
    assert timedelta(seconds=sum(waits)) <= PATIENCE + timedelta(seconds=0.2)


def test_it_waits_for_what_is_being_sent_to_any_of_them(world: World) -> None:
    world.add_record(user="spam")
    both = [claimed(world, stored(world)), claimed(world, stored(world, user="spam"))]

    def sleep(seconds: float) -> None:
        world.watch.forward(seconds=seconds)
        sending = [each for each in both if world.stored(each).status is Status.SENDING]
        if sending:
            end = sending[0].delivered(world.watch(), "SM9")
            world.notifications.stored[end.id] = end

    world.on_sleep = sleep

    assert stop(world) == 2
    assert {world.stored(each).status for each in both} == {Status.DELIVERED}


@pytest.fixture
def lines(world: World) -> dict[str, str]:
    """Targets beside the world's own, by name: of its module, of another for texts, and of mail.

    The user has the number in the world's own target and in *Crow*; *spam* has it in *Crow* alone.
    """
    world.modules.put(a_module(channel="sms"))
    world.modules.put(a_module(name="crow", channel="sms"))
    world.modules.put(a_module(name="mail", channel="email"))
    targets = {
        "Second": a_target(name="Second"),
        "Crow": a_target(name="Crow", notification_module_name="crow"),
        "Mail": a_target(name="Mail", notification_module_name="mail"),
    }
    for target in targets.values():
        world.targets.add(target)
    for user in ("eggs", "spam"):
        world.add_record(user=user, target=targets["Crow"].id)
    return {name: target_scope(each.id) for name, each in targets.items()}


def reaching(world: World, stop_scope: str) -> None:
    """Let a STOP reach so far."""
    world.modules.put(a_module(channel="sms", stop_scope=stop_scope))


def test_as_shipped_a_stop_covers_the_targets_of_the_number(
    world: World, lines: dict[str, str]
) -> None:
    assert stop(world) == 1
    assert scopes(world) == {target_scope(world.target.id)}
    assert lines["Crow"] not in scopes(world)
    assert "spam" not in world.opt_outs.stored


def test_a_stop_of_all_texts_covers_every_target_that_sends_texts_and_no_other(
    world: World, lines: dict[str, str]
) -> None:
    reaching(world, "all-texts")

    assert stop(world) == 2
    texts = {target_scope(world.target.id), lines["Second"], lines["Crow"]}
    assert scopes(world) == scopes(world, "spam") == texts
    assert stop(world, "SM2", active=False) == 2
    assert scopes(world) == scopes(world, "spam") == frozenset()


def test_a_stop_of_everything_covers_all_that_the_user_gets(
    world: World, lines: dict[str, str]
) -> None:
    reaching(world, "everything")
    mail = stored(world, target=lines["Mail"].removeprefix("target:"), module="mail")

    assert stop(world) == 2
    assert scopes(world) == scopes(world, "spam") == {EVERYTHING}
    assert world.stored(mail).status is Status.OPTED_OUT
    assert stop(world, "SM2", active=False) == 2
    assert scopes(world) == scopes(world, "spam") == frozenset()


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize("reach", ["targets", "all-texts", "everything"])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "source", [ConsentSource.API, ConsentSource.COMPLAINT, ConsentSource.SUPPRESSION_LIST]
)
def test_a_start_never_ends_an_opt_out_of_everything_from_another_source(
    world: World, reach: str, source: ConsentSource, *, first: bool
) -> None:
    reaching(world, reach)
    if not first:
        stop(world)
    append_entry(
        world.ports, "eggs", [EVERYTHING], active=True, source=source, evidence="elsewhere"
    )
    if first:
        stop(world)

    stop(world, "SM2", active=False)

    assert scopes(world) == {EVERYTHING}


def test_a_start_ends_a_stop_from_when_stops_reached_further(
    world: World, lines: dict[str, str]
) -> None:
    del lines
    reaching(world, "everything")
    stop(world)
    reaching(world, "targets")

    stop(world, "SM2", active=False)

    assert scopes(world) == frozenset()


def test_a_start_ends_what_the_provider_refused_also_where_a_stop_reaches_everything(
    world: World, lines: dict[str, str]
) -> None:
    reaching(world, "everything")
    mine = target_scope(world.target.id)
    for scope, source in [(mine, ConsentSource.REFUSAL), (lines["Mail"], ConsentSource.API)]:
        append_entry(world.ports, "eggs", [scope], active=True, source=source, evidence="21610")

    stop(world, "SM2", active=False)

    assert scopes(world) == {lines["Mail"]}


def test_a_start_that_is_repeated_does_not_end_a_later_stop_of_everything(
    world: World, lines: dict[str, str]
) -> None:
    del lines
    reaching(world, "everything")
    stop(world, "SM1", active=False)
    stop(world, "SM2")

    stop(world, "SM1", active=False)

    assert scopes(world) == {EVERYTHING}


@pytest.mark.parametrize("over", [True, False])
def test_a_stop_of_a_user_with_the_maximum_of_opt_outs_is_recorded(
    world: World, *, over: bool
) -> None:
    waiting = stored(world)
    for n in range(MAX_SCOPES):
        for active in (True, False) if over else (True,):
            scope = [category_scope(f"c{n}")]
            append_entry(
                world.ports, "eggs", scope, active=active, source=ConsentSource.API, evidence="page"
            )

    assert stop(world) == 1

    assert world.opt_outs.stored["eggs"].covers(world.target.id, None)
    assert world.stored(waiting).status is Status.OPTED_OUT
    stop(world, "SM2", active=False)
    assert not world.opt_outs.stored["eggs"].covers(world.target.id, None)
