"""What a newer release has stored before a rollback is ignored; nothing that is known is lost."""

import gzip
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from notification_core.adapters.dynamodb.models import (
    JobItem,
    ModuleItem,
    NotificationItem,
    OptOutItem,
    RecordItem,
    TargetItem,
    TemplateItem,
)
from notification_core.adapters.template_bodies import body_of, content_of
from notification_core.domain.consent import ConsentSource
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.modules import PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.timeline import EventKind
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.domain.user_settings import UserSettings
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import wake_stalled
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import (
    NOON,
    a_claim,
    a_module,
    a_pause,
    a_record,
    a_template_version,
    an_entry,
    an_opt_out,
)
from tests.contract.steps import added, claimed, created, stored
from tests.emulator import Emulator

#: Attributes of a newer release, one of each type.
LATER = {
    "later_text": {"S": "text"},
    "later_number": {"N": "7"},
    "later_flag": {"BOOL": True},
    "later_list": {"L": [{"S": "one"}]},
    "later_map": {"M": {"one": {"S": "two"}}},
    "later_set": {"SS": ["one"]},
}

Item = dict[str, Any]


class Table:
    """A table of the emulator, with items as DynamoDB has them."""

    def __init__(self, emulator: Emulator, model: Any) -> None:
        self._client = emulator.client("dynamodb")
        self._name: str = model.Meta.table_name

    def item(self, **key: Any) -> Item:
        found: Item = self._client.get_item(TableName=self._name, Key=_raw(key))["Item"]
        return found

    def put(self, item: Item) -> None:
        self._client.put_item(TableName=self._name, Item=item)

    def change(self, key: dict[str, Any], change: Callable[[Item], Item]) -> None:
        """Store an item as a newer release would have it."""
        self.put(change(self.item(**key)))


def _raw(key: dict[str, Any]) -> Item:
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in key.items()
    }


@pytest.fixture
def table(emulator: Emulator, aws: Ports) -> Callable[[Any], Table]:
    """The table of a model; the adapters have created it."""
    assert aws
    return lambda model: Table(emulator, model)


def with_attributes(item: Item) -> Item:
    return item | LATER


def test_unknown_attributes_are_ignored(
    aws: Ports, table: Callable[[Any], Table], user: str
) -> None:
    notification = created(aws)
    target = added(aws)
    record = a_record(user=user, target=target.id)
    aws.records.add(record)
    aws.opt_outs.put(an_opt_out(user=user))
    aws.user_settings.put(UserSettings(user=user, locale="de", time_zone=None))
    job = Job(
        id=str(uuid4()), kind=JobKind.ERASURE, parameters={}, created_at=NOON, updated_at=NOON
    )
    aws.jobs.put(job)
    module = a_module(name=f"module-{uuid4()}")
    aws.modules.put(module)
    version = a_template_version(name=f"t-{uuid4()}")
    aws.templates.add_version(None, version)

    def read() -> list[Any]:
        return [
            stored(aws, notification),
            aws.records.get([record.id]),
            aws.records.list_by_user(user),
            aws.records.find_by_address(record.target_user_id),
            [each for each in aws.targets.all() if each.id == target.id],
            aws.opt_outs.get([user]),
            aws.user_settings.get([user]),
            aws.jobs.get(job.id),
            aws.modules.get(module.name),
            aws.templates.get(version.name),
            aws.templates.versions([version.ref]),
        ]

    before = read()
    for model, key in (
        (NotificationItem, {"id": notification.id}),
        (RecordItem, {"id": record.id}),
        (RecordItem, {"id": f"user#{user}"}),
        (RecordItem, {"id": f"settings#{user}"}),
        (TargetItem, {"id": target.id}),
        (OptOutItem, {"user": user}),
        (JobItem, {"id": job.id}),
        (ModuleItem, {"name": module.name}),
        (TemplateItem, {"name": version.name, "version": 0}),
        (TemplateItem, {"name": version.name, "version": 1}),
    ):
        table(model).change(key, with_attributes)

    assert all(before)
    assert read() == before


def test_unknown_attributes_of_a_notification_survive_its_delivery(
    aws: Ports, table: Callable[[Any], Table]
) -> None:
    notification = created(aws)
    table(NotificationItem).change({"id": notification.id}, with_attributes)

    sending = claimed(aws, notification)
    [done] = aws.notifications.advance([Transition(sending, sending.delivered(NOON, "message"))])

    assert done is True
    assert table(NotificationItem).item(id=notification.id).items() >= LATER.items()


def test_an_unknown_event_is_left_out_of_the_timeline(
    aws: Ports, table: Callable[[Any], Table]
) -> None:
    notification = created(aws)

    def with_event(item: Item) -> Item:
        events = [*item["timeline"]["L"], {"S": "1796000000000|translated|de|by a newer release"}]
        return item | {"timeline": {"L": events}}

    table(NotificationItem).change({"id": notification.id}, with_event)

    assert stored(aws, notification) == notification
    sending = claimed(aws, notification)
    assert aws.notifications.advance([Transition(sending, sending.delivered(NOON, "message"))]) == [
        True
    ]
    events = [entry.event for entry in stored(aws, notification).timeline]
    assert events == [EventKind.SCHEDULED, EventKind.CLAIMED, EventKind.DELIVERED]


def test_further_values_in_compact_texts_are_ignored(
    aws: Ports, table: Callable[[Any], Table]
) -> None:
    notification = created(aws)

    def longer(item: Item) -> Item:
        return item | {
            "last_error": {"S": json.dumps(["transient", "500", "down", "later"])},
            "sms": {"S": "GSM-7|5|5|1|later"},
        }

    table(NotificationItem).change({"id": notification.id}, longer)

    found = stored(aws, notification)
    assert found.last_error is not None
    assert found.last_error.code == "500"
    assert found.sms is not None
    assert found.sms.segments == 1


@pytest.mark.parametrize("kind", ["status", "entity"])
def test_what_is_no_notification_here_is_absent_and_holds_up_no_other(
    aws: Ports, table: Callable[[Any], Table], kind: str
) -> None:
    other, known = created(aws), created(aws)

    def changed(item: Item) -> Item:
        if kind == "status":
            return item | {"status": {"S": "ON HOLD"}}
        return {name: item[name] for name in ("id", "due_at", "due_shard", "module")}

    table(NotificationItem).change({"id": other.id}, changed)

    assert aws.notifications.get([other.id, known.id]) == [None, known]
    [rejected, sending] = aws.notifications.claim(
        [wake_up_for(other), wake_up_for(known)], a_claim(), NOON, "pigeon"
    )
    assert rejected == ClaimRejected(None)
    assert isinstance(sending, Notification)


def test_an_opt_out_from_an_unknown_source_holds_and_stays_as_evidence(
    aws: Ports, table: Callable[[Any], Table], user: str
) -> None:
    aws.opt_outs.put(an_opt_out(user=user))
    entry = [1796000000000, True, "category:news", "carrier-pigeon", "a feather", "later"]

    def with_entry(item: Item) -> Item:
        return item | {"entries": {"L": [*item["entries"]["L"], {"S": json.dumps(entry)}]}}

    table(OptOutItem).change({"user": user}, with_entry)

    read = aws.opt_outs.get([user])[user]
    assert read.entries[1].scope == "category:news"
    assert read.entries[1].active
    assert read.entries[1].source not in set(ConsentSource)
    assert aws.opt_outs.put(read.with_entry(an_entry(scope="category:sports")))
    kept = aws.opt_outs.get([user])[user]
    assert [each.source.value for each in kept.entries] == ["api", "carrier-pigeon", "api"]
    assert kept.entries[1].evidence == "a feather"


def test_an_unknown_kind_of_job_waits_for_the_newer_release(
    aws: Ports, table: Callable[[Any], Table]
) -> None:
    job = Job(
        id=str(uuid4()), kind=JobKind.REDRIVE, parameters={}, created_at=NOON, updated_at=NOON
    )
    aws.jobs.put(job)
    table(JobItem).change({"id": job.id}, lambda item: item | {"kind": {"S": "translation"}})
    before = table(JobItem).item(id=job.id)

    assert aws.jobs.get(job.id) is None
    assert job.id not in [each.id for each in aws.jobs.list_month(job.month, 100)]
    assert job.id not in wake_stalled(aws)
    assert table(JobItem).item(id=job.id) == before


def test_unknown_items_beside_targets_and_modules_are_ignored(
    aws: Ports, table: Callable[[Any], Table]
) -> None:
    targets, modules = aws.targets.all(), aws.modules.all()

    table(TargetItem).put({"id": {"S": f"later#{uuid4()}"}, **LATER})
    table(ModuleItem).put({"name": {"S": f"later#{uuid4()}"}, **LATER})

    assert aws.targets.all() == targets
    assert aws.modules.all() == modules


def test_a_pause_by_an_unknown_cause_is_ended_by_a_person_only(
    aws: Ports, table: Callable[[Any], Table]
) -> None:
    module = a_module(name=f"module-{uuid4()}")
    aws.modules.put(module)
    aws.modules.pause(module.name, a_pause())

    def longer(item: Item) -> Item:
        pause = [*json.loads(item["pause"]["S"]), "later"]
        return item | {"pause": {"S": json.dumps(pause)}, "paused_by": {"S": "budget"}}

    table(ModuleItem).change({"name": module.name}, longer)

    found = aws.modules.get(module.name)
    assert found is not None
    assert found.pause is not None
    assert found.pause.by is PausedBy.PERSON
    assert not aws.modules.resume(module.name, PausedBy.FAULT)
    assert aws.modules.resume(module.name)


def test_unknown_fields_of_a_stored_template_are_ignored() -> None:
    version = a_template_version()
    fields = json.loads(gzip.decompress(body_of(version.document, version.compiled)))
    fields["later"] = 1
    fields["compiled"]["later"] = 1
    fields["compiled"]["document"]["later"] = 1

    document, compiled = content_of(json.dumps(fields).encode())

    assert (document, compiled) == (version.document, version.compiled)
