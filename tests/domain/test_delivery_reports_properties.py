"""Properties that hold for every report about a notification in every status."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain import timeline
from notification_core.domain.delivery import (
    Accepted,
    ClassifiedReport,
    Confirmed,
    Delayed,
    ReportContent,
)
from notification_core.domain.failures import FAILURES, InvalidAddress, RetryLater
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, FINAL, TRANSITIONS, Status
from tests.builders import (
    ASKED,
    NOON,
    TELLING,
    a_claim,
    a_claimed,
    a_module,
    a_notification,
)
from tests.domain.reports import (
    COMPLAINT,
    LATER,
    NOW,
    a_report,
    applied,
    doubtful,
    given_up,
    second_attempt,
    sent,
)
from tests.domain.standing import VERBS

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
    a_report,
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


def test_there_is_a_notification_in_every_status() -> None:
    assert {each.status for each in standing_somewhere()} == set(Status)


@given(before=somewhere, report=reports, module=modules)
def test_a_status_only_moves_forward(
    before: Notification, report: ClassifiedReport, module: Module
) -> None:
    after = applied(before, report, module, NOW)

    if after is not None:
        assert after.status is before.status or after.status in TRANSITIONS[before.status]
        assert after.timeline[: len(before.timeline)] == before.timeline
        assert len(after.timeline) > len(before.timeline)
        latest = max(NOW, before.updated_at)
        assert NOW <= after.updated_at <= latest + timedelta(milliseconds=2)
        assert after.claim is None
        assert after.attempted_delivery is not None


@given(before=somewhere, report=reports, module=modules)
def test_a_final_notification_stays_final(
    before: Notification, report: ClassifiedReport, module: Module
) -> None:
    after = applied(before, report, module, NOW)

    if before.status in FINAL - FAILED:
        assert after is None or (after.status is before.status is Status.DELIVERED)
    if before.status in FAILED - {Status.UNKNOWN}:
        assert after is None or after.status in {Status.DELIVERED, before.status}
    if before.is_final and not before.is_awaited(NOW) and after is not None:
        assert after.status is not Status.RETRY


@given(before=somewhere, report=reports, module=modules)
def test_a_repeated_report_changes_nothing_the_second_time(
    before: Notification, report: ClassifiedReport, module: Module
) -> None:
    after = applied(before, report, module, NOW)

    assert applied(after or before, report, module, LATER) is None


#: What rules count by, and the claim before each doubt.
LONGEST_KEPT = sum(timeline.KEPT.values()) + sum(timeline.KEPT[each] for each in timeline.DOUBTS)


@given(before=somewhere, heard_of=st.lists(reports, max_size=8), module=modules)
def test_no_flood_of_reports_grows_the_timeline_without_bound_or_starts_a_send(
    before: Notification, heard_of: list[ClassifiedReport], module: Module
) -> None:
    after, at = before, NOW
    for report in heard_of * 40:
        at += timedelta(seconds=1)
        after = applied(after, report, module, at) or after

    assert after.status is not Status.SENDING or before.status is Status.SENDING
    assert len(after.timeline) <= 1 + timeline.LENGTH + LONGEST_KEPT
    assert after.retry_attempts <= before.retry_attempts + 1


@given(before=somewhere, report=reports, module=modules, at=st.just(NOW) | st.just(NOON))
def test_only_what_had_no_end_waits_again(
    before: Notification, report: ClassifiedReport, module: Module, at: datetime
) -> None:
    after = applied(before, report, module, at)

    if after is not None and after.is_waiting and before.is_waiting:
        assert after.due_at == before.due_at, "a note"
    elif after is not None and after.is_waiting:
        assert before.status in {Status.SENT, Status.SENDING}
        assert before.is_awaited(at) or before.status is Status.SENDING
        assert after.due_at is not None
        assert after.due_at > at
