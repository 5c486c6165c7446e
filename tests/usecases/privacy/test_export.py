"""Everything that is kept of one person, page by page."""

from datetime import timedelta

import pytest

from notification_core.domain.errors import InvalidInput
from notification_core.usecases.consent.opt_out import get_opt_out
from notification_core.usecases.privacy.export import export
from tests.builders import NOON, World, an_opt_out
from tests.usecases.steps import stored


def test_an_export_holds_everything_once_over_all_its_pages(world: World) -> None:
    world.opt_outs.put(an_opt_out("category:news"))
    old = stored(world)
    new = stored(world, created_at=NOON)
    stored(world, user="spam")

    first = export(world.ports, "eggs", 1, None)
    second = export(world.ports, "eggs", 1, first.notifications.next)

    assert (first.user, first.records) == ("eggs", [world.record])
    assert first.opt_out == get_opt_out(world.ports, "eggs")
    assert first.notifications.items == [new]
    assert (second.user, second.records, second.opt_out) == ("eggs", [], None)
    assert second.notifications.items == [old]
    assert second.notifications.next is None


def test_an_unknown_user_has_no_ledger(world: World) -> None:
    page = export(world.ports, "nobody", 50, None)

    assert (page.records, page.opt_out, page.notifications.items) == ([], None, [])


@pytest.mark.parametrize("user", ["", " ", "u" * 129])
def test_an_export_of_an_invalid_user_id_is_refused(world: World, user: str) -> None:
    with pytest.raises(InvalidInput):
        export(world.ports, user, 50, None)


def test_a_large_user_comes_in_pages_that_are_joined_without_a_gap(world: World) -> None:
    ids = {stored(world, created_at=NOON + timedelta(seconds=n)).id for n in range(25)}

    found, after = [], None
    while True:
        page = export(world.ports, "eggs", 10, after)
        found += [each.id for each in page.notifications.items]
        after = page.notifications.next
        if after is None:
            break

    assert len(found) == len(ids)
    assert set(found) == ids
