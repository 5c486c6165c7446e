"""Callbacks of Twilio about the status of a message."""

import pytest

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import next_state
from notification_core.domain.claim import Claim
from notification_core.domain.clock import utc_now
from notification_core.domain.delivery import Accepted
from notification_core.domain.error_table import Row
from notification_core.domain.failures import ErrorClass
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timing import LEASE
from notification_core.domain.transitions import Transition
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.functions.consumers import Consumer
from tests.functions.ends import assert_ended, table_of
from tests.functions.public import STATUS, Twilio, a_gateway
from tests.functions.targets import TWILIO_SECRET, Services, some_number
from tests.simulator import Running, eventually

ROWS = table_of("twilio").rows


#: What the provider cannot tell either tells nothing.
TELLING = {code: row for code, row in ROWS.items() if row.error_class is not ErrorClass.AMBIGUOUS}


CALL = Twilio()


@pytest.mark.parametrize("status", ["accepted", "queued", "sending", "sent", "something-new"])
def test_a_callback_about_a_message_under_way_changes_nothing(
    twilio: Consumer, sent: Notification, status: str
) -> None:
    assert CALL.says(sent, status) == 204

    assert twilio.stored(sent) == sent


@pytest.mark.parametrize(("code", "row"), TELLING.items(), ids=TELLING)
def test_every_code_of_a_callback_has_the_effect_of_its_row(
    twilio: Consumer, sent: Notification, code: str, row: Row
) -> None:
    """A dead address is switched off in the same write that ends the notification."""
    assert CALL.says(sent, "undelivered", code) == 204

    assert_ended(twilio, twilio.stored(sent), code, row)


def test_a_callback_with_an_unknown_outcome_changes_nothing(
    twilio: Consumer, sent: Notification
) -> None:
    assert CALL.says(sent, "failed", "20500") == 204

    assert twilio.stored(sent) == sent


@pytest.mark.parametrize("status", ["undelivered", "failed", "canceled"])
def test_a_failure_without_a_code_ends_it_too(
    twilio: Consumer, sent: Notification, status: str
) -> None:
    CALL.says(sent, status)

    assert_ended(twilio, twilio.stored(sent), status, Row(error_class=ErrorClass.MESSAGE))


# ---- twice, late, in the wrong order


def test_a_status_moves_forward_only(twilio: Consumer, sent: Notification) -> None:
    CALL.says(sent, "delivered")
    done = twilio.stored(sent)

    assert [CALL.says(sent, status) for status in ("sent", "queued", "delivered")] == [204] * 3
    assert twilio.stored(sent) == done


def test_a_confirmation_is_never_too_late(twilio: Consumer) -> None:
    sent = twilio.deliver("+15904000003")
    while not sent.is_final:
        sent = twilio.again(sent)
    assert sent.confirmation(utc_now()) is ConfirmationState.NONE

    CALL.says(sent, "delivered")
    done = twilio.stored(sent)
    assert done.status is Status.DELIVERED
    assert done.confirmation(utc_now()) is ConfirmationState.RECEIVED


def test_a_failure_that_comes_too_late_to_try_again_ends_it(twilio: Consumer) -> None:
    sent = twilio.deliver("+15904000004")
    while not sent.is_final:
        sent = twilio.again(sent)

    CALL.says(sent, "failed", "30008")
    assert twilio.stored(sent).status is Status.DELIVERY_FAILURE


@pytest.mark.parametrize(
    "notification_id",
    ["0b9cf1a8-0000-4000-8000-000000000000", "none", "ü", "x" * 200, "%00", "a" * 64],
)
def test_a_callback_about_an_unknown_notification_is_accepted(
    twilio: Consumer, notification_id: str
) -> None:
    """Else it would come again. A notification may have been deleted since."""
    del twilio
    url = f"{CALL.base}/callbacks/twilio/status/{notification_id}/1"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}

    assert CALL.post(url, form, STATUS) == 204


def test_a_callback_without_a_message_id_is_ignored(twilio: Consumer, sent: Notification) -> None:
    assert CALL.says(sent, "delivered", MessageSid="") == 204

    assert twilio.stored(sent) == sent


# ---- faster than our own record, or of an attempt before


def in_flight(twilio: Consumer) -> tuple[Notification, TargetUserRecord]:
    """A notification whose attempt is under way, and not recorded yet."""
    record = twilio.record(some_number())
    asked = twilio.ask(record)
    now = utc_now()
    [claimed] = twilio.ports.notifications.claim(
        [wake_up_for(asked)], Claim("token", now + LEASE), now, "twilio"
    )
    assert isinstance(claimed, Notification)
    return claimed, record


def recorded(twilio: Consumer, claimed: Notification, sid: str) -> bool | Exception:
    """Try to record what the send returned."""
    after = next_state(claimed, Accepted(sid), twilio.module, utc_now())
    [stored] = twilio.ports.notifications.advance([Transition(claimed, after)])
    return stored


def test_a_first_sign_of_life_overtakes_it_too_and_the_delivery_follows(twilio: Consumer) -> None:
    claimed, _ = in_flight(twilio)

    CALL.says(claimed, "sent", MessageSid="SM2")
    done = twilio.stored(claimed)
    assert (done.status, done.provider_message_id) == (Status.SENT, "SM2")
    recorded(twilio, claimed, "SM2")
    CALL.says(claimed, "delivered", MessageSid="SM2")

    assert twilio.stored(claimed).status is Status.DELIVERED


def test_a_dead_handset_overtakes_it_and_is_switched_off(twilio: Consumer) -> None:
    claimed, record = in_flight(twilio)

    CALL.says(claimed, "undelivered", "30005", MessageSid="SM3", To=record.target_user_id)
    recorded(twilio, claimed, "SM3")

    assert_ended(twilio, twilio.stored(claimed), "30005", ROWS["30005"])


def test_both_callbacks_come_before_the_answer(services: Services, simulator: Running) -> None:
    number = some_number("+15902NNNNNN")
    with (
        a_gateway() as url,
        services.consumer("Twilio", TWILIO_SECRET, PUBLIC_URL=url) as twilio,
    ):
        done = twilio.deliver(number)

        assert [each["answer"] for each in simulator.callbacks(number)] == [204, 204]
    assert done.status is Status.DELIVERED
    assert [each.event for each in done.timeline] == ["scheduled", "claimed", "sent", "delivered"]


@pytest.mark.parametrize(
    ("form", "callbacks", "status"),
    [
        ("+1555NNNNNNN", 2, Status.DELIVERED),
        ("+15901NNNNNN", 4, Status.DELIVERED),
        ("+159130005NN", 2, Status.INACTIVE_DEVICE),
        ("+159130007NN", 2, Status.DELIVERY_FAILURE),
        ("+159130008NN", 2, Status.RETRY),
    ],
)
def test_the_simulators_callbacks_are_processed(
    services: Services,
    simulator: Running,
    form: str,
    callbacks: int,
    status: Status,
) -> None:
    number = some_number(form)
    with (
        a_gateway() as url,
        services.consumer("Twilio", TWILIO_SECRET, PUBLIC_URL=url) as twilio,
    ):
        sent = twilio.deliver(number)
        heard = eventually(lambda: simulator.callbacks(number), lambda each: len(each) == callbacks)

    assert [each["answer"] for each in heard] == [204] * callbacks
    assert twilio.stored(sent).status is status


def test_a_message_that_may_have_been_sent_was_sent_when_a_callback_reports_it(
    services: Services, simulator: Running
) -> None:
    """The connection was cut without an answer: the callback brings the message's id."""
    number = some_number("+15903NNNNNN")
    with (
        a_gateway() as url,
        services.consumer("Twilio", TWILIO_SECRET, PUBLIC_URL=url) as twilio,
    ):
        unknown = twilio.deliver(number)
        done = eventually(
            lambda: twilio.stored(unknown), lambda each: each.status is Status.DELIVERED
        )

    [message] = simulator.inbox(number)
    assert done.status is Status.DELIVERED
    assert done.provider_message_id == message["provider_message_id"]
    assert done.retry_attempts == 0
    assert len(simulator.inbox(number)) == 1


def test_a_callback_about_an_earlier_attempt_is_ignored(twilio: Consumer) -> None:
    first = twilio.deliver(some_number())
    CALL.says(first, "undelivered", "30008")
    assert twilio.stored(first).status is Status.RETRY
    CALL.says(first, "sent")
    assert twilio.stored(first).status is Status.RETRY, "this message is settled"
    second = twilio.again(first)
    assert second.status is Status.SENT
    assert second.provider_message_id != first.provider_message_id

    for status, code in (("undelivered", "30005"), ("sent", "")):
        CALL.says(first, status, code, attempt=1)
    assert twilio.stored(first) == second
    CALL.says(second, "delivered", attempt=2)
    assert twilio.stored(first).status is Status.DELIVERED


def test_a_delivery_that_follows_its_failure_calls_the_next_attempt_off(twilio: Consumer) -> None:
    first = twilio.deliver(some_number())
    CALL.says(first, "undelivered", "30008")
    CALL.says(first, "delivered")

    done = twilio.stored(first)
    assert (done.status, done.retry_attempts, done.due_at) == (Status.DELIVERED, 0, None)
