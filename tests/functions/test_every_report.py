"""Reports of every provider that reports by itself: Twilio's callbacks and the events of SES."""

from collections.abc import Iterator

import pytest

from notification_core.domain.attempt_policy import next_state
from notification_core.domain.claim import Claim
from notification_core.domain.clock import utc_now
from notification_core.domain.delivery import Accepted
from notification_core.domain.errors import NoActiveRecords
from notification_core.domain.failures import Rejected
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timing import LEASE
from notification_core.domain.transitions import Transition
from notification_core.usecases.administration.addresses import change_record
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.functions.consumers import Consumer
from tests.functions.lambda_calls import Api
from tests.functions.report_cases import REPORT_CASES, Report, ReportCase, Reporter
from tests.functions.targets import Services


@pytest.fixture(params=REPORT_CASES, ids=lambda case: case.provider.name)
def case(request: pytest.FixtureRequest) -> ReportCase:
    """A provider that reports."""
    found: ReportCase = request.param
    return found


@pytest.fixture
def target(services: Services, case: ReportCase) -> Iterator[Consumer]:
    """The function that sends."""
    with case.deploy(services) as consumer:
        yield consumer


@pytest.fixture
def provider(case: ReportCase, target: Consumer) -> Reporter:
    """What the provider reports."""
    return case.reporter(target)


@pytest.fixture
def sent(case: ReportCase, target: Consumer) -> Notification:
    """A notification whose message the provider accepted, and has not reported."""
    done = target.deliver(case.provider.address(case.unreported), max_retries=1)
    assert done.status is Status.SENT
    return done


def claimed(target: Consumer, notification: Notification) -> Notification:
    """Let an attempt begin, which does not end by itself."""
    now = target.clock()
    wake_up, claim = wake_up_for(notification), Claim("token", now + LEASE)
    [sending] = target.ports.notifications.claim([wake_up], claim, now, target.module_name)
    assert isinstance(sending, Notification)
    return sending


def test_a_message_is_delivered_when_the_provider_reports_it(
    target: Consumer, provider: Reporter, sent: Notification
) -> None:
    assert provider.delivered(Report(sent))

    done = target.stored(sent)
    assert done.status is Status.DELIVERED
    assert done.confirmation(utc_now()) is ConfirmationState.RECEIVED
    assert done.provider_message_id == sent.provider_message_id
    assert [each.event for each in done.timeline] == ["scheduled", "claimed", "sent", "delivered"]


def test_a_repeated_report_changes_nothing(
    target: Consumer, provider: Reporter, sent: Notification
) -> None:
    provider.delivered(Report(sent))
    once = target.stored(sent)

    assert provider.delivered(Report(sent))
    assert target.stored(sent) == once


def test_a_record_with_an_invalid_address_accepts_no_more_notifications(
    target: Consumer, provider: Reporter, sent: Notification
) -> None:
    provider.invalid_address(Report(sent))

    with pytest.raises(NoActiveRecords):
        target.ask(target.get_record(sent))


def test_a_failure_after_the_delivery_is_noted_and_deactivates_the_record(
    case: ReportCase, target: Consumer, provider: Reporter, sent: Notification
) -> None:
    provider.delivered(Report(sent))
    for _ in range(2):
        provider.invalid_address(Report(sent))

    done = target.stored(sent)
    assert done.status is Status.DELIVERED
    assert [each.event for each in done.timeline[-2:]] == ["delivered", "returned"]
    assert done.timeline[-1].code == case.invalid_address
    record = target.get_record(done)
    assert record.deactivation is not None
    assert record.deactivation.code == case.invalid_address


def test_a_delivery_is_believed_after_the_failure_too(
    target: Consumer, provider: Reporter, sent: Notification
) -> None:
    provider.invalid_address(Report(sent))
    assert target.stored(sent).status is Status.INACTIVE_DEVICE

    provider.delivered(Report(sent))
    done = target.stored(sent)
    assert done.status is Status.DELIVERED
    assert done.confirmation(utc_now()) is ConfirmationState.RECEIVED
    assert not target.get_record(done).active, "a person may activate it"
    provider.invalid_address(Report(sent))
    assert target.stored(sent).status is Status.DELIVERED


def test_a_repeated_soft_failure_is_one_strike(
    target: Consumer, provider: Reporter, sent: Notification
) -> None:
    for _ in range(3):
        assert provider.soft_failure(Report(sent))

    assert target.get_record(sent).strikes == 1


def test_five_soft_failures_in_a_row_deactivate_a_record(
    case: ReportCase, target: Consumer, provider: Reporter, api: Api
) -> None:
    record = target.record(case.provider.address(case.unreported))
    for strike in range(1, 6):
        asked = target.ask(record, max_retries=1)
        target.run(wake_up_for(asked))
        provider.soft_failure(Report(target.stored(asked)))
        after = target.get_record(asked)
        assert (after.strikes, after.active) == (strike, strike < 5)

    assert after.deactivation is not None
    assert after.deactivation.code == case.soft_failure
    assert after.deactivation.reason == "5 soft failures in a row"
    assert after.deactivation.at == target.stored(asked).updated_at
    answer = api("PATCH", f"/target-user-records/{record.id}", {"active": True})
    assert answer.status == 200
    again = target.get_record(asked)
    assert (again.active, again.strikes, again.deactivation) == (True, 0, None)


def test_a_delivery_resets_the_strikes(
    case: ReportCase, target: Consumer, provider: Reporter
) -> None:
    record = target.record(case.provider.address(case.unreported))
    for report, strikes in (
        (provider.soft_failure, 1),
        (provider.soft_failure, 2),
        (provider.delivered, 0),
    ):
        asked = target.ask(record, max_retries=1)
        target.run(wake_up_for(asked))
        report(Report(target.stored(asked)))
        assert target.get_record(asked).strikes == strikes


def test_an_address_that_was_corrected_meanwhile_stays_active(
    case: ReportCase, target: Consumer, provider: Reporter, sent: Notification
) -> None:
    before = target.get_record(sent).target_user_id
    change_record(target.ports, sent.target_user_record, target_user_id=case.provider.address("ok"))

    provider.invalid_address(Report(sent, to=before))
    assert target.stored(sent).status is Status.INACTIVE_DEVICE
    assert target.get_record(sent).active


def test_a_report_about_another_message_of_the_notification_is_ignored(
    target: Consumer, provider: Reporter, sent: Notification
) -> None:
    assert provider.delivered(Report(sent, "another"))
    assert provider.invalid_address(Report(sent, "another"))

    assert target.stored(sent) == sent
    assert target.get_record(sent).active


def test_a_delivery_is_recorded_before_the_result_of_the_send(
    case: ReportCase, target: Consumer, provider: Reporter
) -> None:
    sending = claimed(target, target.ask(target.record(case.provider.address("ok"))))

    assert provider.delivered(Report(sending, "message-1"))
    late = next_state(sending, Accepted("message-1"), target.module, utc_now())
    assert target.ports.notifications.advance([Transition(sending, late)]) == [False]

    done = target.stored(sending)
    assert (done.status, done.provider_message_id) == (Status.DELIVERED, "message-1")
    assert done.retry_attempts == 0


def test_a_message_with_an_unknown_outcome_is_delivered_when_the_provider_reports_it(
    case: ReportCase, target: Consumer, provider: Reporter
) -> None:
    with target.changed(on_unknown="at_least_once"):
        waiting = target.deliver(case.provider.address("cut"))
    assert (waiting.status, waiting.retry_attempts) == (Status.RETRY, 1)

    provider.delivered(Report(waiting, "message-2"))
    done = target.stored(waiting)
    assert (done.status, done.retry_attempts) == (Status.DELIVERED, 0)
    assert done.provider_message_id == "message-2"


def test_a_message_with_an_unknown_outcome_fails_when_the_provider_reports_it(
    case: ReportCase, target: Consumer, provider: Reporter
) -> None:
    unknown = target.deliver(case.provider.address("cut"), max_retries=1)
    assert unknown.status is Status.UNKNOWN

    provider.invalid_address(Report(unknown, "message-3"))
    done = target.stored(unknown)
    assert (done.status, target.get_record(done).active) == (Status.INACTIVE_DEVICE, False)


@pytest.mark.parametrize("attempt", [1, None])
def test_a_report_about_an_earlier_attempt_comes_again_until_the_next_has_ended(
    case: ReportCase, target: Consumer, provider: Reporter, attempt: int | None
) -> None:
    """B4 and B5: it must neither end the attempt under way nor be lost."""
    with target.changed(on_unknown="at_least_once"):
        waiting = target.deliver(case.provider.address("cut"))
    assert waiting.status is Status.RETRY
    assert waiting.due_at is not None
    target.clock.until(waiting.due_at)
    sending = claimed(target, waiting)
    report = Report(sending, "message-1", attempt)

    assert not provider.delivered(report)
    assert not provider.invalid_address(report)
    assert target.stored(waiting) == sending

    refused = next_state(sending, Rejected("refused"), target.module, target.clock())
    assert target.ports.notifications.advance([Transition(sending, refused)]) == [True]
    assert provider.delivered(report)
    done = target.stored(waiting)
    assert (done.status, done.provider_message_id) == (Status.DELIVERED, "message-1")
