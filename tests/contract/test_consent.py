"""What every store of opt-outs and of modules does for consent, told through the use cases."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.domain.attempt_policy import is_opted_out
from notification_core.domain.consent import MAX_SCOPES, ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.status import Status
from notification_core.ports import Ports
from notification_core.usecases.consent.opt_out import append_entry, record_consent
from notification_core.usecases.consent.replies import reply
from tests.builders import Watch, a_module, a_notification, a_record, a_target


@pytest.fixture
def ports(ports: Ports) -> Ports:
    """The ports under contract; waiting moves their clock and takes no time."""
    watch = Watch()
    return replace(ports, clock=watch, sleep=lambda seconds: watch.forward(seconds=seconds))


@dataclass
class Line:
    """A module with a target, where the user has a number."""

    module: str
    target: str
    number: str


@pytest.fixture
def line(ports: Ports, user: str) -> Iterator[Line]:
    """A line of this test's own, on which a STOP covers everything."""
    module = a_module(name=f"module-{uuid4()}", channel="sms", stop_scope="everything")
    target = a_target(name=f"target-{uuid4()}", notification_module_name=module.name)
    number = str(uuid4().int)[:15]
    ports.modules.put(module)
    ports.targets.add(target)
    ports.records.add(a_record(user=user, target=target.id, target_user_id=number))
    yield Line(module.name, target.id, number)
    ports.modules.remove(module.name)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_start_ends_an_opt_out_of_everything_only_if_a_stop_recorded_it(
    ports: Ports, user: str, line: Line, *, elsewhere: bool
) -> None:
    if elsewhere:
        append_entry(
            ports, user, [EVERYTHING], active=True, source=ConsentSource.API, evidence="caller"
        )

    assert reply(ports, line.module, line.number, active=True, evidence="SM1") == 1
    covered = ports.opt_outs.get([user])[user].scopes
    assert reply(ports, line.module, line.number, active=False, evidence="SM2") == 1

    assert covered == {EVERYTHING}
    assert ports.opt_outs.get([user])[user].active is elsewhere


def test_a_notification_from_before_an_opt_out_is_refused_after_the_opt_in(
    ports: Ports, user: str
) -> None:
    before = a_notification(user=user, created_at=ports.clock())
    ports.notifications.create([before])
    for active in (True, False):
        append_entry(
            ports, user, [EVERYTHING], active=active, source=ConsentSource.API, evidence="caller"
        )

    opt_out = ports.opt_outs.get([user])[user]
    [stored] = ports.notifications.get([before.id])
    assert stored is not None
    assert not opt_out.active
    assert is_opted_out(opt_out, stored, a_module())
    later = replace(stored, created_at=stored.created_at + timedelta(days=1))
    assert not is_opted_out(opt_out, later, a_module())


def test_an_opt_out_is_stored_by_a_full_ledger_too(ports: Ports, user: str, line: Line) -> None:
    full = [category_scope(f"c{n}" + "x" * 60) for n in range(MAX_SCOPES)]
    append_entry(ports, user, full, active=True, source=ConsentSource.API, evidence="c" * 256)

    reply(ports, line.module, line.number, active=True, evidence="SM1")

    assert ports.opt_outs.get([user])[user].covers(line.target, None)


def test_waiting_notifications_are_ended_with_the_listing_of_every_store(
    ports: Ports, user: str
) -> None:
    waiting = a_notification(user=user, created_at=ports.clock())
    ports.notifications.create([waiting])

    ended = record_consent(
        ports,
        user,
        [target_scope("target")],
        active=True,
        source=ConsentSource.API,
        evidence="caller",
    ).ended

    assert ended == 1
    [stored] = ports.notifications.get([waiting.id])
    assert stored is not None
    assert stored.status is Status.OPTED_OUT
