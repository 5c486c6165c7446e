"""The Twilio function: the real SDK against the simulator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from uuid import uuid4

import pytest

from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN
from notification_core.domain.clock import utc_now
from notification_core.domain.error_table import Row
from notification_core.domain.outcomes import ErrorClass
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timing import PROBE_EVERY
from notification_core.ports import Change, Ports
from notification_core.usecases.consent.opt_out import get_opt_out
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.emulator import Emulator
from tests.functions.consumers import Consumer, consumer
from tests.functions.ends import assert_ended, assert_paused, table_of
from tests.functions.lambda_calls import Api, Context
from tests.simulator import Running

SECRET = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "from": "+15005550006"}
TABLE = table_of("twilio")

#: An attempt that may have gone is tried again. As it is shipped, it is not.
AGAIN = {"on_unknown": "at_least_once"}


@pytest.fixture
def twilio(live: Ports, api: Api, emulator: Emulator, simulator: Running) -> Iterator[Consumer]:
    """The function with credentials that the provider knows."""
    del api  # the targets are registered
    with consumer(live, emulator, "Twilio", simulator.url, SECRET) as made:
        yield made


def some_number(form: str = "+1555NNNNNNN") -> str:
    """Return a number that no other test has."""
    digits = str(uuid4().int)
    return "".join(digits[place] if each == "N" else each for place, each in enumerate(form))


def test_a_message_is_sent_and_its_delivery_awaited(twilio: Consumer, simulator: Running) -> None:
    done = twilio.deliver(
        "+15551230001", body="Your code is 1234", extra={"media_url": ["https://x.test/a.png"]}
    )

    [message] = simulator.inbox("+15551230001")
    assert (done.status, done.confirmation(utc_now())) == (Status.SENT, ConfirmationState.AWAITED)
    assert done.provider_message_id == message["provider_message_id"]
    assert message["body"] == "Your code is 1234"
    assert message["extra"]["media_urls"] == ["https://x.test/a.png"]
    assert "StatusCallback" not in message["extra"], "there is no public URL"
    assert [each.event for each in done.timeline] == ["scheduled", "claimed", "sent"]


@pytest.mark.parametrize(("code", "row"), TABLE.rows.items(), ids=TABLE.rows)
def test_every_code_of_the_table_does_what_its_row_says(
    twilio: Consumer, code: str, row: Row
) -> None:
    with twilio.changed(**AGAIN):
        done = twilio.deliver(f"+1599{code}00")

    assert_ended(twilio, done, code, row)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+15005550001", "21211"),
        ("+15005550002", "21612"),
        ("+15005550003", "21408"),
        ("+15005550004", "21610"),
        ("+15005550009", "21614"),
        ("+15970100001", "20503"),
    ],
)
def test_twilios_own_test_numbers_do_what_they_stand_for(
    twilio: Consumer, number: str, code: str
) -> None:
    assert_ended(twilio, twilio.deliver(number), code, TABLE.rows[code])


@pytest.mark.parametrize(
    ("number", "code", "error_class"),
    [
        ("+15990001201", "12", ErrorClass.MESSAGE),
        ("+15984180001", "418", ErrorClass.MESSAGE),
        ("+15984010001", "401", ErrorClass.CONFIGURATION),
        ("+15984080001", "408", ErrorClass.TRANSIENT),
        ("+15984290001", "429", ErrorClass.THROTTLED),
        ("+15985030001", "503", ErrorClass.AMBIGUOUS),
        ("+15940000001", "connection-cut", ErrorClass.AMBIGUOUS),
        ("+15920000001", "connection-cut", ErrorClass.AMBIGUOUS),
    ],
)
def test_what_the_table_does_not_know_is_judged_by_the_http_status(
    twilio: Consumer, number: str, code: str, error_class: ErrorClass
) -> None:
    with twilio.changed(**AGAIN):
        done = twilio.deliver(number)

    assert_ended(twilio, done, code, Row(error_class=error_class))


def test_what_may_have_gone_is_not_tried_again_as_it_is_shipped(
    twilio: Consumer, simulator: Running
) -> None:
    done = twilio.deliver("+15940000002")

    assert (done.status, done.retry_attempts) == (Status.UNKNOWN, 1)
    assert len(simulator.inbox("+15940000002")) == 1


def test_a_throttled_message_waits_as_long_as_it_was_asked_to(twilio: Consumer) -> None:
    done = twilio.deliver("+15930100001")

    assert done.due_at is not None
    assert timedelta(seconds=1) <= done.due_at - done.updated_at <= timedelta(seconds=2)
    assert twilio.again(done).status is Status.SENT


def test_a_throttle_that_names_no_time_waits_longer_each_time(twilio: Consumer) -> None:
    done = twilio.deliver("+15984290002")
    waits = []
    for _ in range(3):
        assert done.due_at is not None
        waits.append((done.due_at - done.updated_at).total_seconds())
        done = twilio.again(done)

    assert [round(wait / 15.75) for wait in waits] == [1, 2, 4]
    assert done.retry_attempts == 0


def test_it_fails_once_and_then_succeeds(twilio: Consumer, simulator: Running) -> None:
    number = "+15970100002"
    done = twilio.deliver(number)
    assert done.status is Status.RETRY
    done = twilio.again(done)

    assert (done.status, done.retry_attempts) == (Status.SENT, 1)
    assert len(simulator.inbox(number)) == 1


def test_an_unknown_error_is_tried_once_more_and_then_fails(twilio: Consumer) -> None:
    done = twilio.again(twilio.deliver("+15993000801", max_retries=5))

    assert (done.status, done.retry_attempts) == (Status.DELIVERY_FAILURE, 2)


def test_an_unreachable_handset_is_tried_twice_more_and_then_is_one_strike(
    twilio: Consumer,
) -> None:
    done = twilio.deliver("+15993000301", max_retries=5)
    for _ in range(2):
        assert (done.status, twilio.get_record(done).strikes) == (Status.RETRY, 0)
        done = twilio.again(done)

    assert (done.status, done.retry_attempts) == (Status.DELIVERY_FAILURE, 3)
    assert (twilio.get_record(done).active, twilio.get_record(done).strikes) == (True, 1)


def test_a_refusal_by_the_recipient_becomes_an_opt_out_of_this_target(twilio: Consumer) -> None:
    done = twilio.deliver("+15992161001")

    opt_out = get_opt_out(twilio.ports, done.user)
    [entry] = opt_out.entries
    assert opt_out.scopes == {f"target:{done.target}"}
    assert (entry.source, entry.evidence) == ("refusal", f"21610 {done.id}")


class Cutter(BaseRequestHandler):
    """Reads a request and hangs up."""

    def handle(self) -> None:
        self.request.recv(65_536)


@contextmanager
def a_cutting_provider() -> Iterator[str]:
    """One that takes on nothing and says nothing."""
    with ThreadingTCPServer(("127.0.0.1", 0), Cutter) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_what_went_although_nobody_said_so_is_found_and_not_sent_again(
    twilio: Consumer, simulator: Running
) -> None:
    number = some_number("+1594NNNNNNN")
    with twilio.changed(**AGAIN):
        done = twilio.deliver(number, body="Hello again")
        assert done.status is Status.RETRY
        done = twilio.again(done)

    [message] = simulator.inbox(number)
    assert (done.status, done.retry_attempts) == (Status.SENT, 1)
    assert done.provider_message_id == message["provider_message_id"]
    assert [each.event for each in done.timeline[-3:]] == ["possibly_sent", "claimed", "sent"]
    assert "found" in done.timeline[-1].detail
    assert simulator.outcomes(number) == [("cut", None)]


def test_what_did_not_go_is_sent_again(
    live: Ports, api: Api, emulator: Emulator, simulator: Running
) -> None:
    del api
    number = some_number()
    with (
        a_cutting_provider() as url,
        consumer(live, emulator, "Twilio", url, SECRET) as cut,
        cut.changed(**AGAIN),
    ):
        done = cut.deliver(number)
        assert done.status is Status.RETRY
        with consumer(live, emulator, "Twilio", simulator.url, SECRET) as twilio:
            done = twilio.again(done)

    assert done.status is Status.SENT
    assert done.timeline[-1].detail == ""
    assert len(simulator.inbox(number)) == 1


@pytest.mark.parametrize("text", ["Another", "Hello"])
def test_another_message_is_not_taken_for_the_one_that_may_have_gone(
    live: Ports, api: Api, emulator: Emulator, simulator: Running, text: str
) -> None:
    """Neither one of other words, nor one of the same words from before."""
    del api
    number = some_number()
    with (
        a_cutting_provider() as url,
        consumer(live, emulator, "Twilio", simulator.url, SECRET) as twilio,
        twilio.changed(**AGAIN),
    ):
        before = twilio.deliver(number, body=text)
        later = before.updated_at + timedelta(seconds=10)
        with consumer(live, emulator, "Twilio", url, SECRET) as cut:
            cut.user = twilio.user
            cut.clock.until(later)
            record = cut.get_record(before)
            done = cut.ask(record, body="Hello")
            cut.run(wake_up_for(done))
        with consumer(live, emulator, "Twilio", simulator.url, SECRET) as again:
            done = again.again(done)

    assert done.status is Status.SENT
    assert [each["body"] for each in simulator.inbox(number)] == [text, "Hello"]


def test_a_look_that_gets_no_answer_is_tried_again_and_nothing_is_sent(
    live: Ports, api: Api, emulator: Emulator, simulator: Running
) -> None:
    del api
    number = some_number()
    with (
        a_cutting_provider() as url,
        consumer(live, emulator, "Twilio", url, SECRET) as cut,
        cut.changed(**AGAIN),
    ):
        done = cut.again(cut.deliver(number, max_retries=5))

    assert (done.status, done.retry_attempts) == (Status.RETRY, 2)
    assert done.last_error is not None
    assert (done.last_error.error_class, done.last_error.code) == ("transient", "no-look-up")
    assert simulator.inbox(number) == []


def test_a_slow_answer_is_not_waited_for_and_the_request_not_repeated(
    live: Ports,
    api: Api,
    emulator: Emulator,
    simulator: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del api
    monkeypatch.setattr("notification_core.providers.http.PROVIDER_TIMEOUT", (1, 0.3))
    with consumer(live, emulator, "Twilio", simulator.url, SECRET) as twilio:
        done = twilio.deliver("+15950200001")

    assert done.status is Status.UNKNOWN
    assert done.last_error is not None
    assert done.last_error.code == "read-timeout"
    assert simulator.outcomes("+15950200001") == [("hang", 201)]


def test_a_message_asks_to_be_told_what_becomes_of_it(
    live: Ports, api: Api, emulator: Emulator, simulator: Running
) -> None:
    del api
    public = "https://notify.example.com/v1/"
    number = some_number("+1597011NNNN")
    with consumer(live, emulator, "Twilio", simulator.url, SECRET, PUBLIC_URL=public) as twilio:
        done = twilio.deliver(some_number())
        retried = twilio.again(twilio.deliver(number))

    [first] = simulator.inbox(twilio.get_record(done).target_user_id)
    [second] = simulator.inbox(number)
    base = "https://notify.example.com/v1/callbacks/twilio/status"
    assert first["extra"]["StatusCallback"] == f"{base}/{done.id}/1"
    assert second["extra"]["StatusCallback"] == f"{base}/{retried.id}/2"


def test_a_hundred_are_sent_at_once_and_each_of_them_once(
    twilio: Consumer, simulator: Running
) -> None:
    notifications = twilio.ask_many(100, twilio.record("+15551240000"))
    wake_ups = [wake_up_for(each) for each in notifications]

    assert twilio.run(*wake_ups, *wake_ups) == []
    assert twilio.run(*wake_ups) == []

    assert {twilio.stored(each).status for each in notifications} == {Status.SENT}
    assert len(simulator.inbox("+15551240000")) == 100


def test_a_message_that_is_none_is_handed_back(twilio: Consumer) -> None:
    event = {"Records": [{"messageId": "a", "body": "hello"}, {"messageId": "b", "body": "{}"}]}

    answer = twilio.handler.lambda_handler(event, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("+15551230010", Status.DELIVERED, None),
        ("+15913000501", Status.INACTIVE_DEVICE, "30005"),
        ("+15913000701", Status.DELIVERY_FAILURE, "30007"),
        ("+15904000001", Status.SENT, None),
    ],
)
def test_a_message_whose_callbacks_never_came_is_asked_for(
    twilio: Consumer, number: str, status: Status, code: str | None
) -> None:
    done = twilio.again(twilio.deliver(number))

    assert done.status is status
    assert (done.last_error.code if done.last_error else None) == code


def test_many_messages_are_asked_for_at_once(twilio: Consumer) -> None:
    notifications = twilio.ask_many(200, twilio.record(some_number()))
    twilio.run(*(wake_up_for(each) for each in notifications))
    polls = twilio.polls_of(notifications)
    twilio.clock.until(max(each.due_at for each in polls))

    assert twilio.run(*(wake_up_for(each) for each in polls)) == []
    assert {twilio.stored(each).status for each in notifications} == {Status.DELIVERED}


def test_a_message_that_twilio_does_not_know_any_more_hides_no_other(twilio: Consumer) -> None:
    lost = twilio.deliver(some_number())
    forgotten = replace(lost, provider_message_id="SM00000000000000000000000000000000")
    [stored] = twilio.ports.notifications.advance([Change(lost, forgotten)])
    assert stored is True
    known = twilio.ask(twilio.record(some_number()))
    twilio.run(wake_up_for(known))
    both = [twilio.stored(lost), twilio.stored(known)]
    twilio.clock.until(max(each.due_at for each in both if each.due_at))

    assert twilio.run(*(wake_up_for(each) for each in both)) == []
    assert twilio.stored(known).status is Status.DELIVERED
    assert (twilio.stored(lost).status, twilio.stored(lost).is_final) == (Status.SENT, False)


@pytest.mark.parametrize(
    ("url", "secret", "code"),
    [
        ("http://127.0.0.1:9", SECRET, None),
        ("", SECRET | {"auth_token": "wrong"}, "20003"),
    ],
)
def test_a_twilio_that_cannot_be_asked_is_asked_later(
    live: Ports,
    api: Api,
    emulator: Emulator,
    simulator: Running,
    url: str,
    secret: dict[str, str],
    code: str | None,
) -> None:
    del api
    with consumer(live, emulator, "Twilio", simulator.url, SECRET) as twilio:
        sent = twilio.deliver(some_number())
    with consumer(live, emulator, "Twilio", url or simulator.url, secret) as broken:
        poll_rescheduled = broken.again(sent)
        assert (poll_rescheduled.status, poll_rescheduled.retry_attempts) == (Status.SENT, 0)
        assert_paused(broken, code)
    with consumer(live, emulator, "Twilio", simulator.url, SECRET) as mended:
        assert mended.again(sent).status is Status.DELIVERED


def test_a_message_that_nobody_confirms_is_let_rest_in_the_end(twilio: Consumer) -> None:
    done = twilio.deliver("+15904000002")
    looks = 0
    while not done.is_final:
        done = twilio.again(done)
        looks += 1

    assert (done.status, done.confirmation(twilio.clock())) == (Status.SENT, ConfirmationState.NONE)
    assert done.timeline[-1].event == "unconfirmed"
    assert done.updated_at - done.created_at >= timedelta(days=3)
    assert looks < 10


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ({}, "secret-incomplete"),
        (SECRET | {"auth_token": "wrong"}, "20003"),
        (SECRET | {"from": ""}, "no-sender"),
    ],
)
def test_wrong_credentials_fail_nothing_and_pause_the_target(
    live: Ports,
    api: Api,
    emulator: Emulator,
    simulator: Running,
    secret: dict[str, str],
    code: str,
) -> None:
    del api
    with consumer(live, emulator, "Twilio", simulator.url, secret) as twilio:
        done = twilio.deliver("+15551230002")

        assert_ended(twilio, done, code, Row(error_class=ErrorClass.CONFIGURATION))


def test_a_paused_target_sends_nothing_until_a_probe_goes_through(
    live: Ports, api: Api, emulator: Emulator, simulator: Running
) -> None:
    del api
    wrong = SECRET | {"auth_token": "wrong"}
    numbers = [some_number() for _ in range(3)]
    with consumer(live, emulator, "Twilio", simulator.url, wrong) as broken:
        first = broken.deliver(numbers[0])
        assert_paused(broken, "20003")
        waiting = broken.ask(broken.record(numbers[1]))
        assert broken.run(wake_up_for(waiting)) == [], "a probe, refused again"
        third = broken.ask(broken.record(numbers[2]))
        assert broken.run(wake_up_for(third)) == [], "too early for another"
        assert broken.stored(third).status is Status.SCHEDULED
        pause = broken.module.pause
    assert pause is not None

    with consumer(live, emulator, "Twilio", simulator.url, SECRET) as mended:
        mended.ports.modules.pause("twilio", pause)
        mended.clock.until(third.created_at + PROBE_EVERY)
        mended.run(wake_up_for(third))
        assert mended.stored(third).status is Status.SENT
        assert_paused(mended, None)
        assert mended.again(waiting).status is Status.SENT
        assert mended.again(first).status is Status.SENT
    assert {len(simulator.inbox(each)) for each in numbers} == {1}


def test_a_provider_that_is_not_there_is_tried_again(
    live: Ports, api: Api, emulator: Emulator
) -> None:
    del api
    with consumer(live, emulator, "Twilio", "http://127.0.0.1:9", SECRET) as twilio:
        done = twilio.deliver("+15551230003")

        assert_ended(twilio, done, "not-connected", Row(error_class=ErrorClass.TRANSIENT))


def test_no_log_line_tells_a_number_or_a_text(
    twilio: Consumer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "notification_core")
    twilio.deliver("+15551230005", body="a secret text")
    twilio.deliver("+15005550001", body="a secret text")

    written = "".join(capfd.readouterr()) + caplog.text
    assert "Received" in written
    assert "5551230005" not in written
    assert "secret text" not in written
