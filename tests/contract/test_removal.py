"""What is removed is gone, in every store alike, and nothing of it stays behind."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from notification_core.adapters.dynamodb import models
from notification_core.domain.addresses import MAX_USER, TargetUserRecord
from notification_core.domain.content import Content
from notification_core.domain.due import WakeUp
from notification_core.domain.erasure import SuppressionEntry
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import (
    NOON,
    SHARDS,
    a_claim,
    a_notification,
    a_record,
    an_entry,
    an_opt_out,
    hash_identifier,
)
from tests.contract.steps import added
from tests.emulator import Emulator


def test_a_removed_notification_is_nowhere(ports: Ports, user: str) -> None:
    gone, other = a_notification(user=user), a_notification(user=user)
    ports.notifications.create([gone, other])

    assert ports.notifications.remove([gone]) == [True]

    assert ports.notifications.get([gone.id, other.id]) == [None, other]
    assert ports.notifications.list_by_user(user, 10).items == [other]
    shards = [f"pigeon#{n}" for n in range(SHARDS)]
    due = [
        entry
        for shard in shards
        for page in ports.notifications.due(shard, WakeUp(0, ""), wake_up_for(gone).due_at)
        for entry in page
    ]
    assert wake_up_for(gone) not in due
    assert wake_up_for(other) in due


def test_a_removed_notification_can_neither_be_claimed_nor_changed(ports: Ports, user: str) -> None:
    gone = a_notification(user=user)
    ports.notifications.create([gone])
    ports.notifications.remove([gone])

    assert ports.notifications.remove([gone]) == [True]
    assert ports.notifications.claim([wake_up_for(gone)], a_claim(), NOON, "pigeon") == [
        ClaimRejected(None)
    ]
    assert ports.notifications.advance([Transition(gone, gone.cancelled(NOON))]) == [False]
    assert ports.notifications.get([gone.id]) == [None]


def test_one_that_has_moved_since_it_was_read_stays(ports: Ports, user: str) -> None:
    waiting, ended = a_notification(user=user), a_notification(user=user)
    ports.notifications.create([waiting, ended])
    ports.notifications.claim([wake_up_for(waiting)], a_claim(), NOON, "pigeon")
    ports.notifications.advance([Transition(ended, ended.cancelled(NOON))])

    assert ports.notifications.remove([waiting, ended]) == [False, False]

    stand = [each for each in ports.notifications.get([waiting.id, ended.id]) if each]
    assert ports.notifications.remove(stand) == [True, True]


def test_many_are_removed_at_once(ports: Ports, user: str) -> None:
    many = [a_notification(user=user) for _ in range(60)]
    ports.notifications.create(many)

    assert ports.notifications.remove(many) == [True] * 60
    assert ports.notifications.list_by_user(user, 100).items == []


def test_pages_that_are_removed_while_they_are_read_leave_none_out(ports: Ports, user: str) -> None:
    moments = [NOON + timedelta(seconds=n) for n in range(25)]
    ports.notifications.create([a_notification(user=user, created_at=each) for each in moments])

    removed, after = 0, None
    while True:
        page = ports.notifications.list_by_user(user, 10, after)
        removed += sum(each is True for each in ports.notifications.remove(page.items))
        after = page.next
        if after is None:
            break

    assert removed == 25


def test_an_opt_out_is_removed_if_it_is_as_it_was_read(ports: Ports, user: str) -> None:
    ports.opt_outs.put(an_opt_out(user=user))
    stored = ports.opt_outs.get([user])[user]
    ports.opt_outs.put(replace(stored, entries=(*stored.entries, an_entry(scope="target:a"))))

    assert not ports.opt_outs.remove(stored)
    assert ports.opt_outs.remove(ports.opt_outs.get([user])[user])
    assert ports.opt_outs.get([user]) == {}
    assert ports.opt_outs.remove(stored)


def suppressed(name: str, *scopes: str) -> SuppressionEntry:
    """A suppression entry of a text."""
    found = frozenset(scopes)
    return SuppressionEntry(hash=hash_identifier(name)[0], scopes=found, evidence="job", at=NOON)


def test_suppression_entries_are_read_back_replaced_and_removed(ports: Ports, user: str) -> None:
    one, other = (
        suppressed(user, "everything"),
        suppressed(f"{user}-2", "target:a", "category:b"),
    )
    hashes = [one.hash, other.hash, hash_identifier("nobody")[0]]

    ports.suppressions.put([one, other])
    assert {each.hash: each for each in ports.suppressions.get(hashes)} == {
        one.hash: one,
        other.hash: other,
    }
    moved = replace(one, scopes=frozenset({"target:c"}), evidence="another job")
    ports.suppressions.put([moved])
    ports.suppressions.remove([other, other])
    assert ports.suppressions.get(hashes) == [moved]


def test_no_users_id_is_taken_for_a_suppression_entry(ports: Ports, user: str) -> None:
    entry = suppressed(user, "everything")
    ports.suppressions.put([entry])

    key = f"erased#{entry.hash}"
    assert len(key) > MAX_USER
    assert ports.opt_outs.get([key[:MAX_USER]]) == {}


def test_contents_of_one_user_are_removed_and_those_of_others_stay(ports: Ports, user: str) -> None:
    large = Content(title="t", body="b" * 400)
    soon, late, other = (
        a_notification(user=user, content=large, scheduled_delivery=NOON),
        a_notification(user=user, content=large, scheduled_delivery=NOON + timedelta(days=300)),
        a_notification(user=f"{user}-2", content=large),
    )
    *_, kept = ports.contents.put([soon, late, other])

    while ports.contents.delete_batch(user):
        pass

    [loaded] = ports.contents.load([kept])
    assert isinstance(loaded, Content)
    assert loaded.body == large.body


def test_every_content_in_the_bucket_is_counted_once(aws: Ports, user: str) -> None:
    notifications = [
        a_notification(user=user, content=Content(title="t", body="b" * 400)) for _ in range(3)
    ]
    kept = aws.contents.put(notifications)

    assert aws.contents.delete_batch(user) == 3
    assert aws.contents.delete_batch(user) == 0
    [loaded] = aws.contents.load(kept[:1])
    assert isinstance(loaded, Content)
    assert loaded.lost


def items_of(record: TargetUserRecord, emulator: Emulator) -> list[str]:
    """The items of the records' table that are about a record, beside its own."""
    table = models.RecordItem.Meta.table_name
    found = emulator.client("dynamodb").scan(TableName=table)["Items"]
    return [
        each["id"]["S"].partition("#")[0]
        for each in found
        if each["id"]["S"] == f"user#{record.user}" or record.id in str(each)
    ]


def address_items(emulator: Emulator) -> int:
    """How many addresses somebody holds."""
    table = models.RecordItem.Meta.table_name
    found = emulator.client("dynamodb").scan(TableName=table)["Items"]
    return sum(each["id"]["S"].startswith("address#") for each in found)


def test_with_the_last_record_its_users_address_book_goes_and_its_address(
    aws: Ports, emulator: Emulator, user: str
) -> None:
    target, before = added(aws).id, address_items(emulator)
    one = a_record(user=user, target=target, target_user_id=f"{user}-1")
    two = a_record(user=user, target=target, target_user_id=f"{user}-2")
    aws.records.add(one)
    aws.records.add(two)

    aws.records.remove(one)
    assert aws.records.list_by_user(user) == [two]
    assert aws.records.find_by_address(f"{user}-1") == []
    aws.records.remove(two)

    assert items_of(two, emulator) == []
    assert address_items(emulator) == before


def test_an_address_that_another_user_has_too_stays_with_that_one(ports: Ports, user: str) -> None:
    target = added(ports).id
    mine = a_record(user=user, target=target, target_user_id=user)
    theirs = a_record(user=f"{user}-2", target=target, target_user_id=user)
    ports.records.add(mine)
    ports.records.add(theirs)

    ports.records.remove(mine)
    ports.records.remove(mine)

    assert ports.records.find_by_address(user) == [theirs]
    assert ports.records.list_by_user(theirs.user) == [theirs]


def test_an_address_that_is_given_up_for_another_leaves_nothing(
    aws: Ports, emulator: Emulator, user: str
) -> None:
    before = address_items(emulator)
    record = a_record(user=user, target=added(aws).id, target_user_id=f"{user}-1")
    aws.records.add(record)

    moved = replace(record, target_user_id=f"{user}-2")
    aws.records.replace(record, moved)

    assert address_items(emulator) == before + 1
    assert aws.records.find_by_address(f"{user}-2") == [moved]
    aws.records.remove(moved)
    assert address_items(emulator) == before


def test_all_of_a_users_records_are_removed_at_once_without_a_trace(
    aws: Ports, emulator: Emulator, user: str
) -> None:
    target, before = added(aws).id, address_items(emulator)
    records = [a_record(user=user, target=target, target_user_id=f"{user}-{n}") for n in range(4)]
    for each in records:
        aws.records.add(each)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(aws.records.remove, records))

    assert items_of(records[0], emulator) == []
    assert address_items(emulator) == before


def test_a_job_that_waits_is_read_back(ports: Ports) -> None:
    job = Job(
        id=str(uuid4()),
        kind=JobKind.ERASURE,
        parameters={},
        cursor=1,
        created_at=NOON,
        updated_at=NOON,
    )
    waiting = replace(job, not_before=NOON + timedelta(seconds=30))

    assert ports.jobs.put(waiting)
    assert ports.jobs.get(job.id) == replace(waiting, revision=1)
