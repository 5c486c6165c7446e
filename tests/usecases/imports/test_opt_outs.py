"""An opt-out of another system counts from the first moment, at its own time."""

from datetime import timedelta

from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING, target_scope
from notification_core.domain.imports import ImportResult, UndoResult
from notification_core.domain.status import Status
from notification_core.usecases.consent.opt_out import record_consent
from notification_core.usecases.imports.opt_outs import (
    check_opt_outs,
    import_opt_outs,
    undo_opt_out,
)
from tests.builders import World
from tests.usecases.imports.items import LONG_AGO, SOURCE, an_opt_out_item
from tests.usecases.steps import stored


def say(world: World, scope: str, *, active: bool) -> None:
    """Let the user opt out or in here."""
    record_consent(
        world.ports, "eggs", [scope], active=active, source=ConsentSource.API, evidence="caller"
    )


def reply(world: World, evidence: str, *, active: bool) -> None:
    """Record a text message of the user about everything."""
    record_consent(
        world.ports,
        "eggs",
        [EVERYTHING],
        active=active,
        source=ConsentSource.REPLY,
        evidence=evidence,
    )


def test_the_ledger_has_the_time_of_the_statement(world: World) -> None:
    [outcome] = import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    assert (outcome.result, outcome.id) == (ImportResult.IMPORTED, "eggs")
    ledger = world.opt_outs.stored["eggs"]
    [entry] = ledger.entries
    assert (entry.at, entry.source, entry.scope) == (LONG_AGO, ConsentSource.IMPORT, EVERYTHING)
    assert entry.evidence == f"{SOURCE}: 3"
    assert ledger.covers(world.target.id, None)


def test_waiting_notifications_end(world: World) -> None:
    waiting = stored(world, scheduled_delivery=world.watch() + timedelta(days=3))
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    assert world.stored(waiting).status is Status.OPTED_OUT


def test_a_repetition_ends_what_an_interrupted_import_has_left(world: World) -> None:
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    waiting = stored(world, scheduled_delivery=world.watch() + timedelta(days=3))
    [outcome] = import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    assert outcome.result is ImportResult.UNCHANGED
    assert world.stored(waiting).status is Status.OPTED_OUT


def test_a_user_who_has_opted_in_here_since_stays_opted_in(world: World) -> None:
    say(world, EVERYTHING, active=True)
    say(world, EVERYTHING, active=False)
    [outcome] = import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    assert outcome.result is ImportResult.SKIPPED
    assert outcome.error is not None
    assert not world.opt_outs.stored["eggs"].active


def test_an_opt_out_of_one_target_here_stands_beside_the_imported_one(world: World) -> None:
    say(world, target_scope(world.target.id), active=True)
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    entries = world.opt_outs.stored["eggs"].entries
    assert [entry.source for entry in entries] == [ConsentSource.IMPORT, ConsentSource.API]


def test_a_time_to_come_counts_as_now(world: World) -> None:
    item = an_opt_out_item(at=world.watch() + timedelta(days=1))
    import_opt_outs(world.ports, SOURCE, [item])
    assert world.opt_outs.stored["eggs"].entries[0].at <= world.watch()


def test_an_invalid_user_is_named(world: World) -> None:
    [outcome] = import_opt_outs(world.ports, SOURCE, [an_opt_out_item(user="u" * 200)])
    assert outcome.result is ImportResult.INVALID
    assert outcome.error is not None
    assert outcome.error.fields[0].field == "user"


def test_an_undone_opt_out_is_closed_and_not_deleted(world: World) -> None:
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    assert undo_opt_out(world.ports, SOURCE, "3", "eggs") is UndoResult.REMOVED
    ledger = world.opt_outs.stored["eggs"]
    assert [entry.source for entry in ledger.entries] == [
        ConsentSource.IMPORT,
        ConsentSource.IMPORT_UNDONE,
    ]
    assert not ledger.active
    assert undo_opt_out(world.ports, SOURCE, "3", "eggs") is UndoResult.ABSENT


def test_an_undone_import_can_be_repeated_and_undone_again(world: World) -> None:
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    undo_opt_out(world.ports, SOURCE, "3", "eggs")
    assert check_opt_outs(world.ports, [an_opt_out_item()])[0].result is ImportResult.IMPORTED
    [outcome] = import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    assert outcome.result is ImportResult.IMPORTED
    assert world.opt_outs.stored["eggs"].active
    assert undo_opt_out(world.ports, SOURCE, "3", "eggs") is UndoResult.REMOVED
    assert not world.opt_outs.stored["eggs"].active


def test_an_opt_out_that_was_stated_again_here_is_not_undone(world: World) -> None:
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    say(world, EVERYTHING, active=False)
    say(world, EVERYTHING, active=True)
    assert undo_opt_out(world.ports, SOURCE, "3", "eggs") is UndoResult.CHANGED_SINCE
    assert world.opt_outs.stored["eggs"].active


def test_an_opt_out_that_was_never_imported_is_absent(world: World) -> None:
    say(world, EVERYTHING, active=True)
    assert undo_opt_out(world.ports, SOURCE, "3", "eggs") is UndoResult.ABSENT


def test_a_start_does_not_end_an_imported_opt_out_of_a_user_who_had_stopped(world: World) -> None:
    reply(world, "STOP", active=True)
    [outcome] = import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    assert outcome.result is ImportResult.IMPORTED
    reply(world, "START", active=False)
    assert EVERYTHING in world.opt_outs.stored["eggs"].scopes


def test_the_undo_leaves_a_user_opted_out_who_had_stopped(world: World) -> None:
    reply(world, "STOP", active=True)
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    assert undo_opt_out(world.ports, SOURCE, "3", "eggs") is UndoResult.CHANGED_SINCE
    assert world.opt_outs.stored["eggs"].active


def test_a_batch_of_users_needs_no_job(world: World) -> None:
    items = [an_opt_out_item(key=str(number), user=f"u{number}") for number in range(100)]
    import_opt_outs(world.ports, SOURCE, items)
    import_opt_outs(world.ports, SOURCE, items)
    assert not world.jobs.stored
