"""What is read off a timeline, and what it never forgets."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.timeline import (
    KEPT,
    LENGTH,
    EventKind,
    Timeline,
    TimelineEvent,
    claims,
    doubts,
    postponements,
    repeats_number,
    retries,
    uncertain_since,
    with_entry,
)
from tests.builders import NOON


def story(*events: EventKind, code: str = "") -> Timeline:
    """A second between two."""
    return tuple(
        TimelineEvent(NOON + timedelta(seconds=place), event, code=code)
        for place, event in enumerate(events)
    )


def test_an_entry_is_cut_to_what_a_store_can_keep() -> None:
    [entry] = with_entry((), NOON, EventKind.RETRY, "d" * 999, "c" * 999)

    assert entry == TimelineEvent(NOON, EventKind.RETRY, "d" * 200, "c" * 64)


KINDS = [
    EventKind.CLAIMED,
    EventKind.POSTPONED,
    EventKind.RETRY,
    EventKind.POSSIBLY_SENT,
    EventKind.SENT,
    EventKind.UNKNOWN,
    EventKind.DELIVERY_FAILURE,
]


@given(st.lists(st.sampled_from(KINDS), max_size=250))
def test_it_keeps_its_first_entry_the_latest_and_what_rules_count_by(
    events: list[EventKind],
) -> None:
    timeline = story(EventKind.SCHEDULED)
    for place, event in enumerate(events):
        timeline = with_entry(timeline, NOON + timedelta(minutes=place), event)

    assert timeline[0] == TimelineEvent(NOON, EventKind.SCHEDULED)
    assert [each.event for each in timeline[-LENGTH:]] == ([EventKind.SCHEDULED, *events])[-LENGTH:]
    assert [each.at for each in timeline] == sorted(each.at for each in timeline)
    counts = Counter(each.event for each in timeline)
    for event, most in KEPT.items():
        assert min(events.count(event), most) <= counts[event] <= LENGTH + most
    claims_of_doubts = (
        KEPT[EventKind.POSSIBLY_SENT] + KEPT[EventKind.UNKNOWN] + 1
    )  # and one whose doubt was forgotten
    assert len(timeline) <= 1 + LENGTH + sum(KEPT.values()) + claims_of_doubts


def test_a_repeated_number_is_one_that_the_provider_took_a_message_under() -> None:
    assert not repeats_number(story(EventKind.SCHEDULED, EventKind.CLAIMED))
    assert not repeats_number(
        story(
            EventKind.SCHEDULED,
            EventKind.CLAIMED,
            EventKind.SENT,
            EventKind.RETRY,
            EventKind.CLAIMED,
        )
    )
    assert not repeats_number(
        story(EventKind.SCHEDULED, EventKind.CLAIMED, EventKind.POSSIBLY_SENT, EventKind.CLAIMED)
    )
    assert not repeats_number(
        story(EventKind.SCHEDULED, EventKind.CLAIMED, EventKind.POSTPONED, EventKind.CLAIMED)
    )
    assert repeats_number(
        story(
            EventKind.SCHEDULED,
            EventKind.CLAIMED,
            EventKind.SENT,
            EventKind.POSTPONED,
            EventKind.CLAIMED,
        )
    )
    assert repeats_number(
        story(
            EventKind.SCHEDULED,
            EventKind.CLAIMED,
            EventKind.SENT,
            EventKind.INACTIVE_DEVICE,
            EventKind.REDRIVEN,
            EventKind.CLAIMED,
        )
    )
    assert repeats_number(
        story(
            EventKind.CLAIMED,
            EventKind.SENT,
            EventKind.POSTPONED,
            EventKind.CLAIMED,
            EventKind.POSTPONED,
            EventKind.CLAIMED,
            EventKind.UNKNOWN,
        )
    )


def test_a_doubt_that_a_redrive_repeats_is_one_doubt() -> None:
    again = (
        story(EventKind.SCHEDULED, EventKind.CLAIMED)
        + story(EventKind.UNKNOWN, code="cut")
        + story(EventKind.POSSIBLY_SENT, EventKind.CLAIMED)
    )

    assert doubts(again) == 1
    assert doubts(again + story(EventKind.POSSIBLY_SENT, code="cut")) == 2


def test_each_claim_is_when_an_attempt_began() -> None:
    timeline = story(EventKind.SCHEDULED, EventKind.CLAIMED, EventKind.RETRY, EventKind.CLAIMED)

    assert claims(timeline) == [timeline[1].at, timeline[3].at]


def test_turns_without_an_attempt_are_counted_back_to_the_last_one_that_spent_it() -> None:
    assert (
        postponements(
            story(
                EventKind.SCHEDULED,
                EventKind.CLAIMED,
                EventKind.POSTPONED,
                EventKind.CLAIMED,
                EventKind.POSTPONED,
                EventKind.CLAIMED,
            )
        )
        == 2
    )
    assert (
        postponements(
            story(
                EventKind.SCHEDULED,
                EventKind.CLAIMED,
                EventKind.POSTPONED,
                EventKind.CLAIMED,
                EventKind.RETRY,
                EventKind.CLAIMED,
            )
        )
        == 0
    )
    assert (
        postponements(
            story(
                EventKind.CLAIMED,
                EventKind.RETRY,
                EventKind.CLAIMED,
                EventKind.SENT,
                EventKind.POSTPONED,
                EventKind.CLAIMED,
            )
        )
        == 1
    )
    assert postponements(()) == 0


def test_retries_are_counted_by_their_code() -> None:
    timeline = story(EventKind.RETRY, EventKind.RETRY, EventKind.POSTPONED, code="30008") + story(
        EventKind.RETRY, code="503"
    )

    assert (retries(timeline, "30008"), retries(timeline, "503"), retries(timeline, "x")) == (
        2,
        1,
        0,
    )


def test_there_is_no_doubt_where_no_attempt_may_have_been_sent() -> None:
    assert (
        uncertain_since(
            story(EventKind.SCHEDULED, EventKind.CLAIMED, EventKind.RETRY, EventKind.CLAIMED)
        )
        is None
    )


def test_the_doubt_is_as_old_as_the_attempt_it_is_of() -> None:
    timeline = story(
        EventKind.SCHEDULED,
        EventKind.CLAIMED,
        EventKind.POSSIBLY_SENT,
        EventKind.CLAIMED,
        EventKind.UNKNOWN,
    )

    assert uncertain_since(timeline[:3]) == timeline[1].at
    assert (
        uncertain_since((*timeline[:3], *story(EventKind.CLAIMED, EventKind.RETRY)))
        == timeline[1].at
    )
    assert uncertain_since(timeline) == timeline[3].at


def test_a_doubt_whose_claim_is_forgotten_is_as_old_as_itself() -> None:
    timeline = story(
        EventKind.SCHEDULED, EventKind.POSSIBLY_SENT, EventKind.CLAIMED, EventKind.POSTPONED
    )

    assert uncertain_since(timeline) == timeline[1].at
