"""Nothing is saved for a user who has opted out, as far as the opt-out reaches."""

from typing import Any

import pytest

from notification_core.domain.consent import OptOut
from notification_core.domain.consent_scopes import target_scope
from notification_core.domain.errors import InvalidInput, NoActiveRecords, OptedOut
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft, a_target, an_ended_opt_out, an_opt_out
from tests.usecases.steps import with_module


def one_record(world: World) -> dict[str, Any]:
    """The form that names a record."""
    return {"target_user_record": world.record.id}


def whole_user(_world: World) -> dict[str, Any]:
    """The form that names a user."""
    return {"user": "eggs"}


@pytest.mark.parametrize("form", [one_record, whole_user])
def test_nothing_is_saved_for_a_user_who_has_opted_out(world: World, form: Any) -> None:
    world.opt_outs.put(an_opt_out())

    with pytest.raises(OptedOut):
        schedule(world.ports, "caller", a_draft(**form(world)))

    assert world.notifications.stored == {}


@pytest.mark.parametrize("form", [one_record, whole_user])
def test_an_ended_opt_out_is_not_active(world: World, form: Any) -> None:
    world.opt_outs.put(an_ended_opt_out())

    assert schedule(world.ports, "caller", a_draft(**form(world))).created


def test_another_users_opt_out_is_another_users(world: World) -> None:
    world.opt_outs.put(an_opt_out(user="spam"))

    assert schedule(world.ports, "caller", a_draft()).created


@pytest.mark.parametrize(
    ("opt_out", "error"),
    [
        (an_opt_out(user="nobody"), OptedOut),
        (an_ended_opt_out(user="nobody"), NoActiveRecords),
        (an_opt_out("category:news", user="nobody"), NoActiveRecords),
    ],
)
def test_a_user_without_addresses_is_rejected_for_the_opt_out_first(
    world: World, opt_out: OptOut, error: type[Exception]
) -> None:
    world.opt_outs.put(opt_out)

    with pytest.raises(error):
        schedule(world.ports, "caller", a_draft(user="nobody"))


def test_the_category_is_kept_with_each_notification(world: World) -> None:
    [made] = schedule(world.ports, "caller", a_draft(category="news")).notifications
    [plain] = schedule(world.ports, "caller", a_draft()).notifications

    assert (world.stored(made).category, world.stored(plain).category) == ("news", None)


def test_a_reference_is_stored_with_each_notification_of_its_request(world: World) -> None:
    world.add_record(target_user_id="456")

    created = schedule(world.ports, "caller", a_draft(reference="order 1")).notifications

    assert [notification.reference for notification in created] == ["order 1", "order 1"]
    assert [world.stored(notification).reference for notification in created] == [
        "order 1",
        "order 1",
    ]


@pytest.mark.parametrize("reference", ["", "  ", "x" * 256])
def test_a_reference_that_is_blank_or_too_long_is_refused(world: World, reference: str) -> None:
    with pytest.raises(InvalidInput, match=r"^reference: "):
        schedule(world.ports, "caller", a_draft(reference=reference))


def test_an_unknown_category_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match=r"^category: "):
        schedule(world.ports, "caller", a_draft(category="no such thing"))

    assert world.notifications.stored == {}


@pytest.mark.parametrize("form", [one_record, whole_user])
def test_an_opt_out_of_a_category_refuses_that_one_only(world: World, form: Any) -> None:
    world.opt_outs.put(an_opt_out("category:news"))

    with pytest.raises(OptedOut):
        schedule(world.ports, "caller", a_draft(category="news", **form(world)))

    assert schedule(world.ports, "caller", a_draft(category="offers", **form(world))).created
    assert schedule(world.ports, "caller", a_draft(**form(world))).created


def test_the_addresses_that_an_opt_out_covers_are_left_out_and_the_others_notified(
    world: World,
) -> None:
    crow = a_target(name="Crow")
    world.targets.add(crow)
    there = world.add_record(target=crow.id)
    world.opt_outs.put(an_opt_out(target_scope(world.target.id)))

    made = schedule(world.ports, "caller", a_draft(idempotency_key="key")).notifications
    again = schedule(world.ports, "caller", a_draft(idempotency_key="key"))

    assert [each.target_user_record for each in made] == [there.id]
    assert (again.notifications, again.created) == (made, False)
    assert len(world.notifications.stored) == 1


def test_where_every_address_is_covered_nothing_is_saved(world: World) -> None:
    crow = a_target(name="Crow")
    world.targets.add(crow)
    world.add_record(target=crow.id)
    world.opt_outs.put(an_opt_out(target_scope(world.target.id), target_scope(crow.id)))

    with pytest.raises(OptedOut):
        schedule(world.ports, "caller", a_draft())

    assert world.notifications.stored == {}


@pytest.mark.parametrize("form", [one_record, whole_user])
def test_a_mandatory_category_is_sent_despite_every_opt_out(world: World, form: Any) -> None:
    with_module(world, mandatory_categories=frozenset({"receipts"}))
    world.opt_outs.put(an_opt_out())

    assert schedule(world.ports, "caller", a_draft(category="receipts", **form(world))).created
    with pytest.raises(OptedOut):
        schedule(world.ports, "caller", a_draft(category="news", **form(world)))
