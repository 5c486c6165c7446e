"""What every store of modules, opt-outs and contents and every queue does."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.adapters.s3_contents import S3Contents
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.content import Content
from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.domain.due import QueueCounts, WakeUp
from notification_core.domain.modules import Confirmation
from notification_core.ports import Ports
from tests.builders import (
    NOON,
    a_module,
    a_notification,
    a_table,
    an_entry,
    an_opt_out,
    move_cursor,
)
from tests.emulator import Emulator

LATER = NOON + timedelta(minutes=1)


def test_a_change_of_this_store_is_among_the_recent_modules_at_once(ports: Ports) -> None:
    module = a_module(name=f"module-{uuid4()}")
    assert module not in ports.modules.recent()

    ports.modules.put(module)
    assert module in ports.modules.recent()

    changed = replace(module, max_strikes=2)
    ports.modules.put(changed)
    assert changed in ports.modules.recent()

    ports.modules.remove(module.name)
    assert changed not in ports.modules.recent()


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


def test_one_of_two_simultaneous_writers_of_a_ledger_has_to_read_again(
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
        normalise="smart",
        max_per_second=2.5,
        precision="exact",
        max_strikes=7,
        confirmation=Confirmation(poll_after=None, give_up_after=60),
        errors=a_table(
            _552={"class": "recipient", "soft": True, "retries": 2, "description": "full"}
        ),
        mandatory_categories=frozenset({"receipts", "alarms"}),
        deployment=DeploymentSettings(
            brand=Brand(name="Pigeon Post"), allow_list=("ann@a.example",)
        ),
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


def test_a_removed_content_is_reported_as_lost_and_the_others_are_read(
    ports: Ports, user: str
) -> None:
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
    nowhere = S3Contents(lambda: emulator.client("s3"), "no-such-bucket")

    same, error = nowhere.load([small, large])

    assert same == small
    assert isinstance(error, Exception)
    assert "NoSuchBucket" in str(error)


@pytest.mark.parametrize(
    ("ahead", "max_retries", "prefix"),
    [(0, 3, "soon"), (27, 3, "soon"), (29, 3, "later"), (0, 29, "later"), (30, 1, "soon")],
)
def test_a_content_is_stored_where_it_outlasts_its_last_attempt(
    aws: Ports, ahead: int, max_retries: int, prefix: str
) -> None:
    [kept] = aws.contents.put(
        [
            a_notification(
                content=Content(title="t", body="b" * 1000),
                scheduled_delivery=NOON + timedelta(days=ahead),
                max_retries=max_retries,
                created_at=NOON,
            )
        ]
    )

    assert (kept.key or "").partition("/")[0] == prefix


def test_messages_are_counted_until_they_are_taken(ports: Ports) -> None:
    before = ports.queues.depth("pigeon")
    wake_ups = [(WakeUp(to_epoch_ms(NOON), str(uuid4())), delay) for delay in (0, 0, 900)]

    assert ports.queues.send("pigeon", wake_ups)
    assert before < ports.queues.depth("pigeon") <= before + 2


def test_sent_messages_are_counted_as_queued(ports: Ports) -> None:
    before = ports.queues.counts("pigeon")
    wake_ups = [(WakeUp(to_epoch_ms(NOON), str(uuid4())), delay) for delay in (0, 0, 900)]

    assert ports.queues.send("pigeon", wake_ups)
    after = ports.queues.counts("pigeon")

    assert before is not None
    assert after is not None
    assert before.queued < after.queued <= before.queued + 3
    assert (after.in_flight, after.dead_letters) == (before.in_flight, before.dead_letters)


def test_messages_in_flight_and_dead_letters_are_counted_separately(
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
