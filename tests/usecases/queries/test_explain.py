"""Everything that is known of a notification, read at once."""

import pytest

from notification_core.domain.errors import NotFound
from notification_core.domain.explanation import explain_notification
from notification_core.domain.failures import InvalidAddress
from notification_core.usecases.queries.explain import explain
from tests.builders import World, an_opt_out
from tests.usecases.steps import handed, stored


def test_it_is_explained_by_its_record_its_users_opt_out_and_its_module(world: World) -> None:
    notification = stored(world)
    world.provider.answers["123"] = [InvalidAddress("21211", "not a number")]
    handed(world, notification)
    world.opt_outs.put(an_opt_out())

    assert explain(world.ports, notification.id) == explain_notification(
        world.stored(notification),
        world.records.stored[world.record.id],
        world.opt_outs.stored["eggs"],
        world.modules.get("pigeon"),
        world.watch(),
    )


def test_a_notification_that_was_removed_meanwhile_is_reported_as_removed(world: World) -> None:
    notification = stored(world)
    world.records.remove(world.record)
    world.modules.remove("pigeon")

    found = explain(world.ports, notification.id)

    assert found.address is None
    assert found.next_step == "Deploy the target's handler again."


@pytest.mark.parametrize("notification_id", ["nowhere", "", "x" * 65, "é"])
def test_an_unknown_notification_is_not_explained(world: World, notification_id: str) -> None:
    with pytest.raises(NotFound, match="no notification"):
        explain(world.ports, notification_id)
