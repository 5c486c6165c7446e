"""Nothing is saved for a user who has opted out."""

from typing import Any

import pytest

from notifications.domain.errors import NoActiveRecords, OptedOut
from notifications.usecases.schedule import schedule
from tests.builders import World, a_draft, an_opt_out


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
def test_an_opt_out_that_has_ended_is_none(world: World, form: Any) -> None:
    world.opt_outs.put(an_opt_out(active=False))

    assert schedule(world.ports, "caller", a_draft(**form(world))).created


def test_another_users_opt_out_is_another_users(world: World) -> None:
    world.opt_outs.put(an_opt_out(user="spam"))

    assert schedule(world.ports, "caller", a_draft()).created


@pytest.mark.parametrize(("opted_out", "error"), [(True, OptedOut), (False, NoActiveRecords)])
def test_a_user_without_addresses_hears_of_the_opt_out_first(
    world: World, opted_out: bool, error: type[Exception]
) -> None:
    world.opt_outs.put(an_opt_out(user="nobody", active=opted_out))

    with pytest.raises(error):
        schedule(world.ports, "caller", a_draft(user="nobody"))
