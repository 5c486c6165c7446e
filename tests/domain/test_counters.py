"""What is counted of a transition, and what the buckets of lateness say."""

import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import notification_core
from notification_core.domain import attempt_policy
from notification_core.domain.counters import (
    BOUNDS,
    LATE,
    OTHER,
    OWN_CODES,
    Counts,
    bucket,
    lateness,
    outcomes,
    percentile,
    without_codes,
)
from notification_core.domain.failed_notification import FailedNotification
from notification_core.domain.failures import (
    ConsentWithdrawn,
    DeliveryFailed,
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    Throttled,
)
from notification_core.domain.notification import Notification
from notification_core.domain.timeline import EventKind
from notification_core.domain.transitions import Transition
from tests.architecture.templates import ROOT
from tests.builders import NOON, a_claimed, a_notification, a_table

TABLE = a_table(_21610={"class": "consent"}, _21617={"class": "message"})
SOON = NOON + timedelta(minutes=5)
LATENESS = st.integers(min_value=0, max_value=10_000_000)


def counted(before: Notification, after: Notification) -> dict[tuple[str, str], int]:
    """Count one transition: {(status, code): number}."""
    counts = outcomes([Transition(before, after)], TABLE)
    assert {target for target, _, _ in counts} <= {after.target}
    return {(what, code): count for (_, what, code), count in counts.items()}


def test_an_accepted_message_counts_as_sent_and_its_confirmation_as_delivered() -> None:
    claimed = a_claimed()
    sent = claimed.sent(NOON, "SM1", None)

    assert counted(claimed, sent) == {("SENT", ""): 1}
    assert counted(sent, sent.delivered(NOON, "SM1")) == {("DELIVERED", ""): 1}


def test_a_message_whose_provider_confirms_nothing_counts_as_sent_and_delivered() -> None:
    claimed = a_claimed()

    assert counted(claimed, claimed.delivered(NOON, "1")) == {
        ("SENT", ""): 1,
        ("DELIVERED", ""): 1,
    }


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Rejected("21617"), "DELIVERY FAILURE", "21617"),
        (Rejected("503"), "DELIVERY FAILURE", "503"),
        (Rejected("read-timeout"), "DELIVERY FAILURE", "read-timeout"),
        (Rejected("eggs@example.com"), "DELIVERY FAILURE", OTHER),
        (Rejected("+491701234567"), "DELIVERY FAILURE", OTHER),
        (Rejected("٥٠٣"), "DELIVERY FAILURE", OTHER),
    ],
    ids=["in the table", "HTTP status", "our own", "e-mail", "number", "other digits"],
)
def test_a_failure_counts_by_its_code_only_if_the_code_is_known(
    failure: DeliveryFailed, status: str, code: str
) -> None:
    claimed = a_claimed()

    assert counted(claimed, claimed.failed(NOON, failure)) == {(status, code): 1}


def test_a_failure_counts_by_the_code_that_the_page_of_failures_shows() -> None:
    sent = a_claimed().sent(NOON, "SM1", None)
    failed = sent.failed(NOON, Rejected("21617")).noted(NOON, EventKind.UNDELIVERED, "SM0: late")

    assert FailedNotification.of(failed).code == "21617"  # type: ignore[union-attr]
    assert counted(sent, failed) == {("DELIVERY FAILURE", "21617"): 1}


def test_every_end_counts_by_its_status() -> None:
    claimed, waiting = a_claimed(), a_notification()
    cases = [
        (claimed, claimed.inactive_device(NOON, InvalidAddress("21617")), "INACTIVE DEVICE"),
        (claimed, claimed.unknown(NOON, OutcomeUnknown("21617")), "UNKNOWN"),
        (claimed, claimed.refused_by_user(NOON, ConsentWithdrawn("21617")), "OPTED OUT"),
    ]
    for before, after, status in cases:
        assert counted(before, after) == {(status, "21617"): 1}
    for before, after, status in [
        (claimed, claimed.expired(NOON), "EXPIRED"),
        (waiting, waiting.opted_out(NOON, "found before sending"), "OPTED OUT"),
        (waiting, waiting.cancelled(NOON), "CANCELLED"),
    ]:
        assert counted(before, after) == {(status, ""): 1}


def test_a_failed_attempt_counts_as_retry_unless_the_attempt_does_not_count() -> None:
    claimed = a_claimed()

    retried = claimed.retried(NOON, RetryLater("503"), SOON)
    doubtful = claimed.possibly_sent(NOON, OutcomeUnknown("read-timeout"), SOON)
    postponed = claimed.postponed(NOON, Throttled("429"), SOON)

    assert counted(claimed, retried) == {("RETRY", "503"): 1}
    assert counted(claimed, doubtful) == {("RETRY", "read-timeout"): 1}
    assert counted(claimed, postponed) == {}


def test_a_change_that_keeps_the_status_counts_nothing() -> None:
    claimed = a_claimed()
    sent = claimed.sent(NOON, "SM1", SOON)

    assert counted(sent, sent.poll_rescheduled(NOON, SOON)) == {}
    assert counted(sent, sent.unconfirmed(NOON)) == {}


def test_every_code_that_the_system_gives_by_itself_is_counted_by_its_name() -> None:
    """A code that is not in `OWN_CODES` would be counted as `other`."""
    failures = "|".join(each.__name__ for each in DeliveryFailed.__subclasses__())
    given_code = re.compile(rf'\b(?:{failures})\(\s*"([^"]+)"')
    folders = (Path(notification_core.__file__).parent, ROOT / "functions")
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    codes = {code for path in sources for code in given_code.findall(path.read_text())}

    assert len(codes) > 10
    assert codes <= OWN_CODES
    blockers = {each.value for each in attempt_policy.Blocker}
    assert blockers - {"opted-out", "expired"} <= OWN_CODES


@given(LATENESS)
def test_a_bucket_holds_its_lateness_and_is_at_most_28_percent_wider(late: int) -> None:
    number = bucket(late)

    if number == len(BOUNDS):
        assert late > 3_600_000
    else:
        assert late <= BOUNDS[number]
        if late > 100:
            assert BOUNDS[number] <= late * 1.28


def test_the_bounds_grow_and_a_negative_lateness_counts_as_none() -> None:
    assert list(BOUNDS) == sorted(set(BOUNDS))
    assert bucket(-5) == bucket(0) == 0


@given(st.lists(LATENESS, min_size=1), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_percentile_is_the_bound_of_the_bucket_of_the_exact_percentile(
    values: list[int], share: float
) -> None:
    exact = sorted(values)[max(-int(-(len(values) * share) // 1), 1) - 1]

    found = percentile(Counter(map(bucket, values)), share)

    assert found == (*BOUNDS, 3_600_001)[bucket(exact)]


def test_there_is_no_percentile_of_nothing() -> None:
    assert percentile({}, 0.99) is None


def test_lateness_is_counted_by_target() -> None:
    assert lateness([("a", 90), ("a", 100), ("b", 2000)]) == {
        ("a", LATE, "0"): 2,
        ("b", LATE, "13"): 1,
    }


KEYS = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from(["SENT", "DELIVERY FAILURE", LATE]),
    st.sampled_from(["", "1", "2", "21617"]),
)


@given(st.dictionaries(KEYS, st.integers(min_value=1, max_value=9)))
def test_counts_without_codes_have_the_same_sums_and_the_same_lateness(
    counts: dict[tuple[str, str, str], int],
) -> None:
    folded = without_codes(Counts(counts))

    assert sums(folded) == sums(Counts(counts))
    assert {key for key in folded if key[1] == LATE} == {key for key in counts if key[1] == LATE}
    assert {detail for _, what, detail in folded if what != LATE} <= {"", OTHER}


def sums(counts: Counts) -> Counter[tuple[str, str]]:
    """The counts by target and status."""
    summed = Counter[tuple[str, str]]()
    for (target, what, _), count in counts.items():
        summed[target, what] += count
    return summed


def test_each_bound_is_at_most_28_percent_above_the_bound_before_it() -> None:
    assert all(after <= 1.28 * before for before, after in pairwise(BOUNDS))
