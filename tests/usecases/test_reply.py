"""STOP and START: they hold for whoever has this address, in this module's targets."""

from datetime import timedelta

import pytest

from notifications.domain.consent import Door, target_scope
from notifications.domain.errors import StillSending
from notifications.domain.status import Status
from notifications.usecases.reply import PATIENCE, reply
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
        an_entry(scope=mine, door=Door.REPLY, evidence="SM1"),
    )
    assert world.stored(waiting).status is Status.OPTED_OUT
    assert world.stored(elsewhere).status is Status.SCHEDULED


def test_it_holds_for_everybody_who_has_the_address_and_for_every_target_of_the_module(
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


def test_nobody_with_the_address_is_nothing_to_write_down(world: World) -> None:
    assert reply(world.ports, "pigeon", "999", active=True, evidence="SM1") == 0
    assert world.opt_outs.stored == {}


def test_a_start_ends_the_stop_and_restores_nothing(world: World) -> None:
    waiting = stored(world)
    stop(world)

    assert stop(world, "SM2", active=False) == 1

    assert scopes(world) == frozenset()
    assert world.stored(waiting).status is Status.OPTED_OUT


def test_a_stop_that_is_repeated_after_a_start_is_not_heard_again(world: World) -> None:
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


def test_it_waits_for_what_is_being_sent_to_any_of_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add_record(user="spam")
    both = [claimed(world, stored(world)), claimed(world, stored(world, user="spam"))]

    def sleep(seconds: float) -> None:
        world.watch.forward(seconds=seconds)
        sending = [each for each in both if world.stored(each).status is Status.SENDING]
        if sending:
            end = sending[0].delivered(world.watch(), "SM9")
            world.notifications.stored[end.id] = end

    monkeypatch.setattr("time.sleep", sleep)

    assert stop(world) == 2
    assert {world.stored(each).status for each in both} == {Status.DELIVERED}
