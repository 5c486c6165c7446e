"""What a provider says later: it may come late, twice, out of order, or for another message."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain import timeline
from notification_core.domain.attempt_policy import next_state
from notification_core.domain.delivery import (
    Accepted,
    Complained,
    Confirmed,
    Delayed,
    ReportContent,
)
from notification_core.domain.delivery_reports import ClassifiedReport, apply_report
from notification_core.domain.errors import Unavailable
from notification_core.domain.failures import (
    FAILURES,
    ConsentWithdrawn,
    DeliveryFailed,
    InvalidAddress,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    RetryLater,
    RetryOnce,
    Throttled,
)
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.polls import poll_deferred, poll_rescheduled
from notification_core.domain.retry import JITTER
from notification_core.domain.status import FAILED, FINAL, TRANSITIONS, ConfirmationState, Status
from notification_core.domain.timeline import EventKind
from notification_core.domain.timing import LEASE
from tests.builders import (
    ASKED,
    NOON,
    TELLING,
    a_claim,
    a_claimed,
    a_module,
    a_notification,
    a_table,
)
from tests.domain.reports import MODULE, heard, of, sent
from tests.domain.standing import VERBS

NOW = NOON + timedelta(minutes=5)
LATER = NOW + timedelta(minutes=5)
COMPLAINT = Complained("Complaint", "abuse")


def given_up() -> Notification:
    """What the provider never said another word of."""
    return sent().unconfirmed(NOON + timedelta(hours=1))


def doubtful() -> Notification:
    """What may have gone and is tried again."""
    return a_claimed().possibly_sent(NOON, OutcomeUnknown("read-timeout"), LATER)


def unknown() -> Notification:
    """What may have gone and is not tried again."""
    return a_claimed().unknown(NOON, OutcomeUnknown("read-timeout"))


def events(notification: Notification | None) -> list[str]:
    """Return the words of its timeline."""
    assert notification is not None
    return [each.event for each in notification.timeline]


def test_a_providers_code_is_classified_by_the_modules_table() -> None:
    module = a_module(confirmation=TELLING, errors=a_table(_30003={"class": "transient"}))

    known = heard(sent(), of(ProviderError("30003"), module=module), module=module)
    unknown = heard(sent(), of(ProviderError("30999"), module=module), module=module)

    assert (known.status, unknown.status) == (Status.RETRY, Status.DELIVERY_FAILURE)
    assert of(Confirmed()).classified(module.errors) == of(Confirmed())


@pytest.mark.parametrize("before", [sent(), given_up()])
def test_a_confirmation_ends_the_wait_even_when_that_was_given_up(before: Notification) -> None:
    after = heard(before, of(Confirmed()))

    assert (after.status, after.due_at) == (Status.DELIVERED, None)
    assert after.confirmation(NOON) is ConfirmationState.RECEIVED


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Rejected("30007"), Status.DELIVERY_FAILURE),
        (InvalidAddress("30005"), Status.INACTIVE_DEVICE),
        (ConsentWithdrawn("21610"), Status.OPTED_OUT),
        (RetryLater("30003"), Status.RETRY),
    ],
)
def test_what_failed_after_it_was_sent_is_settled_as_any_failure(
    failure: DeliveryFailed, status: Status
) -> None:
    after = heard(sent(), of(failure))

    assert after.status is status
    assert after.last_error is not None
    assert after.last_error.code == failure.code


def test_what_failed_after_it_was_sent_is_tried_again_after_its_wait_not_after_its_look() -> None:
    after = heard(sent(), of(RetryLater("30003")))

    assert after.due_at is not None
    assert 60 <= (after.due_at - NOW).total_seconds() <= 60 * (1 + JITTER)
    assert after.retry_attempts == 1


def test_what_may_be_retried_once_is_so_after_it_was_sent_too() -> None:
    first = heard(sent(), of(RetryOnce("30008")))
    again = first.claimed(a_claim(LATER), LATER).sent(LATER, "SM2", LATER)

    second = heard(again, of(RetryOnce("30008"), "SM2", 2))

    assert (first.status, second.status) == (Status.RETRY, Status.DELIVERY_FAILURE)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (RetryLater("30003"), Status.DELIVERY_FAILURE),
        (InvalidAddress("30005"), Status.INACTIVE_DEVICE),
        (InvalidAddress("552", soft=True, retries=9), Status.DELIVERY_FAILURE),
    ],
)
@pytest.mark.parametrize("before", [given_up(), unknown()])
def test_what_was_given_up_is_not_tried_again_for_what_is_heard_late(
    before: Notification, failure: DeliveryFailed, status: Status
) -> None:
    after = heard(before, of(failure))

    assert (after.status, after.due_at) == (status, None)


@pytest.mark.parametrize("before", [sent(), given_up(), unknown(), a_claimed()])
def test_what_a_recipients_server_refuses_our_sender_for_fails_and_is_not_put_back(
    before: Notification,
) -> None:
    """A bounce for a broken DKIM signature: to send it again at once changes nothing."""
    after = heard(before, of(Misconfigured("5.7.26", pause_after=3)))

    assert (after.status, after.due_at) == (Status.DELIVERY_FAILURE, None)


def test_a_delay_is_noted_once_and_waits_on() -> None:
    once = heard(sent(), of(Delayed("mailbox full")))

    assert (once.status, once.due_at) == (Status.SENT, sent().due_at)
    assert once.timeline[-1].detail == "mailbox full"
    assert apply_report(once, of(Delayed("mailbox full")), MODULE, LATER) is None
    assert events(heard(once, of(Delayed("greylisted"))))[-2:] == [EventKind.DELAYED] * 2


def test_whoever_calls_it_spam_has_it() -> None:
    for before in (sent(), given_up(), doubtful(), unknown(), a_claimed()):
        after = heard(before, of(COMPLAINT))

        assert after.status is Status.DELIVERED
        assert events(after)[-2:] == ["delivered", EventKind.COMPLAINT]


def test_what_comes_back_of_a_delivered_message_is_noted_once_and_changes_nothing_else() -> None:
    delivered = heard(sent(), of(Confirmed()))

    returned = heard(delivered, of(InvalidAddress("5.1.1", "no such user")))
    complained = heard(returned, of(COMPLAINT))

    assert returned.status is complained.status is Status.DELIVERED
    assert events(complained)[-2:] == [EventKind.RETURNED, EventKind.COMPLAINT]
    assert (returned.timeline[-1].code, returned.timeline[-1].detail) == ("5.1.1", "no such user")
    for repeated in (InvalidAddress("5.1.1"), Rejected("5.2.3"), COMPLAINT, Confirmed()):
        assert apply_report(complained, of(repeated), MODULE, LATER) is None


@pytest.mark.parametrize(
    "before",
    [
        sent(),
        given_up(),
        unknown(),
        doubtful(),
        a_claimed(),
        sent().delivered(NOON, "SM1"),
    ],
)
def test_who_cannot_tell_has_told_nothing(before: Notification) -> None:
    assert apply_report(before, of(OutcomeUnknown("502")), MODULE, NOW) is None


def test_a_provider_that_is_faster_than_our_own_record_is_believed() -> None:
    sending = a_claimed()

    assert heard(sending, of(Confirmed())).status is Status.DELIVERED
    assert heard(sending, of(Accepted("SM1"))).status is Status.SENT
    assert heard(sending, of(Rejected("30007"))).status is Status.DELIVERY_FAILURE
    assert heard(sending, of(RetryLater("30003"))).status is Status.RETRY
    assert heard(sending, of(Delayed("busy"))).timeline[-1].event == EventKind.DELAYED
    for news in (Confirmed(), Accepted("SM1"), Rejected("30007"), RetryLater("30003")):
        assert heard(sending, of(news)).provider_message_id == "SM1"


def second_attempt() -> Notification:
    """A second attempt under way, the first of which may have gone."""
    return doubtful().claimed(a_claim(LATER), LATER)


def test_only_the_message_of_the_attempt_under_way_ends_it() -> None:
    """B4 and B5: news of an earlier one come again when it has ended."""
    for news in (Accepted("SM1"), Rejected("30007"), Delayed("busy"), Confirmed(), COMPLAINT):
        with pytest.raises(Unavailable):
            apply_report(second_attempt(), of(news), MODULE, NOW)
    for news in (Accepted("SM9"), Rejected("30007"), Delayed("busy"), Confirmed(), COMPLAINT):
        assert heard(second_attempt(), of(news, "SM9", 2)).provider_message_id == "SM9"


@pytest.mark.parametrize(
    "news",
    [Rejected("30007"), InvalidAddress("5.1.1"), RetryLater("4.4.7"), Confirmed(), Delayed("busy")],
)
def test_news_that_name_no_attempt_may_be_of_an_earlier_one(news: ReportContent) -> None:
    with pytest.raises(Unavailable):
        apply_report(second_attempt(), of(news, "SM9", None), MODULE, NOW)
    assert heard(a_claimed(), of(news, "SM9", None)).provider_message_id == "SM9"


def test_news_of_an_earlier_message_are_heard_where_nobody_sends_any_more() -> None:
    abandoned = second_attempt()
    lapsed = LATER + LEASE + timedelta(seconds=1)

    delivered = apply_report(abandoned, of(Confirmed()), MODULE, lapsed)
    assert delivered is not None
    assert (delivered.status, delivered.claim) == (Status.DELIVERED, None)
    assert events(delivered)[-2:] == [EventKind.UNKNOWN, "delivered"]
    failed = apply_report(abandoned, of(Rejected("30007")), MODULE, lapsed)
    assert failed is not None
    assert failed.status is Status.UNKNOWN


def test_a_number_that_an_earlier_message_had_too_does_not_tell_the_two_apart() -> None:
    """A throttle leaves the attempt its number, and the provider had taken that message."""
    sending = heard(sent(), of(Throttled("429"))).claimed(a_claim(LATER), LATER)

    for news in (Accepted("SM2"), Rejected("30007"), Confirmed()):
        with pytest.raises(Unavailable):
            apply_report(sending, of(news, "SM2", 1), MODULE, LATER)
    assert apply_report(sending, of(Throttled("429")), MODULE, LATER) is None, "a repetition"


def test_a_failure_of_the_attempt_before_is_not_taken_for_one_of_the_next() -> None:
    """A duplicate of an event that names no attempt, while the next one is under way."""
    bounced = of(RetryLater("4.2.2"), "M1", None)
    retried = heard(a_claimed(), bounced)
    again = retried.claimed(a_claim(LATER), LATER)

    assert retried.status is Status.RETRY
    assert apply_report(retried, bounced, MODULE, LATER) is None
    assert apply_report(again, bounced, MODULE, LATER) is None


@pytest.mark.parametrize("attempt", [1, None])
@pytest.mark.parametrize("overtaken", [True, False])
def test_a_failure_of_a_message_before_the_last_is_not_taken_for_one_of_the_next(
    attempt: int | None, *, overtaken: bool
) -> None:
    """Only the latest id is kept, and a throttle leaves the attempt its number."""
    before = a_claimed()
    for message_id in ("M1", "M2"):
        overtakes = overtaken and message_id == "M1"  # of a second one that is not certain
        taken = before if overtakes else before.sent(NOW, message_id, LATER)
        before = heard(taken, of(Throttled("429"), message_id, attempt))
        before = before.claimed(a_claim(LATER), LATER)

    for news in (Throttled("429"), Rejected("30007"), Delayed("busy"), Accepted("M1")):
        assert told_now(before, of(news, "M1", attempt), MODULE, LATER) is None
    with pytest.raises(Unavailable):
        apply_report(before, of(Confirmed(), "M1", attempt), MODULE, LATER)
    ended = before.retried(LATER, RetryLater("503"), LATER)
    assert heard(ended, of(Confirmed(), "M1", attempt)).status is Status.DELIVERED


@pytest.mark.parametrize("before", [doubtful(), unknown()])
def test_what_may_have_gone_had_gone_when_the_provider_says_so(before: Notification) -> None:
    ends: list[tuple[ReportContent, Status]] = [
        (Confirmed(), Status.DELIVERED),
        (Accepted("SM1"), Status.SENT),
    ]
    for news, status in ends:
        after = heard(before, of(news))

        assert (after.status, after.provider_message_id) == (status, "SM1")
        assert after.retry_attempts == 0
        assert "it was sent" in after.timeline[-1].detail


def test_what_may_have_gone_and_failed_is_tried_again_as_it_was_to_be() -> None:
    noted = heard(doubtful(), of(Rejected("30007")))

    assert (noted.status, noted.due_at) == (Status.RETRY, doubtful().due_at)
    assert (noted.timeline[-1].event, noted.timeline[-1].code) == (EventKind.UNDELIVERED, "30007")
    for late in (Accepted("SM1"), Delayed("busy"), Rejected("30007")):
        assert apply_report(noted, of(late), MODULE, NOW) is None, "nothing else is expected of it"


def test_without_a_confirmation_to_wait_for_what_had_gone_is_delivered() -> None:
    assert heard(unknown(), of(Accepted("SM1")), module=a_module()).status is Status.DELIVERED


def test_news_of_another_message_than_the_latest_change_nothing() -> None:
    for before in (sent(), given_up(), heard(sent(), of(Confirmed()))):
        for news in (Confirmed(), Rejected("30007"), COMPLAINT, Delayed("busy")):
            assert apply_report(before, of(news, "SM0"), MODULE, NOW) is None


def test_a_retry_that_cannot_have_gone_is_not_moved() -> None:
    retry = a_claimed().retried(NOON, RetryLater("503"), LATER)

    for news in (Confirmed(), Accepted("SM1"), Rejected("30007")):
        assert apply_report(retry, of(news), MODULE, NOW) is None


@pytest.mark.parametrize("before", [doubtful(), unknown()])
@pytest.mark.parametrize(
    "end",
    [Rejected("400"), InvalidAddress("410"), RetryLater("503"), OutcomeUnknown("read-timeout")],
)
def test_what_may_have_gone_and_arrived_is_delivered_however_the_next_attempt_ended(
    before: Notification, end: DeliveryFailed
) -> None:
    """B6."""
    if before.status is Status.UNKNOWN:
        before = before.redriven(NOON, LATER, 2, "by job 1")
    ended = next_state(before.claimed(a_claim(LATER), LATER), end, MODULE, LATER)

    after = heard(ended, of(Confirmed()))
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "SM1")
    assert after.due_at is None


def test_of_two_doubts_only_the_latest_message_tells_that_it_failed() -> None:
    """B6: the other one may have arrived."""
    both = next_state(second_attempt(), OutcomeUnknown("read-timeout"), MODULE, LATER)
    assert both.status is Status.UNKNOWN

    for attempt in (1, None):
        noted = heard(both, of(Rejected("30007"), "SM1", attempt))
        assert (noted.status, noted.timeline[-1].event) == (Status.UNKNOWN, EventKind.UNDELIVERED)
        for news in (Rejected("30007"), Accepted("SM1"), Delayed("busy")):
            assert apply_report(noted, of(news, "SM1", attempt), MODULE, LATER) is None
        assert heard(noted, of(Rejected("x"), "SM2", 2)).status is Status.DELIVERY_FAILURE
    failed = heard(both, of(Rejected("30007"), "SM2", 2))
    assert (failed.status, failed.possibly_sent_before) == (Status.DELIVERY_FAILURE, True)
    assert heard(failed, of(Confirmed())).status is Status.DELIVERED
    assert heard(unknown(), of(Rejected("30007"), "SM1", None)).status is Status.DELIVERY_FAILURE


def test_an_attempt_that_went_after_all_is_taken_back_whatever_was_noted_since() -> None:
    noted = heard(unknown(), of(Rejected("30007"), "SM1", 2))
    assert (noted.status, noted.retry_attempts) == (Status.UNKNOWN, 1)

    after = heard(noted, of(Accepted("SM2"), "SM2", 1))

    assert (after.status, after.retry_attempts) == (Status.SENT, 0)


def test_a_message_that_bounced_and_was_delivered_before_ends_alike_in_both_orders() -> None:
    """SES tells of a delivery, and of a bounce that comes later, in any order."""
    for bounce in (InvalidAddress("5.1.1"), Rejected("5.7.1"), InvalidAddress("5.2.2", soft=True)):
        one = heard(sent(), of(Confirmed()), of(bounce))
        other = heard(sent(), of(bounce), of(Confirmed()))

        assert one.status is other.status is Status.DELIVERED
        assert one.confirmation(NOON) is other.confirmation(NOON) is ConfirmationState.RECEIVED
        assert one.retry_attempts == other.retry_attempts == 0


def test_what_was_ended_on_purpose_stays_so_whatever_arrived() -> None:
    for end in (doubtful().opted_out(NOON, "no"), doubtful().cancelled(NOON)):
        assert apply_report(end, of(Confirmed()), MODULE, NOW) is None


def test_what_failed_and_cannot_have_gone_is_not_delivered() -> None:
    refused = a_claimed().failed(NOON, Rejected("400"))

    assert apply_report(refused, of(Confirmed()), MODULE, NOW) is None


def test_a_delivery_that_was_heard_before_its_failure_stands() -> None:
    after = heard(sent(), of(Confirmed()), of(RetryLater("30003")), of(Accepted("SM1")))

    assert after.status is Status.DELIVERED


def test_a_look_without_news_is_taken_again_ever_later_until_it_is_given_up() -> None:
    module = a_module(confirmation=ASKED)
    waiting, looks = a_claimed().sent(NOON, "SM1", NOON + timedelta(minutes=1)), []
    while waiting.due_at is not None:
        looks.append((waiting.due_at - NOON).total_seconds())
        waiting = poll_rescheduled(waiting, module, waiting.due_at)

    assert looks == [60, 120, 240, 480, 960, 1920, 3600]
    assert waiting.confirmation(NOON) is ConfirmationState.NONE
    assert events(waiting) == ["scheduled", "claimed", EventKind.SENT, EventKind.UNCONFIRMED]


def test_a_module_that_no_longer_confirms_gives_up_at_the_next_look() -> None:
    assert poll_rescheduled(sent(), a_module(), NOW).due_at is None


@pytest.mark.parametrize(
    ("sent_for", "wait"), [(60, 60), (3600, 60), (24 * 3600, 24 * 60), (3 * 86400, 72 * 60)]
)
def test_one_that_was_not_asked_about_is_asked_about_soon_and_never_given_up(
    sent_for: int, wait: int
) -> None:
    now = NOON + timedelta(seconds=sent_for)
    waiting = a_claimed().sent(NOON, "SM1", now)

    after = poll_deferred(waiting, now)

    assert after.due_at == now + timedelta(seconds=wait)
    assert (after.status, after.timeline) == (Status.SENT, waiting.timeline)


# Whatever is said, in any order: the machine holds.

codes = st.sampled_from(["30003", "30007", "552"])
failures = st.builds(
    lambda failure, code: failure(code), st.sampled_from(list(FAILURES.values())), codes
) | st.builds(
    lambda code, retries: InvalidAddress(code, soft=True, retries=retries), codes, st.integers(0, 2)
)
news_of_all_kinds: st.SearchStrategy[ReportContent] = (
    st.just(Confirmed())
    | st.just(COMPLAINT)
    | st.builds(Accepted, st.sampled_from(["SM1", "SM2"]))
    | st.builds(Delayed, st.sampled_from(["busy", "greylisted"]))
    | failures
)
reports = st.builds(
    of,
    news_of_all_kinds,
    st.sampled_from(["SM1", "SM2"]),
    st.none() | st.integers(1, 3),
)
modules = st.builds(
    lambda confirmation, on_unknown: a_module(confirmation=confirmation, on_unknown=on_unknown),
    st.sampled_from([None, ASKED, TELLING]),
    st.sampled_from(["at_least_once", "at_most_once"]),
)


def standing_somewhere() -> list[Notification]:
    """A notification in every status, by the ways that lead there."""
    waiting, sending = a_notification(), a_claimed()
    retry = sending.retried(NOON, RetryLater("503"), LATER)
    again = sent().retried(NOON, RetryLater("30003"), LATER)
    ways = [
        VERBS[status](sending)
        for status in VERBS
        if status not in {Status.SENDING, Status.CANCELLED}
    ]
    more = [retry, again, given_up(), doubtful(), second_attempt()]
    return [
        waiting,
        sending,
        waiting.cancelled(NOON),
        *ways,
        *more,
        again.claimed(a_claim(LATER), LATER),
        replace(retry, max_retries=1).claimed(a_claim(LATER), LATER),
        sent().delivered(NOON, "SM1"),
        doubtful().sent(NOON, "SM1", LATER),
        a_claimed().sent(NOON, "SM1", None, awaited_until=LATER),
        a_claimed().sent(NOON, "SM1", None, awaited_until=NOON),
    ]


somewhere = st.sampled_from(standing_somewhere())


def told_now(
    before: Notification, report: ClassifiedReport, module: Module, now: datetime
) -> Notification | None:
    """Tell it; None where it changes nothing, or has to come again."""
    try:
        return apply_report(before, report, module, now)
    except Unavailable:
        assert before.status is Status.SENDING
        return None


def test_there_is_a_notification_in_every_status() -> None:
    assert {each.status for each in standing_somewhere()} == set(Status)


@given(before=somewhere, report=reports, module=modules)
def test_a_status_only_moves_forward(
    before: Notification, report: ClassifiedReport, module: Module
) -> None:
    after = told_now(before, report, module, NOW)

    if after is not None:
        assert after.status is before.status or after.status in TRANSITIONS[before.status]
        assert after.timeline[: len(before.timeline)] == before.timeline
        assert len(after.timeline) > len(before.timeline)
        latest = max(NOW, before.updated_at)
        assert NOW <= after.updated_at <= latest + timedelta(milliseconds=2)
        assert after.claim is None
        assert after.attempted_delivery is not None


@given(before=somewhere, report=reports, module=modules)
def test_what_is_over_stays_over(
    before: Notification, report: ClassifiedReport, module: Module
) -> None:
    after = told_now(before, report, module, NOW)

    if before.status in FINAL - FAILED:
        assert after is None or (after.status is before.status is Status.DELIVERED)
    if before.status in FAILED - {Status.UNKNOWN}:
        assert after is None or after.status in {Status.DELIVERED, before.status}
    if before.is_final and not before.is_awaited(NOW) and after is not None:
        assert after.status is not Status.RETRY


@given(before=somewhere, report=reports, module=modules)
def test_news_that_are_repeated_change_nothing_the_second_time(
    before: Notification, report: ClassifiedReport, module: Module
) -> None:
    after = told_now(before, report, module, NOW)

    assert told_now(after or before, report, module, LATER) is None


#: What rules count by, and the claim before each doubt.
LONGEST_KEPT = sum(timeline.KEPT.values()) + sum(timeline.KEPT[each] for each in timeline.DOUBTS)


@given(before=somewhere, heard_of=st.lists(reports, max_size=8), module=modules)
def test_no_flood_of_news_grows_the_story_for_ever_or_sends_anything_by_itself(
    before: Notification, heard_of: list[ClassifiedReport], module: Module
) -> None:
    after, at = before, NOW
    for report in heard_of * 40:
        at += timedelta(seconds=1)
        after = told_now(after, report, module, at) or after

    assert after.status is not Status.SENDING or before.status is Status.SENDING
    assert len(after.timeline) <= 1 + timeline.LENGTH + LONGEST_KEPT
    assert after.retry_attempts <= before.retry_attempts + 1


@given(before=somewhere, report=reports, module=modules, at=st.just(NOW) | st.just(NOON))
def test_only_what_had_no_end_waits_again(
    before: Notification, report: ClassifiedReport, module: Module, at: datetime
) -> None:
    after = told_now(before, report, module, at)

    if after is not None and after.is_waiting and before.is_waiting:
        assert after.due_at == before.due_at, "a note"
    elif after is not None and after.is_waiting:
        assert before.status in {Status.SENT, Status.SENDING}
        assert before.is_awaited(at) or before.status is Status.SENDING
        assert after.due_at is not None
        assert after.due_at > at
