"""A batch of every kind: opt-outs come first, and then records with their notifications."""

from notification_core.domain.imports import ImportedNotification, ImportKind, ImportResult
from notification_core.usecases.imports.batch import check_batch, import_batch, undo_batch
from tests.builders import World
from tests.usecases.imports.items import (
    SOURCE,
    a_notification_item,
    a_record_item,
    an_opt_out_item,
)


def test_results_are_in_the_order_of_the_items(world: World) -> None:
    outcomes = import_batch(
        world.ports,
        SOURCE,
        [a_notification_item(world), a_record_item(target_user_id="x y"), an_opt_out_item()],
    )
    assert [outcome.result for outcome in outcomes] == [
        ImportResult.SKIPPED,  # its user has opted out in the same batch
        ImportResult.INVALID,
        ImportResult.IMPORTED,
    ]


def test_a_check_stores_nothing(world: World) -> None:
    records = dict(world.records.stored)
    outcomes = check_batch(
        world.ports,
        SOURCE,
        [
            a_record_item(),
            a_record_item(key="2", target_user_id="x y"),
            an_opt_out_item(),
            an_opt_out_item(user="u" * 200),
            a_notification_item(world),
        ],
    )
    assert [outcome.result for outcome in outcomes] == [
        ImportResult.IMPORTED,
        ImportResult.INVALID,
        ImportResult.IMPORTED,
        ImportResult.INVALID,
        ImportResult.IMPORTED,
    ]
    assert not world.notifications.stored
    assert world.records.stored == records
    assert not world.opt_outs.stored


def test_an_undo_leaves_nothing_but_the_closed_opt_out(world: World) -> None:
    [record] = import_batch(world.ports, SOURCE, [a_record_item()])
    item: ImportedNotification = a_notification_item(world, target_user_record=record.id)
    import_batch(world.ports, SOURCE, [item, an_opt_out_item()])
    results = undo_batch(
        world.ports,
        SOURCE,
        [
            (ImportKind.RECORD, "17", ""),
            (ImportKind.NOTIFICATION, "f6", ""),
            (ImportKind.OPT_OUT, "3", "eggs"),
        ],
    )
    assert set(results) == {"removed"}
    assert not world.notifications.stored
    assert list(world.records.stored) == [world.record.id]
    assert not world.opt_outs.stored["eggs"].active
