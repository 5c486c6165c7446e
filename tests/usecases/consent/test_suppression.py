"""Who had said no, and was erased, is not written to again; who comes back and says yes is."""

from dataclasses import replace

import pytest

from notification_core.domain.consent import MAX_SCOPES, ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING, category_scope
from notification_core.domain.errors import BeingErased, NotFound, OptedOut, Unavailable
from notification_core.domain.status import Status
from notification_core.usecases.administration.addresses import add_record, change_record
from notification_core.usecases.consent.opt_out import get_opt_out, record_consent
from notification_core.usecases.consent.suppression import (
    record_api_consent,
    suppress,
)
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft, an_entry, an_opt_out
from tests.usecases.steps import jobs_done, stored

NEWS = category_scope("news")


def erased(world: World, *scopes: str, user: str = "eggs", evidence: str = "job") -> None:
    """Erase who had said no to these: address 123, and this id."""
    suppress(world.ports, an_opt_out(*scopes, user=user), ["123"], evidence)
    for record in world.records.list_by_user(user):
        world.records.remove(record)


def register(world: World, user: str, address: str) -> None:
    """Import somebody."""
    add_record(world.ports, user=user, target=world.target.id, target_user_id=address)


def scopes_of(world: World, user: str) -> frozenset[str]:
    """What a user's ledger covers."""
    return get_opt_out(world.ports, user).scopes


@pytest.mark.parametrize(
    ("user", "address"), [("eggs", "456"), ("another-id", "123"), ("eggs", "123")]
)
def test_a_re_import_is_refused_by_the_id_and_by_the_address(
    world: World, user: str, address: str
) -> None:
    erased(world)

    register(world, user, address)

    with pytest.raises(OptedOut):
        schedule(world.ports, "caller", a_draft(user=user))
    [entry] = get_opt_out(world.ports, user).entries
    assert (entry.scope, entry.source, entry.evidence) == (
        EVERYTHING,
        ConsentSource.SUPPRESSION_LIST,
        "job",
    )


def test_a_stranger_is_let_in(world: World) -> None:
    erased(world)

    register(world, "spam", "456")

    with pytest.raises(NotFound):
        get_opt_out(world.ports, "spam")


def test_an_address_is_known_however_it_is_capitalised(world: World) -> None:
    world.modules.put(replace(world.module, address_pattern=".+"))
    suppress(world.ports, an_opt_out(), ["Ann@Example.com"], "job")

    register(world, "ann", "ann@example.com")

    assert scopes_of(world, "ann") == {EVERYTHING}


def test_a_partial_opt_out_is_remembered_in_part(world: World) -> None:
    erased(world, NEWS)

    register(world, "eggs", "123")

    assert scopes_of(world, "eggs") == {NEWS}


def test_a_record_with_an_erased_persons_address_inherits_the_opt_out_too(world: World) -> None:
    record = world.add_record(user="spam", target_user_id="456")
    waiting = stored(world, user="spam", target_user_record=record.id)
    erased(world)

    change_record(world.ports, record.id, target_user_id="123")

    assert scopes_of(world, "spam") == {EVERYTHING}
    jobs_done(world)
    assert world.stored(waiting).status is Status.OPTED_OUT


def test_a_user_who_comes_back_and_opts_in_is_not_opted_out_again(world: World) -> None:
    erased(world)
    register(world, "eggs", "456")

    record_api_consent(world.ports, "eggs", [EVERYTHING], active=False, evidence="caller")
    register(world, "eggs", "123")

    assert scopes_of(world, "eggs") == frozenset()
    assert schedule(world.ports, "caller", a_draft()).created


def test_an_opt_in_before_the_first_address_counts_as_well(world: World) -> None:
    erased(world)

    record_api_consent(world.ports, "eggs", [EVERYTHING], active=False, evidence="caller")
    register(world, "eggs", "123")

    assert scopes_of(world, "eggs") == frozenset()


def test_a_partial_opt_in_ends_its_own_scopes_only(world: World) -> None:
    erased(world, EVERYTHING, NEWS)

    record_api_consent(world.ports, "eggs", [NEWS], active=False, evidence="caller")

    assert scopes_of(world, "eggs") == {EVERYTHING}


def test_the_opt_out_of_a_later_erasure_counts_after_an_opt_in(world: World) -> None:
    erased(world)
    record_api_consent(world.ports, "eggs", [EVERYTHING], active=False, evidence="caller")
    suppress(world.ports, an_opt_out(user="other"), ["123"], "a later job")

    register(world, "eggs", "123")

    assert scopes_of(world, "eggs") == {EVERYTHING}


def test_nothing_remains_of_a_user_who_came_back_opted_in_and_is_erased_again(world: World) -> None:
    erased(world)
    register(world, "eggs", "123")
    record_api_consent(world.ports, "eggs", [EVERYTHING], active=False, evidence="caller")

    suppress(world.ports, get_opt_out(world.ports, "eggs"), ["123"], "a later job")

    assert world.suppressions.stored == {}


def test_more_opt_outs_than_a_ledger_holds_become_one_of_everything(world: World) -> None:
    erased(world, *(category_scope(f"c{n}") for n in range(MAX_SCOPES)))
    record_consent(
        world.ports, "eggs", [NEWS], active=True, source=ConsentSource.API, evidence="caller"
    )

    register(world, "eggs", "456")

    assert EVERYTHING in scopes_of(world, "eggs")


def test_no_address_is_registered_during_the_erasure_of_its_user(world: World) -> None:
    world.opt_outs.put(
        an_opt_out(entries=(an_entry(source=ConsentSource.ERASURE, evidence="job"),))
    )

    with pytest.raises(BeingErased):
        register(world, "eggs", "456")
    with pytest.raises(BeingErased):
        change_record(world.ports, world.record.id, target_user_id="456")
    assert world.records.list_by_user("eggs") == [world.record]


def test_no_address_is_registered_while_the_key_cannot_be_read(world: World) -> None:
    def unreadable(_text: str) -> list[str]:
        raise Unavailable

    ports = replace(world.ports, hash_identifier=unreadable)

    with pytest.raises(Unavailable):
        add_record(ports, user="spam", target=world.target.id, target_user_id="456")
    assert world.records.list_by_user("spam") == []


def test_a_tombstone_under_an_old_key_is_found_under_the_new_one(world: World) -> None:
    erased(world)
    known = world.ports.hash_identifier
    world.ports = replace(
        world.ports, hash_identifier=lambda text: [f"new-{known(text)[0]}", *known(text)]
    )

    register(world, "eggs", "456")

    assert scopes_of(world, "eggs") == {EVERYTHING}


def test_a_tombstone_names_no_person(world: World) -> None:
    erased(world)

    kept = list(world.suppressions.stored.values())
    assert len(kept) == 2
    assert all(len(each.hash) == 128 for each in kept)
    assert "eggs" not in str(kept)
    assert "caller" not in str(kept)
