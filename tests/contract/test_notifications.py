"""What every NotificationStore does."""

from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.domain.claim import Claim, Origin
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.content import Content
from notification_core.domain.due import WakeUp, shard_of
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failures import (
    ErrorClass,
    LastError,
    OutcomeUnknown,
    Rejected,
    RetryLater,
)
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.ports import Ports
from notification_core.usecases.queries.listing import list_notifications
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, SHARDS, a_claim, a_notification
from tests.contract.steps import claimed, created, stored

LATER = NOON + timedelta(minutes=1)


def test_the_oldest_overdue_notification_is_reported_whenever_it_is_due(ports: Ports) -> None:
    module = f"module-{uuid4()}"
    moments = [LATER, NOON, LATER + timedelta(days=300)]
    made = [created(ports, module=module, scheduled_delivery=each) for each in moments]
    shards = {shard_of(module, each.id, SHARDS): each for each in sorted(made, key=due_at)[::-1]}

    for shard, first in shards.items():
        assert ports.notifications.oldest_due(shard) == wake_up_for(first)
    assert ports.notifications.oldest_due(f"{module}-of-nobody#0") is None


def due_at(notification: Notification) -> int:
    """When it is due."""
    return wake_up_for(notification).due_at


def test_a_created_notification_is_read_back_whole(ports: Ports) -> None:
    notification = created(
        ports,
        content=Content(title="Ünïcode ✓", body="line\nline", extra={"a": [1, {"b": None}]}),
        deliver_before=LATER,
        origin=Origin("0" * 32, ("record-2", "record-3")),
        max_retries=7,
    )

    assert stored(ports, notification) == notification


def test_every_attribute_survives_the_way_there_and_back(ports: Ports) -> None:
    before = claimed(ports, created(ports))
    after = before.failed(LATER, Rejected("21617", "too long"))

    assert ports.notifications.advance([Transition(before, after)]) == [True]

    assert stored(ports, after) == after
    assert after.last_error == LastError(ErrorClass.MESSAGE, "21617", "too long")


def test_the_category_of_a_notification_is_read_back(ports: Ports) -> None:
    notification = created(ports, category="news:2026")

    assert stored(ports, notification).category == "news:2026"
    assert claimed(ports, notification).category == "news:2026"


@pytest.mark.parametrize("code", ["", "21211", "a|b||", "%7C", "100%", "5.2.2 ü", "|"])
def test_a_code_and_a_detail_are_read_back_whatever_is_in_them(ports: Ports, code: str) -> None:
    before = claimed(ports, created(ports))
    after = before.retried(NOON, RetryLater(code, f"de|tail {code}|"), LATER)

    assert ports.notifications.advance([Transition(before, after)]) == [True]

    found = stored(ports, after)
    assert found == after
    assert (found.timeline[-1].code, found.timeline[-1].detail) == (code, f"de|tail {code}|")


@pytest.mark.parametrize("by", ["", "console: ann@example.com", "a|b", "%by:%25", "100% ü"])
def test_who_did_something_is_read_back_whatever_is_in_the_name(ports: Ports, by: str) -> None:
    before = created(ports)
    changed = before.noted(NOON, EventKind.CHANGED, "ti|tle", "%by:x|", by)
    cancelled = changed.cancelled(LATER, by)

    assert ports.notifications.advance([Transition(before, changed)]) == [True]
    assert ports.notifications.advance([Transition(changed, cancelled)]) == [True]

    assert stored(ports, cancelled) == cancelled
    assert [event.by for event in cancelled.timeline] == ["", by, by]


def test_a_sent_notification_is_due_for_polls_until_they_are_given_up(ports: Ports) -> None:
    before = claimed(ports, created(ports))
    sent = before.sent(NOON, "SM1", LATER)
    assert ports.notifications.advance([Transition(before, sent)]) == [True]
    assert stored(ports, sent) == sent
    assert entry(ports, sent)

    given_up = sent.unconfirmed(LATER)
    assert ports.notifications.advance([Transition(sent, given_up)]) == [True]
    assert stored(ports, sent) == given_up
    assert not entry(ports, sent)

    delivered = given_up.delivered(LATER, "SM1")
    assert ports.notifications.advance([Transition(given_up, delivered)]) == [True]
    assert stored(ports, sent) == delivered


def test_a_sent_notification_whose_provider_reports_by_itself_is_not_due(ports: Ports) -> None:
    before = claimed(ports, created(ports))
    sent = before.sent(NOON, "SM1", None, awaited_until=LATER)
    assert ports.notifications.advance([Transition(before, sent)]) == [True]
    assert stored(ports, sent) == sent
    assert not entry(ports, before)

    again = sent.retried(NOON, RetryLater("30008"), LATER)
    assert ports.notifications.advance([Transition(sent, again)]) == [True]
    assert stored(ports, sent) == again
    assert entry(ports, again)
    assert ports.notifications.advance([Transition(sent, sent.delivered(LATER, "SM1"))]) == [False]


def test_a_claim_of_a_sent_notification_is_refused_and_returns_it(ports: Ports) -> None:
    before = claimed(ports, created(ports))
    sent = before.sent(NOON, "SM1", LATER)
    ports.notifications.advance([Transition(before, sent)])

    [result] = ports.notifications.claim([wake_up_for(sent)], a_claim(LATER), LATER, "pigeon")

    assert result == ClaimRejected(sent)


def test_the_second_of_two_reports_about_a_sent_message_is_refused(ports: Ports) -> None:
    before = claimed(ports, created(ports))
    sent = before.sent(NOON, "SM1", LATER)
    ports.notifications.advance([Transition(before, sent)])
    delivered = sent.delivered(LATER, "SM1")
    assert ports.notifications.advance([Transition(sent, delivered)]) == [True]

    bounced = Transition(sent, sent.failed(LATER, Rejected("552")))

    assert ports.notifications.advance([bounced]) == [False]
    assert stored(ports, sent) == delivered


def test_a_doubt_that_is_resolved_leaves_the_turn_it_waited_for(ports: Ports) -> None:
    before = claimed(ports, created(ports))
    doubtful = before.possibly_sent(NOON, OutcomeUnknown("cut"), LATER)
    ports.notifications.advance([Transition(before, doubtful)])
    delivered = doubtful.delivered(NOON, "SM1")

    assert ports.notifications.advance([Transition(doubtful, delivered)]) == [True]

    assert not entry(ports, doubtful)
    [late] = ports.notifications.claim([wake_up_for(doubtful)], a_claim(LATER), LATER, "pigeon")
    assert late == ClaimRejected(delivered)


def test_an_id_is_taken_once(ports: Ports) -> None:
    first = created(ports)
    other = a_notification(id=first.id, user="somebody else")
    third = a_notification()

    assert ports.notifications.create([other, third]) == [first, None]
    assert stored(ports, first) == first


def test_unknown_ids_are_none(ports: Ports) -> None:
    first = created(ports)

    assert ports.notifications.get([str(uuid4()), first.id]) == [None, first]


def test_a_claim_is_what_the_domain_says_it_is(ports: Ports) -> None:
    notification = created(ports)

    assert claimed(ports, notification) == notification.claimed(a_claim(), NOON)
    assert stored(ports, notification) == notification.claimed(a_claim(), NOON)


def test_only_one_of_two_claims_succeeds(ports: Ports) -> None:
    notification = created(ports)
    holder = claimed(ports, notification)

    [second] = ports.notifications.claim(
        [wake_up_for(notification)], Claim("other", LATER), NOON, "pigeon"
    )

    assert second == ClaimRejected(holder)


def test_a_claim_of_another_turn_is_refused(ports: Ports) -> None:
    notification = created(ports)
    early = WakeUp(wake_up_for(notification).due_at - 1, notification.id)

    assert ports.notifications.claim([early], a_claim(), NOON, "pigeon") == [
        ClaimRejected(notification)
    ]


def test_a_claim_of_nothing_is_refused(ports: Ports) -> None:
    wake_up = WakeUp(to_epoch_ms(NOON), str(uuid4()))

    assert ports.notifications.claim([wake_up], a_claim(), NOON, "pigeon") == [ClaimRejected(None)]


def test_sixty_claims_in_one_call_keep_their_order(ports: Ports) -> None:
    notifications = [a_notification() for _ in range(60)]
    ports.notifications.create(notifications)

    results = ports.notifications.claim(
        [wake_up_for(each) for each in notifications], a_claim(), NOON, "pigeon"
    )

    ids = [each.id for each in results if isinstance(each, Notification)]
    assert ids == [each.id for each in notifications]


def test_a_retried_notification_is_claimed_in_its_new_turn_only(ports: Ports) -> None:
    first = created(ports)
    before = claimed(ports, first)
    after = before.retried(NOON, RetryLater("503"), LATER)
    ports.notifications.advance([Transition(before, after)])

    [stale] = ports.notifications.claim([wake_up_for(first)], a_claim(), LATER, "pigeon")
    [fresh] = ports.notifications.claim([wake_up_for(after)], a_claim(LATER), LATER, "pigeon")

    assert isinstance(stale, ClaimRejected)
    assert isinstance(fresh, Notification)
    assert fresh.status is Status.SENDING


def test_a_late_consumer_cannot_overwrite_a_newer_claim(ports: Ports) -> None:
    late = claimed(ports, created(ports))
    returned = late.retried(NOON, RetryLater("lost"), LATER)
    ports.notifications.advance([Transition(late, returned)])
    [newer] = ports.notifications.claim(
        [wake_up_for(returned)], Claim("newer", LATER), LATER, "pigeon"
    )
    assert isinstance(newer, Notification)

    assert ports.notifications.advance([Transition(late, late.delivered(LATER, None))]) == [False]
    assert stored(ports, late) == newer


def test_a_change_of_what_moved_meanwhile_is_refused(ports: Ports) -> None:
    notification = created(ports)
    claimed(ports, notification)

    change = Transition(notification, notification.cancelled(NOON))

    assert ports.notifications.advance([change]) == [False]


def test_the_due_index_holds_exactly_what_is_owed(ports: Ports) -> None:
    owed, cancelled, sending = (created(ports) for _ in range(3))
    claimed(ports, sending)
    ports.notifications.advance([Transition(cancelled, cancelled.cancelled(NOON))])

    assert entry(ports, owed)
    assert entry(ports, sending)
    assert not entry(ports, cancelled)


def entry(ports: Ports, notification: Notification) -> bool:
    """Whether it is in the due index."""
    shard = shard_of(notification.module, notification.id, SHARDS)
    pages = ports.notifications.due(shard, WakeUp(0, ""), to_epoch_ms(LATER))
    return notification.id in {each.id for page in pages for each in page}


def test_the_due_index_is_read_in_order_from_where_it_was_left(ports: Ports) -> None:
    module = f"module-{uuid4()}"
    notifications = [
        a_notification(module=module, scheduled_delivery=NOON + timedelta(seconds=n))
        for n in range(40)
    ]
    ports.notifications.create(notifications)
    shard = shard_of(module, notifications[0].id, SHARDS)
    wanted = sorted(
        wake_up_for(each) for each in notifications if shard_of(module, each.id, SHARDS) == shard
    )

    def due(after: WakeUp, until: WakeUp) -> list[WakeUp]:
        pages = ports.notifications.due(shard, after, until.due_at)
        return [each for page in pages for each in page]

    assert due(WakeUp(0, ""), wanted[-1]) == wanted
    assert due(wanted[2], wanted[-1]) == wanted[3:]
    assert due(WakeUp(wanted[2].due_at, ""), wanted[-2]) == wanted[2:-1]
    assert due(WakeUp(wanted[-1].due_at + 1, ""), wanted[-1]) == []


def test_a_users_notifications_come_newest_first_and_page_by_page(ports: Ports, user: str) -> None:
    notifications = [
        a_notification(user=user, created_at=NOON + timedelta(seconds=n)) for n in range(7)
    ]
    ports.notifications.create(notifications)
    seen, after = [], None
    for _ in range(3):
        page = ports.notifications.list_by_user(user, 3, after)
        seen += page.items
        after = page.next

    assert seen == notifications[::-1]
    assert after is None


@pytest.mark.parametrize(
    "token", ["nonsense", "e30=", "eyJ1c2VyIjogMX0=", "WzEsImEiXQ", "WzFlOTk5LCJhIl0", "é", "W10"]
)
def test_a_store_refuses_an_invalid_page_token(ports: Ports, user: str, token: str) -> None:
    with pytest.raises(InvalidInput, match="next"):
        ports.notifications.list_by_user(user, 3, token)


def test_only_the_consumer_of_its_own_module_claims_a_notification(ports: Ports) -> None:
    notification = created(ports)

    [result] = ports.notifications.claim([wake_up_for(notification)], a_claim(), NOON, "owl")

    assert result == ClaimRejected(notification)
    assert stored(ports, notification) == notification


def test_a_listing_continues_after_any_of_its_entries(ports: Ports, user: str) -> None:
    """Three are of one moment, and one is gone."""
    seconds = [0, 1, 1, 1, 2, 3]
    made = [a_notification(user=user, created_at=NOON + timedelta(seconds=n)) for n in seconds]
    ports.notifications.create(made)
    ports.notifications.remove([made[4]])

    page = ports.notifications.list_by_user(user, 100)

    ids = [each.id for each in page.items]
    assert {*ids} == {each.id for each in made} - {made[4].id}
    for place, token in enumerate(page.tokens, 1):
        following = ports.notifications.list_by_user(user, 100, token)
        assert [each.id for each in following.items] == ids[place:]


def test_a_page_of_a_status_ends_in_the_middle_of_what_was_read(ports: Ports, user: str) -> None:
    made = [a_notification(user=user, created_at=NOON + timedelta(seconds=n)) for n in range(9)]
    ports.notifications.create(made)
    changes = [Transition(each, each.cancelled(NOON)) for each in made[::2]]
    assert ports.notifications.advance(changes) == [True] * 5

    ids, after = list[str](), None
    while True:
        page = list_notifications(ports, user, Status.CANCELLED, 2, after)
        ids, after = ids + [each.id for each in page.items], page.next
        if after is None:
            break

    assert ids == [each.id for each in made[::-2]]
