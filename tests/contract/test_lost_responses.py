"""The response to every write of DynamoDB is lost once, and the client sends the request again.

`test_repeated_writes.py` holds each store to recognising its own success. Here both clients repeat
below the adapters, as on a time-out or a 500, and whole use cases run over them.

A write that is refused although it was carried out, because nothing tells it from another's:

- `opt_outs.put`: the ledger is read again, and what was said stands in it.
- `modules.resume`: nobody acts on the answer; only a line of the log is missing.
- `modules.begin_sweep`, `begin_probe`: this sweep or probe is left out; the next one is a few
  seconds or a minute later.
- `modules.advance_cursors`: its answer is not looked at.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.adapters.dynamodb.fast.json_client import DynamoDBJsonClient
from notification_core.adapters.dynamodb.models.records import RecordItem
from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.delivery import Accepted
from notification_core.domain.due import WakeUp
from notification_core.domain.errors import NotFound
from notification_core.domain.modules import PausedBy
from notification_core.domain.status import Status
from notification_core.domain.templates import Publication
from notification_core.ports import Ports
from notification_core.usecases.administration import addresses
from notification_core.usecases.administration.pause import pause_target, resume_target
from notification_core.usecases.consent.opt_out import record_consent
from notification_core.usecases.sending.cancel import CancelResult, cancel
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from notification_core.usecases.sending.schedule import ScheduleResult, schedule
from tests.builders import (
    NOON,
    a_draft,
    a_module,
    a_pause,
    a_template_version,
    an_opt_out,
    move_cursor,
)

WRITES = {
    "BatchExecuteStatement",
    "DeleteItem",
    "PutItem",
    "TransactWriteItems",
    "UpdateItem",
}


def client_of_the_models() -> Any:
    """Return the client that PynamoDB's models share."""
    return RecordItem._get_connection().connection._client


class Lost:
    """How many responses were lost, by operation."""

    def __init__(self) -> None:
        self.operations: list[str] = []

    def is_lost(self, target: str | bytes) -> bool:
        """Whether the response to this request is lost; it is noted."""
        text = target.decode() if isinstance(target, bytes) else target
        operation = text.rpartition(".")[2]
        if operation not in WRITES:
            return False
        self.operations.append(operation)
        return True


@pytest.fixture
def lost(aws: Ports, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lost]:
    """Both clients send every write twice: the response to the first is lost."""
    del aws  # the models have its client
    lost, once = Lost(), DynamoDBJsonClient._once
    client = client_of_the_models()

    def before_send(request: Any, **_named: Any) -> None:
        if lost.is_lost(request.headers["X-Amz-Target"]):
            client._endpoint.http_session.send(request)

    def twice(self: DynamoDBJsonClient, operation: str, body: bytes) -> dict[str, Any]:
        if lost.is_lost(operation):
            once(self, operation, body)
        return once(self, operation, body)

    client.meta.events.register("before-send.dynamodb", before_send, "lost")
    monkeypatch.setattr(DynamoDBJsonClient, "_once", twice)
    yield lost
    client.meta.events.unregister("before-send.dynamodb", before_send, "lost")


@pytest.fixture
def module(aws: Ports) -> str:
    """A module of its own."""
    name = f"module-{uuid4()}"
    aws.modules.put(a_module(name=name))
    return name


@pytest.fixture
def target(aws: Ports, module: str) -> str:
    """A target's id."""
    return addresses.add_target(aws, name=f"target-{uuid4()}", module_name=module).id


def test_targets_and_addresses_are_kept_as_if_nothing_had_happened(
    aws: Ports, lost: Lost, user: str, target: str
) -> None:
    name = f"target-{uuid4()}"
    addresses.change_target(aws, target, name=name)
    record = addresses.add_record(aws, user=user, target=name, target_user_id="123")
    other = addresses.add_record(aws, user=user, target=name, target_user_id="456")
    addresses.change_record(aws, record.id, description="the coop")
    moved = addresses.change_record(aws, record.id, target_user_id="789")

    assert sorted(each.target_user_id for each in aws.records.list_by_user(user)) == ["456", "789"]
    assert aws.records.find_by_address("789")
    addresses.remove_record(aws, other.id)
    addresses.remove_record(aws, moved.id)
    addresses.remove_target(aws, target)
    assert aws.records.list_by_user(user) == []
    with pytest.raises(NotFound):
        addresses.get_target(aws, target)
    assert {"TransactWriteItems", "PutItem"} <= {*lost.operations}


@pytest.mark.parametrize("key", [None, "key"])
def test_a_request_is_created_sent_and_recorded_once(
    aws: Ports, lost: Lost, user: str, target: str, module: str, key: str | None
) -> None:
    for address in ("123", "456"):
        addresses.add_record(aws, user=user, target=target, target_user_id=address)
    sent = list[str]()

    def send(deliveries: Any, _module: Any) -> list[list[Accepted]]:
        sent.extend(each.address for each in deliveries)
        return [[Accepted(f"SM-{each.address}") for each in deliveries]]

    made: ScheduleResult = schedule(aws, user, a_draft(user=user, idempotency_key=key))
    done = deliver(aws, module, [wake_up_for(each) for each in made.notifications], send)

    assert made.created
    assert sorted(sent) == ["123", "456"]
    assert (len(done.settled), done.superseded, done.unrecorded) == (2, 0, 0)
    stored = aws.notifications.get([each.id for each in made.notifications])
    assert [each and each.status for each in stored] == [Status.DELIVERED] * 2
    assert lost.operations.count("BatchExecuteStatement") >= 3


def test_a_cancel_and_an_opt_out_end_what_waits(
    aws: Ports, lost: Lost, user: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notification_core.usecases.consent.opt_out.INDEX_LAG", timedelta(0))
    addresses.add_record(aws, user=user, target=target, target_user_id="123")
    later = {"user": user, "scheduled_delivery": NOON + timedelta(days=1)}
    [first] = schedule(aws, user, a_draft(**later)).notifications
    [second] = schedule(aws, user, a_draft(**later)).notifications

    assert cancel(aws, first.id)[0] is CancelResult.CANCELLED
    heard = record_consent(
        aws, user, [EVERYTHING], active=True, source=ConsentSource.API, evidence="caller"
    )
    record_consent(
        aws, user, [EVERYTHING], active=False, source=ConsentSource.API, evidence="caller"
    )

    assert (heard.ended, len(heard.opt_out.entries)) == (1, 1)
    ledger = aws.opt_outs.get([user])[user]
    assert [each.active for each in ledger.entries] == [True, False]
    assert [each and each.status for each in aws.notifications.get([first.id, second.id])] == [
        Status.CANCELLED,
        Status.OPTED_OUT,
    ]
    assert aws.opt_outs.remove(ledger)
    assert aws.opt_outs.get([user]) == {}
    assert "PutItem" in lost.operations


def test_a_module_is_paused_resumed_swept_and_probed(
    aws: Ports, lost: Lost, target: str, module: str
) -> None:
    assert aws.modules.pause(module, a_pause())
    pause_target(aws, target)
    paused = aws.modules.get(module)
    assert paused is not None
    assert paused.pause is not None
    assert paused.pause.by is PausedBy.PERSON
    resume_target(aws, target)
    resumed = aws.modules.get(module)
    assert resumed is not None
    assert resumed.pause is None

    move_cursor(aws, module, "shard#0", WakeUp(7, "id"))
    assert aws.modules.progress()[module].cursors == {"shard#0": WakeUp(7, "id")}
    every = timedelta(minutes=1)
    for begin in (aws.modules.begin_sweep, aws.modules.begin_probe):
        assert not begin(module, NOON, every)  # left out, though nobody else does it
        assert not begin(module, NOON + every - timedelta(milliseconds=1), every)
    lost.operations.clear()


def test_a_sweep_that_was_left_out_is_done_at_the_next_turn(
    aws: Ports, module: str, request: pytest.FixtureRequest
) -> None:
    every = timedelta(minutes=1)
    assert aws.modules.begin_sweep(module, NOON, every)
    request.getfixturevalue("lost")
    assert not aws.modules.begin_sweep(module, NOON + every, every)
    client = client_of_the_models()
    client.meta.events.unregister("before-send.dynamodb", unique_id="lost")

    assert aws.modules.begin_sweep(module, NOON + 2 * every, every)


def test_a_notification_is_removed(aws: Ports, lost: Lost, user: str, target: str) -> None:
    addresses.add_record(aws, user=user, target=target, target_user_id="123")
    [made] = schedule(aws, user, a_draft(user=user)).notifications

    assert aws.notifications.remove([made]) == [True]
    assert aws.notifications.get([made.id]) == [None]
    assert lost.operations


def test_a_template_is_stored_compiled_published_and_removed(aws: Ports, lost: Lost) -> None:
    name = f"t-{uuid4()}"
    draft = a_template_version(name=name, compiled=None)
    assert aws.templates.add_version(None, draft)
    assert aws.templates.save_compiled(a_template_version(name=name))
    head = aws.templates.get(name)
    assert head is not None
    assert head.latest == 1
    publication = Publication(version=1, author="caller", note="", at=NOON)
    assert aws.templates.publish(head, head.with_publication(publication, None))
    head = aws.templates.heads([name])[name]
    assert (head.published, len(head.publications)) == (1, 1)

    assert aws.templates.remove(head, head.removed(NOON))

    assert aws.templates.heads([name]) == {}
    assert {"PutItem", "TransactWriteItems", "UpdateItem"} <= {*lost.operations}


def test_a_ledger_is_not_stored_over_that_of_another(aws: Ports, lost: Lost, user: str) -> None:
    del lost
    aws.opt_outs.put(an_opt_out(user=user))

    assert not aws.opt_outs.put(an_opt_out("category:news", user=user))
    assert aws.opt_outs.get([user]) == {user: replace(an_opt_out(user=user), revision=1)}
