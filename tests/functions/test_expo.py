"""The Expo function: the real SDK against the simulator."""

from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.domain.clock import utc_now
from notification_core.domain.error_table import Row
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.functions.consumers import Consumer
from tests.functions.ends import assert_ended, table_of
from tests.functions.targets import token
from tests.simulator import Running

ROWS = table_of("expo").rows

#: Codes of one ticket or receipt; those in capitals are of a whole request.
TICKETS = {code: row for code, row in ROWS.items() if not code.isupper()}


def deliver_all(expo: Consumer, names: list[str]) -> list[Notification]:
    """Send one to each of several tokens, in one batch."""
    notifications = [expo.ask(expo.record(token(name))) for name in names]
    assert expo.run(*(wake_up_for(each) for each in notifications)) == []
    return [expo.stored(each) for each in notifications]


@pytest.mark.parametrize("kind", ["Exponent", "Expo"])
def test_a_push_is_sent_and_its_receipt_awaited(
    expo: Consumer, simulator: Running, kind: str
) -> None:
    extra = {"data": {"screen": "home"}, "sound": "default", "badge": 3}
    done = expo.deliver(token("phone", kind), extra=extra)

    [push] = simulator.inbox(token("phone", kind))
    assert (done.status, done.confirmation(utc_now())) == (Status.SENT, ConfirmationState.AWAITED)
    assert done.due_at is not None
    assert done.due_at - done.updated_at == timedelta(minutes=15)
    assert done.provider_message_id == push["provider_message_id"]
    assert (push["title"], push["body"]) == ("Hello", "There")
    assert push["extra"]["data"] == {"screen": "home"}


def test_a_push_is_delivered_when_its_receipt_is_good(expo: Consumer) -> None:
    done = expo.again(expo.deliver(token("a-good-phone")))

    assert done.status is Status.DELIVERED
    assert done.confirmation(utc_now()) is ConfirmationState.RECEIVED
    assert [each.event for each in done.timeline] == ["scheduled", "claimed", "sent", "delivered"]


@pytest.mark.parametrize(("code", "row"), TICKETS.items(), ids=TICKETS)
def test_every_code_of_a_receipt_has_the_effect_of_its_row(
    expo: Consumer, code: str, row: Row
) -> None:
    sent = expo.deliver(token(f"receipt-{code}-1"))
    assert sent.status is Status.SENT

    assert_ended(expo, expo.again(sent), code, row)


def test_an_answer_that_never_came_is_asked_for_once_more(
    expo: Consumer, simulator: Running
) -> None:
    done = expo.again(expo.deliver(token("cut-2")))

    assert done.status is Status.UNKNOWN
    assert "possibly_sent" in [each.event for each in done.timeline]
    assert len(simulator.inbox(token("cut-2"))) == 2


def test_more_than_a_request_may_hold_go_in_several(expo: Consumer, simulator: Running) -> None:
    notifications = expo.ask_many(250, expo.record(token("many")))

    assert expo.run(*(wake_up_for(each) for each in notifications)) == []

    assert {expo.stored(each).status for each in notifications} == {Status.SENT}
    assert len(simulator.inbox(token("many"))) == 250


@pytest.mark.parametrize("answer", ["http-504", "throttle-1", "error-UNAUTHORIZED"])
def test_a_failed_request_does_not_fail_the_others(
    expo: Consumer, simulator: Running, answer: str
) -> None:
    """One of ten containers has 60 of the 600 a second that Expo allows: it sends 60, 60 and 30."""
    good = token(f"beside-{answer}")
    notifications = expo.ask_many(149, expo.record(good))
    notifications.append(expo.ask(expo.record(token(f"{answer}-150"))))

    assert expo.run(*(wake_up_for(each) for each in notifications)) == []

    done = [expo.stored(each) for each in notifications]
    sent = [each for each in done if each.status is Status.SENT]
    # Which of them go together is decided by their due times and ids.
    assert len(sent) in {150 - 60, 150 - 30}
    assert {each.status for each in done if each not in sent} == {Status.RETRY}
    assert {each.provider_message_id for each in sent} == {
        push["provider_message_id"] for push in simulator.inbox(good)
    }


def test_one_bad_message_does_not_sink_the_request(expo: Consumer, simulator: Running) -> None:
    names = ["good-1", "error-VALIDATION_ERROR-2", "good-2", "error-DeviceNotRegistered-2"]

    assert [each.status for each in deliver_all(expo, names)] == [
        Status.SENT,
        Status.DELIVERY_FAILURE,
        Status.SENT,
        Status.INACTIVE_DEVICE,
    ]
    assert len(simulator.inbox(token("good-1"))) == 1


def test_a_request_with_tokens_of_several_projects_is_split(
    expo: Consumer, simulator: Running
) -> None:
    names = [f"mixed-{n}" for n in range(6)]
    odd = "error-PUSH_TOO_MANY_EXPERIENCE_IDS-3"

    *done, alone = deliver_all(expo, [*names, odd])

    assert {each.status for each in done} == {Status.SENT}
    assert alone.status is Status.DELIVERY_FAILURE
    assert [len(simulator.inbox(token(name))) for name in names] == [1] * 6


@pytest.mark.parametrize("bad", ["ExponentPushToken", "fcm-token", "ExponentPushToken[]"])
def test_an_invalid_token_blocks_no_other(expo: Consumer, simulator: Running, bad: str) -> None:
    """The SDK raises ValueError for the whole batch, and takes the bare word for a token."""
    name = f"beside-{uuid4().hex[:8]}"
    with expo.changed(address_pattern=".+"):
        records = [expo.record(bad), expo.record(token(name)), expo.record(token(name, "Expo"))]
        asked = [expo.ask(each) for each in records]
        assert expo.run(*(wake_up_for(each) for each in asked)) == []

    done = [expo.stored(each) for each in asked]
    assert [each.status for each in done] == [Status.INACTIVE_DEVICE, Status.SENT, Status.SENT]
    assert done[0].last_error is not None
    assert done[0].last_error.code == "not-a-token"
    assert not expo.get_record(done[0]).active
    assert len(simulator.inbox(token(name))) == 1


def test_a_push_whose_receipt_failed_for_the_moment_is_sent_again(
    expo: Consumer, simulator: Running
) -> None:
    name = token("receipt-ProviderError-2")
    done = expo.deliver(name, max_retries=2)
    first = done.provider_message_id
    done = expo.again(expo.again(done))
    assert done.status is Status.SENT
    assert done.provider_message_id not in {None, first}

    assert expo.again(done).status is Status.DELIVERY_FAILURE
    assert len(simulator.inbox(name)) == 2


def test_a_receipt_that_is_not_there_yet_is_asked_for_later_and_later(expo: Consumer) -> None:
    done = expo.deliver(token("later-2-1"))
    sent_at, looks = done.updated_at, list[timedelta]()
    while done.status is Status.SENT:
        assert done.due_at is not None
        looks.append(done.due_at - sent_at)
        done = expo.again(done)

    assert done.status is Status.DELIVERED
    assert [round(each / timedelta(minutes=15)) for each in looks] == [1, 2, 4]


def test_receipts_are_asked_for_together_and_with_the_access_token(
    expo: Consumer, simulator: Running
) -> None:
    notifications = expo.ask_many(120, expo.record(token("together")))
    expo.run(*(wake_up_for(each) for each in notifications))
    before, polls = len(simulator.outcomes("")), expo.polls_of(notifications)
    expo.clock.until(max(each.due_at for each in polls))
    assert expo.run(*(wake_up_for(each) for each in polls)) == []

    assert {expo.stored(each).status for each in notifications} == {Status.DELIVERED}
    requests = simulator.get("/requests", to="")["items"][before:]
    assert [(each["outcome"], each["ids"]) for each in requests] == [("receipts", 120)]
