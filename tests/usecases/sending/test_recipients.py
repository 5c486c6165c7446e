"""Recipients named by address: registered or found, and refused if a holder has opted out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import target_scope
from notification_core.domain.errors import (
    BeingErased,
    IdempotencyMismatch,
    InvalidInput,
    NoActiveRecords,
    NotificationError,
    OptedOut,
    UnknownModule,
    UnknownTarget,
)
from notification_core.domain.notification import Notification
from notification_core.usecases.consent.suppression import record_api_consent, suppress
from notification_core.usecases.sending.draft import Draft, Recipient
from notification_core.usecases.sending.schedule import ScheduleResult, schedule, schedule_all
from tests.builders import NOON, World, a_draft, a_module, a_record, a_target, an_entry, an_opt_out

ANN = "ann@example.com"


@pytest.fixture
def world() -> World:
    """A world whose addresses are any words, so that they have several spellings."""
    return World(module=a_module(address_pattern="[^ ].*", mandatory_categories=frozenset({"law"})))


def to(*recipients: Recipient, **changes: Any) -> Draft:
    """A request for these recipients."""
    return a_draft(user=None, to=list(recipients), **changes)


def pigeon(address: str = ANN, user: str | None = None) -> Recipient:
    """A recipient in the world's target."""
    return Recipient("Pigeon", address, user)


def accepted(world: World, draft: Draft) -> list[Notification]:
    """Schedule a draft that is accepted."""
    return schedule(world.ports, "caller", draft).notifications


def registered(world: World) -> list[TargetUserRecord]:
    """The records that a request has added."""
    return [record for record in world.records.stored.values() if record.id != world.record.id]


def is_unchanged(world: World) -> bool:
    """Whether nothing was registered and nothing created."""
    return not registered(world) and not world.notifications.stored


def test_an_unknown_address_is_registered_under_itself(world: World) -> None:
    [notification] = accepted(world, to(pigeon("Ann@Example.com")))

    [record] = registered(world)
    assert (record.user, record.target_user_id) == (ANN, "Ann@Example.com")
    assert (record.target, record.active) == (world.target.id, True)
    assert (notification.user, notification.target_user_record) == (ANN, record.id)


def test_an_address_of_a_named_user_is_registered_for_that_user(world: World) -> None:
    [notification] = accepted(world, to(pigeon(user="ann")))

    [record] = registered(world)
    assert (record.user, record.id) == ("ann", notification.target_user_record)


def test_a_registered_address_is_found(world: World) -> None:
    [notification] = accepted(world, to(pigeon("123", user="eggs")))

    assert notification.target_user_record == world.record.id
    assert registered(world) == []


@pytest.mark.parametrize("address", [ANN, "ANN@example.com"])
def test_the_same_address_is_found_in_every_spelling(world: World, address: str) -> None:
    [first] = accepted(world, to(pigeon("Ann@Example.com")))
    [second] = accepted(world, to(pigeon(address)))

    assert first.target_user_record == second.target_user_record
    assert len(registered(world)) == 1


def test_the_address_as_it_is_written_is_preferred(world: World) -> None:
    for address, age in (("ANN@example.com", 1), (ANN, 0)):
        created_at = NOON - timedelta(hours=age)
        record = a_record(user=ANN, target=world.target.id, target_user_id=address)
        world.records.add(replace(record, created_at=created_at))

    [notification] = accepted(world, to(pigeon(ANN)))

    [record] = [record for record in registered(world) if record.target_user_id == ANN]
    assert notification.target_user_record == record.id


def test_each_address_gets_one_notification_in_order(world: World) -> None:
    recipients = [pigeon("c"), pigeon("a"), pigeon("c"), pigeon("b"), pigeon("a", user="other")]

    notifications = accepted(world, to(*recipients))

    assert [notification.user for notification in notifications] == ["c", "a", "b", "other"]


def test_two_requests_of_a_batch_register_an_address_once(world: World) -> None:
    results = schedule_all(world.ports, "caller", [to(pigeon()), to(pigeon("ANN@EXAMPLE.COM"))])

    assert all(isinstance(result, ScheduleResult) for result in results)
    assert len(registered(world)) == 1
    assert len(world.notifications.stored) == 2


def test_a_repeated_key_returns_the_same_notifications(world: World) -> None:
    draft = to(pigeon("a"), pigeon("b"), pigeon("c"), idempotency_key="key")
    first = schedule(world.ports, "caller", draft)
    world.watch.forward(seconds=1)

    second = schedule(world.ports, "caller", draft)

    assert (first.created, second.created) == (True, False)
    assert second.notifications == first.notifications
    assert (len(registered(world)), len(world.notifications.stored)) == (3, 3)


def test_a_repeated_key_with_other_recipients_is_refused(world: World) -> None:
    accepted(world, to(pigeon("a"), idempotency_key="key"))

    with pytest.raises(IdempotencyMismatch):
        accepted(world, to(pigeon("b"), idempotency_key="key"))
    assert [record.user for record in registered(world)] == ["a"]


def test_notifications_that_a_crash_has_left_out_are_created_by_the_repetition(
    world: World,
) -> None:
    draft = to(pigeon("a"), pigeon("b"), pigeon("c"), idempotency_key="key")
    lead, *others = accepted(world, draft)
    for other in others:
        del world.notifications.stored[other.id]
    world.watch.forward(seconds=1)

    result = schedule(world.ports, "caller", draft)

    assert {other.id for other in result.notifications} == {lead.id, *(o.id for o in others)}
    assert len(world.notifications.stored) == 3


@pytest.mark.parametrize(
    ("recipient", "error", "field"),
    [
        (Recipient("Dodo", ANN), UnknownTarget, "to.1.target"),
        (pigeon("x" * 3000), InvalidInput, "to.1.address"),
        (pigeon("x" * 129), InvalidInput, "to.1.user"),
    ],
)
def test_a_wrong_recipient_is_named_and_nothing_is_registered(
    world: World, recipient: Recipient, error: type[NotificationError], field: str
) -> None:
    with pytest.raises(error) as raised:
        accepted(world, to(pigeon("a"), recipient))

    assert [wrong.field for wrong in raised.value.fields] == [field]
    assert field in raised.value.detail
    assert is_unchanged(world)


def test_all_invalid_addresses_are_named_at_once(world: World) -> None:
    world.modules.put(a_module())

    with pytest.raises(InvalidInput) as raised:
        accepted(world, to(pigeon("a"), pigeon("1"), pigeon("b")))

    assert [wrong.field for wrong in raised.value.fields] == ["to.0.address", "to.2.address"]
    assert "to.0.address: must be a number" in raised.value.detail


def test_a_target_without_a_handler_is_refused(world: World) -> None:
    world.targets.add(a_target(name="Orphan", notification_module_name="extinct"))

    with pytest.raises(UnknownModule, match="extinct"):
        accepted(world, to(Recipient("Orphan", ANN)))


@pytest.mark.parametrize(
    "changes",
    [{"title": ""}, {"body": ""}, {"extra": {"colour": "grey"}}],
)
def test_a_request_that_is_refused_for_its_content_registers_nothing(
    world: World, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        accepted(world, to(pigeon(), **changes))

    assert is_unchanged(world)


def test_a_record_that_is_not_active_is_named(world: World) -> None:
    record = a_record(user=ANN, target=world.target.id, target_user_id=ANN, active=False)
    world.records.add(record)

    with pytest.raises(NoActiveRecords, match=f"to.1: its record {record.id} is not active"):
        accepted(world, to(pigeon("a"), pigeon()))
    assert world.notifications.stored == {}


@pytest.mark.parametrize("address", [ANN, "Ann@Example.com"])
@pytest.mark.parametrize("scope", [None, "category:news", "target"])
def test_an_opt_out_of_anyone_with_the_address_refuses_the_request(
    world: World, address: str, scope: str | None
) -> None:
    other = a_record(user="another", target="elsewhere", target_user_id=address)
    world.records.stored[other.id] = other
    scopes = {None: [], "target": [target_scope(world.target.id)]}.get(scope, [str(scope)])
    world.opt_outs.put(an_opt_out(*scopes, user="another"))

    with pytest.raises(OptedOut) as raised:
        accepted(world, to(pigeon("a"), pigeon(address), category="news"))

    assert [wrong.field for wrong in raised.value.fields] == ["to.1"]
    assert world.notifications.stored == {}
    assert {record.user for record in registered(world)} == {"another"}


@pytest.mark.parametrize("scope", ["category:offers", target_scope("elsewhere")])
def test_an_opt_out_of_something_else_refuses_nothing(world: World, scope: str) -> None:
    world.records.add(a_record(user="another", target=world.target.id, target_user_id=ANN))
    world.opt_outs.put(an_opt_out(scope, user="another"))

    assert accepted(world, to(pigeon(), category="news"))


def test_a_mandatory_category_is_sent_regardless_of_opt_outs(world: World) -> None:
    world.records.add(a_record(user="another", target=world.target.id, target_user_id=ANN))
    world.opt_outs.put(an_opt_out(user="another"))

    assert accepted(world, to(pigeon(), category="law"))


def test_of_a_named_user_only_the_own_opt_out_counts(world: World) -> None:
    world.records.add(a_record(user="another", target=world.target.id, target_user_id=ANN))
    world.opt_outs.put(an_opt_out(user="another"))

    assert accepted(world, to(pigeon(user="ann")))

    world.opt_outs.put(an_opt_out(user="ann"))
    with pytest.raises(OptedOut):
        accepted(world, to(pigeon(user="ann")))


def test_an_opt_out_under_the_address_is_respected_without_a_record(world: World) -> None:
    world.opt_outs.put(an_opt_out(user=ANN))

    with pytest.raises(OptedOut):
        accepted(world, to(pigeon()))
    assert is_unchanged(world)


@pytest.mark.parametrize("user", [None, "ann"])
def test_an_erased_person_with_the_address_is_remembered(world: World, user: str | None) -> None:
    suppress(world.ports, an_opt_out(user="gone"), [ANN], "job")

    with pytest.raises(OptedOut):
        accepted(world, to(pigeon(user=user)))
    assert is_unchanged(world)
    assert world.opt_outs.stored == {}, "a refused request leaves no trace of the person"


def test_an_erasure_after_the_registration_is_respected_too(world: World) -> None:
    accepted(world, to(pigeon()))
    suppress(world.ports, an_opt_out(user="gone"), [ANN], "job")

    with pytest.raises(OptedOut):
        accepted(world, to(pigeon()))


def test_an_opt_in_of_the_address_ends_the_opt_out_of_the_erased_person(world: World) -> None:
    suppress(world.ports, an_opt_out("category:news", user="gone"), [ANN], "job")
    accepted(world, to(pigeon()))  # without a category; the registration copies the entry
    with pytest.raises(OptedOut):
        accepted(world, to(pigeon(), category="news"))

    world.watch.forward(seconds=1)
    record_api_consent(world.ports, ANN, ["category:news"], active=False, evidence="caller")

    assert accepted(world, to(pigeon(), category="news"))


def test_a_user_who_is_being_erased_is_refused(world: World) -> None:
    entry = an_entry(source=ConsentSource.ERASURE)
    world.opt_outs.put(replace(an_opt_out(user=ANN), entries=(entry,)))

    with pytest.raises(BeingErased):
        accepted(world, to(pigeon()))
    assert is_unchanged(world)


def test_a_refused_request_of_a_batch_does_not_affect_the_others(world: World) -> None:
    world.opt_outs.put(an_opt_out(user="b"))

    first, second, third = schedule_all(
        world.ports, "caller", [to(pigeon("a")), to(pigeon("b")), a_draft()]
    )

    assert isinstance(first, ScheduleResult)
    assert isinstance(second, OptedOut)
    assert isinstance(third, ScheduleResult)
    assert [record.user for record in registered(world)] == ["a"]


def test_a_notification_to_an_address_is_due_as_any_other(world: World) -> None:
    later = world.watch() + timedelta(hours=1)

    [notification] = accepted(world, to(pigeon(), scheduled_delivery=later))

    assert notification.due_at == later
