"""Records of another system keep their values, and nothing here is overwritten."""

from notification_core.domain.imports import ImportOutcome, ImportResult
from notification_core.usecases.imports.records import import_records
from tests.builders import World
from tests.usecases.imports.items import LONG_AGO, SOURCE, a_record_item


def test_a_record_keeps_its_values_and_its_time(world: World) -> None:
    [outcome] = import_records(world.ports, SOURCE, [a_record_item(active=False)])
    assert outcome.result is ImportResult.IMPORTED
    record = world.records.stored[outcome.id or ""]
    assert (record.user, record.target_user_id, record.active) == ("ann", "456", False)
    assert record.created_at == LONG_AGO


def test_a_repetition_changes_nothing(world: World) -> None:
    [first] = import_records(world.ports, SOURCE, [a_record_item()])
    before = dict(world.records.stored)
    again = import_records(world.ports, SOURCE, [a_record_item(description="new")])
    assert again == [ImportOutcome(ImportResult.UNCHANGED, first.id)]
    assert world.records.stored == before


def test_an_address_that_the_user_has_here_is_left_with_its_own_id(world: World) -> None:
    item = a_record_item(user=world.record.user, target_user_id=world.record.target_user_id)
    assert import_records(world.ports, SOURCE, [item]) == [
        ImportOutcome(ImportResult.UNCHANGED, world.record.id)
    ]


def test_two_rows_with_one_address_become_one_record(world: World) -> None:
    first, second = import_records(
        world.ports, SOURCE, [a_record_item(key="1"), a_record_item(key="2")]
    )
    assert (first.result, second.result) == (ImportResult.IMPORTED, ImportResult.UNCHANGED)
    assert first.id == second.id


def test_an_invalid_record_names_the_field_and_leaves_the_others(world: World) -> None:
    invalid, unknown, valid = import_records(
        world.ports,
        SOURCE,
        [
            a_record_item(key="1", target_user_id="x y"),
            a_record_item(key="2", target="Owl"),
            a_record_item(key="3"),
        ],
    )
    assert (invalid.result, invalid.id) == (ImportResult.INVALID, None)
    assert invalid.error is not None
    assert invalid.error.fields[0].field == "target_user_id"
    assert unknown.result is ImportResult.INVALID
    assert valid.result is ImportResult.IMPORTED
