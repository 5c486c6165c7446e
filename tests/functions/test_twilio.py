"""The Twilio function: the real SDK against the simulator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from notification_core.domain.clock import utc_now
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timing import PROBE_EVERY
from notification_core.domain.transitions import Transition
from notification_core.usecases.consent.opt_out import get_opt_out
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.functions.consumers import Consumer
from tests.functions.ends import assert_ended, assert_paused, table_of
from tests.functions.lambda_calls import Context
from tests.functions.targets import TWILIO_SECRET, Services, some_number
from tests.simulator import Running

TABLE = table_of("twilio")

#: An attempt that may have gone is tried again. As it is shipped, it is not.
AGAIN = {"on_unknown": "at_least_once"}


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


def test_a_message_that_may_have_been_sent_is_not_repeated_by_the_shipped_policy(
    twilio: Consumer, simulator: Running
) -> None:
    done = twilio.deliver("+15940000002")

    assert (done.status, done.retry_attempts) == (Status.UNKNOWN, 1)
    assert len(simulator.inbox("+15940000002")) == 1


def test_a_throttle_that_names_no_time_waits_longer_each_time(twilio: Consumer) -> None:
    done = twilio.deliver("+15984290002")
    waits = []
    for _ in range(3):
        assert done.due_at is not None
        waits.append((done.due_at - done.updated_at).total_seconds())
        done = twilio.again(done)

    assert [round(wait / 15.75) for wait in waits] == [1, 2, 4]
    assert done.retry_attempts == 0


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


def test_a_message_that_was_sent_without_a_response_is_found_and_not_sent_again(
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


def test_a_message_that_was_not_sent_is_sent_again(services: Services, simulator: Running) -> None:
    number = some_number()
    with (
        a_cutting_provider() as url,
        services.consumer("Twilio", TWILIO_SECRET, url=url) as cut,
        cut.changed(**AGAIN),
    ):
        done = cut.deliver(number)
        assert done.status is Status.RETRY
        with services.consumer("Twilio", TWILIO_SECRET) as twilio:
            done = twilio.again(done)

    assert done.status is Status.SENT
    assert done.timeline[-1].detail == ""
    assert len(simulator.inbox(number)) == 1


@pytest.mark.parametrize("text", ["Another", "Hello"])
def test_another_message_is_not_taken_for_the_one_that_may_have_been_sent(
    services: Services, simulator: Running, text: str
) -> None:
    """Neither one of other words, nor one of the same words from before."""
    number = some_number()
    with (
        a_cutting_provider() as url,
        services.consumer("Twilio", TWILIO_SECRET) as twilio,
        twilio.changed(**AGAIN),
    ):
        before = twilio.deliver(number, body=text)
        later = before.updated_at + timedelta(seconds=10)
        with services.consumer("Twilio", TWILIO_SECRET, url=url) as cut:
            cut.user = twilio.user
            cut.clock.until(later)
            record = cut.get_record(before)
            done = cut.ask(record, body="Hello")
            cut.run(wake_up_for(done))
        with services.consumer("Twilio", TWILIO_SECRET) as again:
            done = again.again(done)

    assert done.status is Status.SENT
    assert [each["body"] for each in simulator.inbox(number)] == [text, "Hello"]


def test_a_look_up_without_a_response_is_tried_again_and_nothing_is_sent(
    services: Services, simulator: Running
) -> None:
    number = some_number()
    with (
        a_cutting_provider() as url,
        services.consumer("Twilio", TWILIO_SECRET, url=url) as cut,
        cut.changed(**AGAIN),
    ):
        done = cut.again(cut.deliver(number, max_retries=5))

    assert (done.status, done.retry_attempts) == (Status.RETRY, 2)
    assert done.last_error is not None
    assert (done.last_error.error_class, done.last_error.code) == ("transient", "no-look-up")
    assert simulator.inbox(number) == []


def test_a_message_is_sent_with_the_url_of_its_status_callbacks(
    services: Services, simulator: Running
) -> None:
    public = "https://notify.example.com/v1/"
    number = some_number("+1597011NNNN")
    with services.consumer("Twilio", TWILIO_SECRET, PUBLIC_URL=public) as twilio:
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


def test_an_invalid_queue_message_is_handed_back(twilio: Consumer) -> None:
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
    [stored] = twilio.ports.notifications.advance([Transition(lost, forgotten)])
    assert stored is True
    known = twilio.ask(twilio.record(some_number()))
    twilio.run(wake_up_for(known))
    both = [twilio.stored(lost), twilio.stored(known)]
    twilio.clock.until(max(each.due_at for each in both if each.due_at))

    assert twilio.run(*(wake_up_for(each) for each in both)) == []
    assert twilio.stored(known).status is Status.DELIVERED
    assert (twilio.stored(lost).status, twilio.stored(lost).is_final) == (Status.SENT, False)


def test_a_paused_target_sends_nothing_until_a_probe_goes_through(
    services: Services, simulator: Running
) -> None:
    wrong = TWILIO_SECRET | {"auth_token": "wrong"}
    numbers = [some_number() for _ in range(3)]
    with services.consumer("Twilio", wrong) as broken:
        first = broken.deliver(numbers[0])
        assert_paused(broken, "20003")
        waiting = broken.ask(broken.record(numbers[1]))
        assert broken.run(wake_up_for(waiting)) == [], "a probe, refused again"
        third = broken.ask(broken.record(numbers[2]))
        assert broken.run(wake_up_for(third)) == [], "too early for another"
        assert broken.stored(third).status is Status.SCHEDULED
        pause = broken.module.pause
    assert pause is not None

    with services.consumer("Twilio", TWILIO_SECRET) as mended:
        mended.ports.modules.pause("twilio", pause)
        mended.clock.until(third.created_at + PROBE_EVERY)
        mended.run(wake_up_for(third))
        assert mended.stored(third).status is Status.SENT
        assert_paused(mended, None)
        assert mended.again(waiting).status is Status.SENT
        assert mended.again(first).status is Status.SENT
    assert {len(simulator.inbox(each)) for each in numbers} == {1}
