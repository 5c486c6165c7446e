"""An undo removes what has not changed since the import."""

from dataclasses import replace

from notification_core.domain.imports import UndoResult
from notification_core.usecases.imports.records import import_records
from notification_core.usecases.imports.undo import undo_records
from tests.builders import World
from tests.usecases.imports.items import SOURCE, a_record_item


def test_an_unchanged_record_is_removed_and_a_changed_one_stays(world: World) -> None:
    items = [a_record_item(key="1", target_user_id="1"), a_record_item(key="2", target_user_id="2")]
    changed = import_records(world.ports, SOURCE, items)[1].id or ""
    record = world.records.stored[changed]
    world.records.replace(record, replace(record, updated_at=world.watch()))
    assert undo_records(world.ports, SOURCE, ["1", "2", "3", "1"]) == [
        UndoResult.REMOVED,
        UndoResult.CHANGED_SINCE,
        UndoResult.ABSENT,
        UndoResult.ABSENT,
    ]
    assert changed in world.records.stored
