"""What Twilio calls: the status of a message."""

import json
import os
from datetime import timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from functions.callbacks.twilio import handler
from notification_core.adapters.secrets import AGAIN, Secrets
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import next_state
from notification_core.domain.claim import Claim
from notification_core.domain.clock import utc_now
from notification_core.domain.error_table import Row
from notification_core.domain.errors import NoActiveRecords
from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import Accepted, ErrorClass, Rejected
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timing import LEASE
from notification_core.ports import Change, Ports
from notification_core.runtime import credentials
from notification_core.usecases.administration.addresses import change_record
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.emulator import Emulator
from tests.functions.consumers import Ahead, Consumer, consumer
from tests.functions.ends import assert_ended, table_of
from tests.functions.lambda_calls import Api
from tests.functions.public import STATUS, Twilio, a_gateway, proxy_event
from tests.functions.targets import TWILIO_SECRET, some_number
from tests.simulator import Running, eventually

ROWS = table_of("twilio").rows

#: What the provider cannot tell either tells nothing.
TELLING = {code: row for code, row in ROWS.items() if row.error_class is not ErrorClass.AMBIGUOUS}


@pytest.fixture
def sent(twilio: Consumer) -> Notification:
    """A message that Twilio took."""
    done = twilio.deliver(some_number())
    assert done.status is Status.SENT
    return done


CALL = Twilio()


def test_a_message_is_delivered_when_twilio_says_so(twilio: Consumer, sent: Notification) -> None:
    assert CALL.says(sent, "delivered") == 204

    done = twilio.stored(sent)
    assert done.status is Status.DELIVERED
    assert done.confirmation(utc_now()) is ConfirmationState.RECEIVED
    assert done.provider_message_id == sent.provider_message_id
    assert [each.event for each in done.timeline] == ["scheduled", "claimed", "sent", "delivered"]


@pytest.mark.parametrize("status", ["accepted", "queued", "sending", "sent", "something-new"])
def test_a_message_that_is_under_way_is_no_news(
    twilio: Consumer, sent: Notification, status: str
) -> None:
    assert CALL.says(sent, status) == 204

    assert twilio.stored(sent) == sent


@pytest.mark.parametrize(("code", "row"), TELLING.items(), ids=TELLING)
def test_every_code_of_the_table_does_what_its_row_says(
    twilio: Consumer, sent: Notification, code: str, row: Row
) -> None:
    """A dead address is switched off in the same write that ends the notification."""
    assert CALL.says(sent, "undelivered", code) == 204

    assert_ended(twilio, twilio.stored(sent), code, row)


def test_who_cannot_tell_has_told_nothing(twilio: Consumer, sent: Notification) -> None:
    assert CALL.says(sent, "failed", "20500") == 204

    assert twilio.stored(sent) == sent


@pytest.mark.parametrize("status", ["undelivered", "failed", "canceled"])
def test_a_failure_without_a_code_ends_it_too(
    twilio: Consumer, sent: Notification, status: str
) -> None:
    CALL.says(sent, status)

    assert_ended(twilio, twilio.stored(sent), status, Row(error_class=ErrorClass.MESSAGE))


def test_nothing_more_is_accepted_for_a_dead_handset(twilio: Consumer, sent: Notification) -> None:
    CALL.says(sent, "undelivered", "30005")

    with pytest.raises(NoActiveRecords):
        twilio.ask(twilio.get_record(sent))


# ---- who may call


def test_what_is_not_signed_is_refused(twilio: Consumer, sent: Notification) -> None:
    event = proxy_event("POST", CALL.status_url(sent), STATUS, "MessageStatus=delivered")

    answer = handler.lambda_handler(event, None)

    assert answer["statusCode"] == 403
    assert json.loads(answer["body"])["title"] == "Forbidden"
    assert twilio.stored(sent) == sent


@pytest.mark.parametrize(
    "call",
    [
        Twilio(token="another token"),
        Twilio(headers={"X-Twilio-Signature": "bm9uc2Vuc2U="}),
        Twilio(headers={"X-Twilio-Signature": ""}),
        Twilio(headers={"X-Twilio-Signature": "ünïcode"}),
    ],
)
def test_a_forged_signature_is_refused(twilio: Consumer, sent: Notification, call: Twilio) -> None:
    assert call.says(sent, "delivered") == 403
    assert twilio.stored(sent) == sent


def test_what_was_changed_on_its_way_is_refused(twilio: Consumer, sent: Notification) -> None:
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "undelivered"}
    changed = form | {"MessageStatus": "delivered"}

    assert CALL.post(CALL.status_url(sent), form, STATUS, sent=changed) == 403
    assert twilio.stored(sent) == sent


def test_a_signature_is_good_for_its_own_url_only(twilio: Consumer, sent: Notification) -> None:
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "delivered"}
    url = CALL.status_url(sent)
    others = [
        CALL.status_url(sent, attempt=2),
        url.replace("/v1/", "/"),
        url.replace("https", "http"),
        url.replace("us-east-1", "eu-west-1"),
        f"{url}?a=b",
        f"{url}/",
    ]

    assert {CALL.post(url, form, STATUS, signed=other) for other in others} == {403}
    assert CALL.post(f"{url}?a=b", form, STATUS, signed=url) == 403
    assert twilio.stored(sent) == sent
    assert CALL.post(url, form, STATUS) == 204


@pytest.mark.parametrize("quoting", [quote, quote_plus])
@pytest.mark.parametrize("values", [{"a": "b"}, {"a": "b c", "d": "é&+"}])
def test_a_query_is_part_of_what_is_signed(
    twilio: Consumer, sent: Notification, quoting: Any, values: dict[str, str]
) -> None:
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "delivered"}
    query = "&".join(f"{name}={quoting(value)}" for name, value in values.items())
    url = f"{CALL.status_url(sent)}?{query}"

    assert CALL.post(url, form, STATUS) == 204
    assert twilio.stored(sent).status is Status.DELIVERED


def test_a_body_may_come_in_base64(twilio: Consumer, sent: Notification) -> None:
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "delivered"}

    assert CALL.post(CALL.status_url(sent), form, STATUS, encoded=True) == 204
    assert twilio.stored(sent).status is Status.DELIVERED


def test_a_domain_of_ones_own_is_what_is_signed(
    twilio: Consumer, sent: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something in front of API Gateway, which hears of its own host only."""
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "delivered"}
    signed = Twilio(base="https://notify.example.com/base").status_url(sent)
    assert CALL.post(CALL.status_url(sent), form, STATUS, signed=signed) == 403
    monkeypatch.setenv("PUBLIC_URL", "https://notify.example.com/base/")

    assert CALL.post(CALL.status_url(sent), form, STATUS, signed=signed) == 204
    assert twilio.stored(sent).status is Status.DELIVERED


class Counting:
    """A Secrets Manager client that counts what it is asked for."""

    def __init__(self, emulator: Emulator) -> None:
        self.client = emulator.client("secretsmanager")
        self.asked = 0
        self.clock = Ahead()

    def get_secret_value(self, **request: str) -> Any:
        """Ask."""
        self.asked += 1
        return self.client.get_secret_value(**request)


@pytest.fixture
def counting(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The process's secrets, counted."""
    counting = Counting(emulator)
    kept = Secrets(lambda _: counting, counting.clock)
    monkeypatch.setattr(credentials, "secrets", lambda: kept)
    return counting


def test_a_token_that_was_changed_is_found_without_asking_at_every_forgery(
    twilio: Consumer, sent: Notification, counting: Counting
) -> None:
    assert CALL.says(sent, "sent") == 204
    assert counting.asked == 1
    new = Twilio(token="a new token")
    assert [new.says(sent, "delivered") for _ in range(20)] == [403] * 20
    assert counting.asked == 1, "once a minute"
    secret = json.dumps(TWILIO_SECRET | {"auth_token": "a new token"})
    counting.client.put_secret_value(SecretId=os.environ["SECRET_ID"], SecretString=secret)
    counting.clock.by += AGAIN

    assert new.says(sent, "delivered") == 204
    assert twilio.stored(sent).status is Status.DELIVERED
    assert CALL.says(sent, "delivered") == 403, "the old token is good for nothing"


def test_a_secret_that_cannot_be_read_is_not_twilios_fault(
    twilio: Consumer, sent: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    del twilio
    monkeypatch.setenv("SECRET_ID", "there-is-none")

    assert CALL.says(sent, "delivered") == 503


def test_where_twilio_is_not_set_up_strangers_cause_no_error_of_ours_and_few_requests(
    twilio: Consumer, sent: Notification, counting: Counting
) -> None:
    """Twilio's secret is empty until somebody fills it in, and anybody may call this."""
    name = os.environ["SECRET_ID"]
    counting.client.put_secret_value(SecretId=name, SecretString='{"auth_token": ""}')

    statuses = {CALL.says(sent, "delivered") for _ in range(50)}

    assert statuses == {404}
    assert counting.asked == 1
    assert twilio.stored(sent) == sent
    counting.client.put_secret_value(SecretId=name, SecretString=json.dumps(TWILIO_SECRET))
    counting.clock.by += AGAIN
    assert CALL.says(sent, "delivered") == 204


# ---- twice, late, in the wrong order


def test_what_is_said_twice_is_heard_once(twilio: Consumer, sent: Notification) -> None:
    CALL.says(sent, "delivered")
    once = twilio.stored(sent)

    assert CALL.says(sent, "delivered") == 204
    assert twilio.stored(sent) == once


def test_a_failure_that_is_said_twice_is_one_strike(twilio: Consumer, sent: Notification) -> None:
    with twilio.changed(errors=table_of("twilio").overruled({"30003": soft(retries=0)})):
        assert [CALL.says(sent, "undelivered", "30003") for _ in range(3)] == [204] * 3

    assert twilio.get_record(sent).strikes == 1


def test_a_status_moves_forward_only(twilio: Consumer, sent: Notification) -> None:
    CALL.says(sent, "delivered")
    done = twilio.stored(sent)

    assert [CALL.says(sent, status) for status in ("sent", "queued", "delivered")] == [204] * 3
    assert twilio.stored(sent) == done


def test_a_failure_after_the_delivery_is_noted_and_changes_no_status(
    twilio: Consumer, sent: Notification
) -> None:
    CALL.says(sent, "delivered")
    CALL.says(sent, "undelivered", "30005")
    CALL.says(sent, "undelivered", "30005")

    done = twilio.stored(sent)
    assert done.status is Status.DELIVERED
    assert [each.event for each in done.timeline[-2:]] == ["delivered", "returned"]
    assert done.timeline[-1].code == "30005"


def test_a_delivery_is_believed_after_the_failure_too(twilio: Consumer, sent: Notification) -> None:
    CALL.says(sent, "undelivered", "30005")
    assert twilio.stored(sent).status is Status.INACTIVE_DEVICE

    CALL.says(sent, "delivered")
    done = twilio.stored(sent)
    assert done.status is Status.DELIVERED
    assert done.confirmation(utc_now()) is ConfirmationState.RECEIVED
    assert not twilio.get_record(done).active, "a person may switch it on"
    for status in ("undelivered", "sent", "delivered"):
        CALL.says(sent, status, "30005" if status == "undelivered" else "")
    assert twilio.stored(sent).status is Status.DELIVERED


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
def test_a_notification_that_is_none_is_answered_all_the_same(
    twilio: Consumer, notification_id: str
) -> None:
    """Else it would come again. A notification may have been deleted since."""
    del twilio
    url = f"{CALL.base}/callbacks/twilio/status/{notification_id}/1"
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}

    assert CALL.post(url, form, STATUS) == 204


def test_another_message_than_the_one_that_was_sent_is_not_heard(
    twilio: Consumer, sent: Notification
) -> None:
    assert CALL.says(sent, "delivered", MessageSid="SM-another") == 204
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
    [stored] = twilio.ports.notifications.advance([Change(claimed, after)])
    return stored


def test_a_delivery_overtakes_our_own_record(twilio: Consumer) -> None:
    claimed, _ = in_flight(twilio)

    assert CALL.says(claimed, "delivered", MessageSid="SM1") == 204
    assert recorded(twilio, claimed, "SM1") is False, "it comes too late"

    done = twilio.stored(claimed)
    assert (done.status, done.provider_message_id) == (Status.DELIVERED, "SM1")
    assert done.retry_attempts == 0


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


def test_both_callbacks_come_before_the_answer(
    live: Ports, api: Api, emulator: Emulator, simulator: Running
) -> None:
    del api
    number = some_number("+15902NNNNNN")
    with (
        a_gateway() as url,
        consumer(live, emulator, "Twilio", simulator.url, TWILIO_SECRET, PUBLIC_URL=url) as twilio,
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
def test_the_simulators_callbacks_are_heard(
    live: Ports,
    api: Api,
    emulator: Emulator,
    simulator: Running,
    form: str,
    callbacks: int,
    status: Status,
) -> None:
    del api
    number = some_number(form)
    with (
        a_gateway() as url,
        consumer(live, emulator, "Twilio", simulator.url, TWILIO_SECRET, PUBLIC_URL=url) as twilio,
    ):
        sent = twilio.deliver(number)
        heard = eventually(lambda: simulator.callbacks(number), lambda each: len(each) == callbacks)

    assert [each["answer"] for each in heard] == [204] * callbacks
    assert twilio.stored(sent).status is status


def test_what_may_have_gone_has_gone_when_a_callback_says_so(
    live: Ports, api: Api, emulator: Emulator, simulator: Running
) -> None:
    """The connection was cut without an answer: the callback brings the message's id."""
    del api
    number = some_number("+15903NNNNNN")
    with (
        a_gateway() as url,
        consumer(live, emulator, "Twilio", simulator.url, TWILIO_SECRET, PUBLIC_URL=url) as twilio,
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


def test_what_may_have_gone_and_failed_is_a_failure(twilio: Consumer) -> None:
    unknown = twilio.deliver(some_number("+1594NNNNNNN"))
    assert unknown.status is Status.UNKNOWN

    CALL.says(unknown, "undelivered", "30005", MessageSid="SM5")
    assert_ended_unknown(twilio, unknown)


def assert_ended_unknown(twilio: Consumer, unknown: Notification) -> None:
    """Its end is known, and its one attempt is counted."""
    done = twilio.stored(unknown)
    assert done.status is Status.INACTIVE_DEVICE
    assert not twilio.get_record(done).active


def test_a_callback_for_an_earlier_attempt_is_not_heard(twilio: Consumer) -> None:
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


def test_a_callback_for_an_earlier_attempt_does_not_end_the_one_under_way(
    twilio: Consumer,
) -> None:
    with twilio.changed(on_unknown="at_least_once"):
        waiting = twilio.deliver(some_number("+1594NNNNNNN"))
    assert waiting.status is Status.RETRY
    assert waiting.due_at is not None
    now = waiting.due_at + timedelta(seconds=1)
    claim = Claim("token", now + LEASE)
    [claimed] = twilio.ports.notifications.claim([wake_up_for(waiting)], claim, now, "twilio")
    assert isinstance(claimed, Notification)

    for status, code in (("undelivered", "30005"), ("sent", ""), ("delivered", "")):
        answer = CALL.says(claimed, status, code, attempt=1, MessageSid="SM6")
        assert answer == 503, "it should come again"
    assert twilio.stored(claimed) == claimed

    refused = next_state(claimed, Rejected("21617"), twilio.module, now)
    assert twilio.ports.notifications.advance([Change(claimed, refused)]) == [True]
    assert CALL.says(claimed, "delivered", attempt=1, MessageSid="SM6") == 204
    assert twilio.stored(claimed).status is Status.DELIVERED


# ---- the record


def soft(retries: int) -> Row:
    """Such a row for 30003."""
    return Row(error_class=ErrorClass.RECIPIENT, soft=True, retries=retries)


def test_five_soft_failures_in_a_row_switch_a_record_off(twilio: Consumer, api: Api) -> None:
    record = twilio.record(some_number())
    for strike in range(1, 6):
        asked = twilio.ask(record, max_retries=1)
        twilio.run(wake_up_for(asked))
        CALL.says(twilio.stored(asked), "undelivered", "30003")
        now = twilio.get_record(asked)
        assert (now.strikes, now.active) == (strike, strike < 5)

    assert now.deactivation is not None
    assert now.deactivation.code == "30003"
    assert now.deactivation.reason == "5 soft failures in a row"
    assert now.deactivation.at == twilio.stored(asked).updated_at
    answer = api("PATCH", f"/target-user-records/{record.id}", {"active": True})
    assert answer.status == 200
    again = twilio.get_record(asked)
    assert (again.active, again.strikes, again.deactivation) == (True, 0, None)


def test_a_delivery_forgets_the_strikes(twilio: Consumer) -> None:
    record = twilio.record(some_number())
    for status, strikes in (("undelivered", 1), ("undelivered", 2), ("delivered", 0)):
        asked = twilio.ask(record, max_retries=1)
        twilio.run(wake_up_for(asked))
        CALL.says(twilio.stored(asked), status, "30003" if status == "undelivered" else "")
        assert twilio.get_record(asked).strikes == strikes


def test_an_address_that_was_corrected_meanwhile_is_not_switched_off(
    twilio: Consumer, sent: Notification
) -> None:
    before = twilio.get_record(sent).target_user_id
    change_record(twilio.ports, sent.target_user_record, target_user_id=some_number())

    CALL.says(sent, "undelivered", "30005", To=before)
    assert twilio.stored(sent).status is Status.INACTIVE_DEVICE
    assert twilio.get_record(sent).active
