"""What every store of targets, modules, records, opt-outs, contents and every queue does."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.adapters.s3_contents import S3Contents
from notification_core.domain.addresses import Target
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.content import Content
from notification_core.domain.due import QueueCounts, WakeUp
from notification_core.domain.errors import (
    NameTaken,
    RecordExists,
    TargetInUse,
    UnknownRecord,
    UnknownTarget,
)
from notification_core.domain.modules import Confirmation
from notification_core.ports import Ports
from tests.builders import (
    NOON,
    a_module,
    a_notification,
    a_record,
    a_table,
    a_target,
    an_entry,
    an_opt_out,
    move_cursor,
)
from tests.emulator import Emulator

LATER = NOON + timedelta(minutes=1)


def added(ports: Ports) -> Target:
    """Add a target of its own."""
    target = a_target(name=f"target-{uuid4()}")
    ports.targets.add(target)
    return target


def test_a_target_is_read_back(ports: Ports) -> None:
    target = added(ports)

    assert target in ports.targets.all()


def test_a_targets_name_is_taken_once(ports: Ports) -> None:
    target = added(ports)

    with pytest.raises(NameTaken):
        ports.targets.add(a_target(name=target.name))


def test_a_renamed_target_frees_its_name(ports: Ports) -> None:
    target = added(ports)
    renamed = replace(target, name=f"target-{uuid4()}")

    ports.targets.replace(target, renamed)
    ports.targets.add(a_target(name=target.name))

    assert renamed in ports.targets.all()
    assert target not in ports.targets.all()


def test_a_target_cannot_take_the_name_of_another(ports: Ports) -> None:
    one, other = added(ports), added(ports)

    with pytest.raises(NameTaken):
        ports.targets.replace(one, replace(one, name=other.name))
    assert one in ports.targets.all()


def test_a_target_keeps_its_own_name(ports: Ports) -> None:
    target = added(ports)

    ports.targets.replace(target, replace(target, updated_at=LATER))

    assert replace(target, updated_at=LATER) in ports.targets.all()


def test_a_target_that_is_not_there_cannot_be_changed(ports: Ports) -> None:
    target = a_target(name=f"target-{uuid4()}")

    with pytest.raises(UnknownTarget):
        ports.targets.replace(target, target)


def test_a_target_goes_when_no_record_points_at_it(ports: Ports, user: str) -> None:
    target = added(ports)
    record = a_record(user=user, target=target.id)
    ports.records.add(record)

    with pytest.raises(TargetInUse):
        ports.targets.remove(target)
    ports.records.remove(record)
    ports.targets.remove(target)

    assert target not in ports.targets.all()
    ports.targets.add(replace(target, id=str(uuid4())))


def test_a_record_is_read_back_by_id_and_by_user(ports: Ports, user: str) -> None:
    record = a_record(user=user, target=added(ports).id, description="home", active=False)

    ports.records.add(record)

    assert ports.records.get([record.id, str(uuid4())]) == {record.id: record}
    assert ports.records.list_by_user(user) == [record]


def test_the_records_of_many_users_are_read_at_once(ports: Ports, user: str) -> None:
    target = added(ports)
    later = a_record(user=user, target=target.id, target_user_id="2", created_at=LATER)
    first = a_record(user=user, target=target.id, target_user_id="1")
    other = a_record(user=f"other-{user}", target=target.id)
    moved_away = a_record(user=f"former-{user}", target=target.id)
    for record in (later, first, other, moved_away):
        ports.records.add(record)
    ports.records.remove(moved_away)

    found = ports.records.list_by_users([other.user, user, user, moved_away.user, f"no-{user}"])

    assert found == {user: [first, later], other.user: [other]}
    assert ports.records.list_by_users([]) == {}


def test_the_records_of_more_users_than_a_request_may_name_are_read(
    ports: Ports, user: str
) -> None:
    target = added(ports)
    records = [a_record(user=f"{user}-{number}", target=target.id) for number in (0, 104)]
    for record in records:
        ports.records.add(record)

    found = ports.records.list_by_users(f"{user}-{number}" for number in range(105))

    assert found == {record.user: [record] for record in records}


def test_what_this_store_has_changed_is_among_the_recent_targets_at_once(ports: Ports) -> None:
    target = added(ports)
    assert target in ports.targets.recent()

    renamed = replace(target, name=f"target-{uuid4()}")
    ports.targets.replace(target, renamed)
    assert renamed in ports.targets.recent()
    assert target not in ports.targets.recent()

    ports.targets.remove(renamed)
    assert renamed not in ports.targets.recent()


def test_what_this_store_has_changed_is_among_the_recent_modules_at_once(ports: Ports) -> None:
    module = a_module(name=f"module-{uuid4()}")
    assert module not in ports.modules.recent()

    ports.modules.put(module)
    assert module in ports.modules.recent()

    changed = replace(module, max_strikes=2)
    ports.modules.put(changed)
    assert changed in ports.modules.recent()

    ports.modules.remove(module.name)
    assert changed not in ports.modules.recent()


def test_a_user_without_records_has_none(ports: Ports, user: str) -> None:
    assert ports.records.list_by_user(user) == []


def test_a_record_needs_its_target(ports: Ports, user: str) -> None:
    with pytest.raises(UnknownTarget):
        ports.records.add(a_record(user=user, target=str(uuid4())))
    assert ports.records.list_by_user(user) == []


def test_an_address_is_registered_once_for_a_user_in_a_target(ports: Ports, user: str) -> None:
    target = added(ports)
    ports.records.add(a_record(user=user, target=target.id))

    with pytest.raises(RecordExists):
        ports.records.add(a_record(user=user, target=target.id))
    ports.records.add(a_record(user=user, target=target.id, target_user_id="456"))
    ports.records.add(a_record(user=user, target=added(ports).id))
    ports.records.add(a_record(user=f"other-{user}", target=target.id))

    assert len(ports.records.list_by_user(user)) == 3


def test_a_changed_address_frees_the_old_one(ports: Ports, user: str) -> None:
    target = added(ports)
    record = a_record(user=user, target=target.id)
    ports.records.add(record)

    moved = replace(record, target_user_id="456")
    ports.records.replace(record, moved)
    again = a_record(user=user, target=target.id, created_at=LATER)
    ports.records.add(again)

    assert ports.records.list_by_user(user) == [moved, again]


def test_a_changed_address_must_not_be_registered_already(ports: Ports, user: str) -> None:
    target = added(ports)
    one = a_record(user=user, target=target.id)
    other = a_record(user=user, target=target.id, target_user_id="456")
    ports.records.add(one)
    ports.records.add(other)

    with pytest.raises(RecordExists):
        ports.records.replace(one, replace(one, target_user_id="456"))


def test_a_removed_record_frees_its_address(ports: Ports, user: str) -> None:
    record = a_record(user=user, target=added(ports).id)
    ports.records.add(record)

    ports.records.remove(record)

    assert ports.records.list_by_user(user) == []
    with pytest.raises(UnknownRecord):
        ports.records.replace(record, record)
    ports.records.add(replace(record, id=str(uuid4())))


def test_an_opt_out_is_read_back_with_every_word_and_its_evidence(ports: Ports, user: str) -> None:
    said = an_opt_out(
        user=user,
        entries=(
            an_entry(scope="category:news", source=ConsentSource.ONE_CLICK, evidence=""),
            an_entry(scope="target:x", at=LATER, source=ConsentSource.REPLY, evidence='SM|1 "ü"'),
            an_entry(scope="target:x", active=False, at=LATER),
        ),
        updated_at=LATER,
    )

    assert ports.opt_outs.put(said)

    assert ports.opt_outs.get([user, "nobody"]) == {user: replace(said, revision=1)}


def test_an_empty_opt_out_is_read_back(ports: Ports, user: str) -> None:
    assert ports.opt_outs.put(OptOut.begun(user, NOON))

    assert ports.opt_outs.get([user]) == {user: replace(OptOut.begun(user, NOON), revision=1)}


def test_of_two_who_write_to_a_ledger_at_the_same_moment_one_is_told_to_read_again(
    ports: Ports, user: str
) -> None:
    first, second = an_opt_out("target:a", user=user), an_opt_out("target:b", user=user)

    assert ports.opt_outs.put(first)
    assert not ports.opt_outs.put(second)
    stored = ports.opt_outs.get([user])[user]
    both = replace(stored, entries=stored.entries + second.entries)
    assert ports.opt_outs.put(both)
    assert not ports.opt_outs.put(both)
    assert not ports.opt_outs.put(replace(both, revision=7))

    assert ports.opt_outs.get([user])[user] == replace(both, revision=2)


def test_a_module_is_read_back(ports: Ports) -> None:
    module = a_module(
        name=f"module-{uuid4()}",
        channel="sms",
        stop_scope="everything",
        max_per_second=2.5,
        precision="exact",
        max_strikes=7,
        confirmation=Confirmation(poll_after=None, give_up_after=60),
        errors=a_table(
            _552={"class": "recipient", "soft": True, "retries": 2, "description": "full"}
        ),
        mandatory_categories=frozenset({"receipts", "alarms"}),
    )

    ports.modules.put(module)

    assert ports.modules.get(module.name) == module
    assert module in ports.modules.all()
    ports.modules.remove(module.name)
    assert ports.modules.get(module.name) is None


def test_a_module_that_is_deployed_again_keeps_its_cursors(ports: Ports) -> None:
    name = f"module-{uuid4()}"
    ports.modules.put(a_module(name=name))
    move_cursor(ports, name, f"{name}#0", WakeUp(100, ""))

    ports.modules.put(a_module(name=name, retry_time_interval=5))

    assert ports.modules.progress()[name].cursors == {f"{name}#0": WakeUp(100, "")}


def test_one_of_two_dispatchers_sweeps(ports: Ports) -> None:
    name, every = f"module-{uuid4()}", timedelta(minutes=2)
    ports.modules.put(a_module(name=name))

    assert ports.modules.begin_sweep(name, NOON, every)
    assert not ports.modules.begin_sweep(name, NOON, every)
    assert not ports.modules.begin_sweep(name, NOON + every / 2, every)
    assert ports.modules.begin_sweep(name, NOON + every, every)


@pytest.mark.parametrize("size", [1, 300, 20_000, 200_000])
def test_a_content_is_loaded_as_it_was_kept(ports: Ports, size: int) -> None:
    content = Content(title="t", body="ü" * size, extra={"a": [1, None]})

    [kept] = ports.contents.put([a_notification(content=content)])
    [loaded] = ports.contents.load([kept])

    assert isinstance(loaded, Content)
    assert not loaded.lost
    assert (loaded.title, loaded.body, loaded.extra) == ("t", "ü" * size, {"a": [1, None]})


def test_a_content_that_is_gone_is_lost_and_costs_no_other(ports: Ports, user: str) -> None:
    text = Content(title="t", body="b" * 1000)
    gone, here = ports.contents.put(
        [a_notification(user=user, content=text), a_notification(user=f"{user}-2", content=text)]
    )
    while ports.contents.delete_batch(user):
        pass

    loaded = ports.contents.load([gone, here, Content(title="small", body="b")])

    assert loaded == [
        Content(title="", body="", key=gone.key, lost=True),
        Content(title="t", body="b" * 1000, key=here.key),
        Content(title="small", body="b"),
    ]


def test_a_content_that_cannot_be_fetched_is_an_exception_of_its_own(emulator: Emulator) -> None:
    small, large = Content(title="t", body="b"), Content(title="", body="", key="soon/1/2.json")
    nowhere = S3Contents(lambda: emulator.client("s3"), "no-such-bucket", lambda: NOON)

    same, error = nowhere.load([small, large])

    assert same == small
    assert isinstance(error, Exception)
    assert "NoSuchBucket" in str(error)


@pytest.mark.parametrize(
    ("ahead", "max_retries", "prefix"),
    [(0, 3, "soon"), (27, 3, "soon"), (29, 3, "later"), (0, 29, "later"), (30, 1, "soon")],
)
def test_a_content_lies_where_it_outlasts_its_last_attempt(
    aws: Ports, ahead: int, max_retries: int, prefix: str
) -> None:
    [kept] = aws.contents.put(
        [
            a_notification(
                content=Content(title="t", body="b" * 1000),
                scheduled_delivery=NOON + timedelta(days=ahead),
                max_retries=max_retries,
            )
        ]
    )

    assert (kept.key or "").partition("/")[0] == prefix


def test_messages_are_counted_until_they_are_taken(ports: Ports) -> None:
    before = ports.queues.depth("pigeon")
    wake_ups = [(WakeUp(to_epoch_ms(NOON), str(uuid4())), delay) for delay in (0, 0, 900)]

    assert ports.queues.send("pigeon", wake_ups)
    assert before < ports.queues.depth("pigeon") <= before + 2


def test_what_was_sent_is_counted_as_queued(ports: Ports) -> None:
    before = ports.queues.counts("pigeon")
    wake_ups = [(WakeUp(to_epoch_ms(NOON), str(uuid4())), delay) for delay in (0, 0, 900)]

    assert ports.queues.send("pigeon", wake_ups)
    after = ports.queues.counts("pigeon")

    assert before is not None
    assert after is not None
    assert before.queued < after.queued <= before.queued + 3
    assert (after.in_flight, after.dead_letters) == (before.in_flight, before.dead_letters)


def test_what_a_consumer_has_and_what_was_given_up_is_counted_apart(
    aws: Ports, emulator: Emulator
) -> None:
    sqs, name = emulator.client("sqs"), f"module-{uuid4()}"
    dead = sqs.create_queue(QueueName=f"dead-{name}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 4}
    attributes = {"RedrivePolicy": json.dumps(policy)}
    url = sqs.create_queue(QueueName=f"deliver-{name}", Attributes=attributes)["QueueUrl"]
    for body in "abc":
        sqs.send_message(QueueUrl=url, MessageBody=body)
    sqs.send_message(QueueUrl=dead, MessageBody="d")
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)

    assert aws.queues.counts(name) == QueueCounts(queued=2, in_flight=1, dead_letters=1)
    assert aws.queues.in_flight(name) == 1


def test_a_queue_that_is_not_there_has_no_counts(aws: Ports) -> None:
    assert aws.queues.counts("nowhere") is None


def test_a_queue_that_is_not_there_accepts_nothing(aws: Ports) -> None:
    assert not aws.queues.send("nowhere", [(WakeUp(1, "a"), 0)])
