"""A no holds for whatever was created before it, also after it has ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.attempt_policy import Blocker, blocker, is_opted_out
from notification_core.domain.consent import (
    MAX_ENTRIES,
    MAX_SCOPES,
    ConsentEntry,
    ConsentSource,
    OptOut,
)
from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failures import Rejected
from notification_core.domain.notification import Notification
from notification_core.domain.redrive import SkipReason, skipped
from notification_core.domain.timing import CLOCK_SKEW
from tests.builders import NOON, a_claimed, a_module, a_notification, a_record, an_entry

NEWS, SMS = category_scope("news"), target_scope("sms")
MOMENT = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)


def heard(*entries: ConsentEntry, ledger: OptOut | None = None) -> OptOut:
    """A ledger after these words."""
    ledger = ledger or OptOut.begun("eggs", NOON)
    for entry in entries:
        ledger = ledger.with_entry(entry)
    return ledger


def no_and_yes(
    scope: str = SMS, source: ConsentSource = ConsentSource.API, after: timedelta = HOUR
) -> OptOut:
    """A no at noon, and the yes that ended it."""
    return heard(
        an_entry(scope=scope, source=source, evidence="1"),
        an_entry(scope=scope, source=source, evidence="2", active=False, at=NOON + after),
    )


@pytest.mark.parametrize("source", sorted(set(ConsentSource) - {ConsentSource.ERASURE}))
def test_a_notification_from_before_an_opt_out_stays_refused_after_the_opt_in(
    source: ConsentSource,
) -> None:
    ledger = no_and_yes(source=source)

    assert not ledger.covers("sms", "news")
    assert ledger.refuses("sms", "news", NOON - HOUR)
    assert ledger.refuses("sms", "news", NOON)
    assert not ledger.refuses("sms", "news", NOON + HOUR)
    assert not ledger.refuses("mail", "news", NOON - HOUR)


@pytest.mark.parametrize(
    ("scope", "target", "category", "refused"),
    [
        (EVERYTHING, "sms", None, True),
        (SMS, "sms", "news", True),
        (NEWS, "mail", "news", True),
        (NEWS, "sms", None, False),
        (SMS, "mail", None, False),
    ],
)
def test_an_ended_opt_out_refuses_earlier_notifications_of_its_scope_only(
    scope: str, target: str, category: str | None, *, refused: bool
) -> None:
    assert no_and_yes(scope).refuses(target, category, NOON - HOUR) is refused


def test_an_active_opt_out_refuses_notifications_of_every_creation_time() -> None:
    ledger = heard(an_entry(scope=SMS))

    assert ledger.refuses("sms", None, NOON + timedelta(days=1))


@pytest.mark.parametrize(
    ("after_the_no", "refused"),
    [
        (timedelta(0), True),
        (CLOCK_SKEW - MOMENT, True),
        (CLOCK_SKEW, False),
        (CLOCK_SKEW + MOMENT, False),
    ],
)
def test_clocks_that_differ_err_on_the_side_of_the_no(
    after_the_no: timedelta, *, refused: bool
) -> None:
    assert no_and_yes().refuses("sms", None, NOON + after_the_no) is refused


@pytest.mark.parametrize("after", [MOMENT, timedelta(seconds=1), CLOCK_SKEW])
def test_a_notification_from_after_the_opt_in_is_accepted_however_soon_that_came(
    after: timedelta,
) -> None:
    ledger = no_and_yes(after=after)

    assert not ledger.refuses("sms", None, NOON + after)
    assert ledger.refuses("sms", None, NOON + after - MOMENT)


def test_an_opt_in_that_a_slow_clock_dates_before_the_opt_out_keeps_earlier_refusals() -> None:
    ledger = no_and_yes(after=-timedelta(seconds=2))

    assert ledger.refuses("sms", None, NOON)
    assert not ledger.refuses("sms", None, NOON + MOMENT)


def test_no_opt_in_ends_an_opt_out_of_an_erasure() -> None:
    ledger = heard(
        an_entry(source=ConsentSource.ERASURE, evidence="job"),
        an_entry(),
        an_entry(active=False, at=NOON),
    )

    assert ledger.refuses("sms", None, NOON + HOUR)


def test_a_mandatory_category_is_never_refused() -> None:
    receipt = a_notification(target="sms", category="receipts", created_at=NOON - HOUR)
    plain = replace(receipt, category="news")
    module = a_module(mandatory_categories=frozenset({"receipts"}))

    assert not is_opted_out(no_and_yes(EVERYTHING), receipt, module)
    assert is_opted_out(no_and_yes(EVERYTHING), plain, module)
    assert blocker(plain, no_and_yes(), a_record(), module, NOON + HOUR) is Blocker.OPTED_OUT


@pytest.mark.parametrize("include_uncertain", [True, False])
def test_a_failure_from_before_an_opt_out_is_not_redriven_after_the_opt_in(
    *, include_uncertain: bool
) -> None:
    failed = a_claimed(target="sms").failed(NOON, Rejected("400"))

    def why(notification: Notification) -> SkipReason | None:
        known = (no_and_yes(), a_record(), a_module(), NOON + 3 * HOUR)
        return skipped(notification, *known, include_uncertain=include_uncertain)

    assert why(failed) is SkipReason.OPTED_OUT
    assert why(replace(failed, created_at=NOON + 2 * HOUR)) is None


def test_a_full_ledger_forgets_no_last_no_while_it_can_forget_anything_else() -> None:
    ledger = heard(
        an_entry(scope=NEWS, evidence="kept"), an_entry(scope=NEWS, active=False, at=NOON + HOUR)
    )
    for n in range(MAX_ENTRIES):
        ledger = ledger.with_entry(an_entry(scope=SMS, active=n % 2 == 0, at=NOON + n * MOMENT))

    assert len(ledger.entries) == MAX_ENTRIES
    assert ledger.entries[0].evidence == "kept"
    assert ledger.refuses("mail", "news", NOON - HOUR)


def a_preference_page(count: int, *, active: bool = False) -> OptOut:
    """So many categories were said no to in turn; each is over again, or stands."""
    ledger = OptOut.begun("eggs", NOON)
    for n in range(count):
        at = NOON + n * MOMENT
        ledger = ledger.with_entry(an_entry(scope=category_scope(f"c{n}"), at=at))
        if not active:
            ledger = ledger.with_entry(an_entry(scope=category_scope(f"c{n}"), active=False, at=at))
    return ledger


def test_of_scopes_that_are_over_the_oldest_is_forgotten_when_there_is_nothing_else() -> None:
    ledger = a_preference_page(MAX_ENTRIES // 2).with_entry(an_entry(scope=SMS))

    assert SMS in ledger.scopes
    assert len(ledger.entries) <= MAX_ENTRIES
    assert not ledger.refuses("mail", "c0", NOON - HOUR), "the oldest is forgotten"
    assert ledger.refuses("mail", "c1", NOON - HOUR)


SAID_BY_OTHERS = sorted(set(ConsentSource) - {ConsentSource.API, ConsentSource.ERASURE})


@pytest.mark.parametrize("source", sorted(set(ConsentSource) - {ConsentSource.ERASURE}))
def test_a_no_counts_against_those_that_stand_and_not_against_those_that_are_over(
    source: ConsentSource,
) -> None:
    ledger = a_preference_page(MAX_SCOPES + 50)

    assert ledger.with_entry(an_entry(scope=SMS, source=source, evidence="SM1")).scopes == {SMS}


@pytest.mark.parametrize("source", SAID_BY_OTHERS)
def test_an_opt_out_that_does_not_fit_the_ledger_becomes_one_of_everything(
    source: ConsentSource,
) -> None:
    full = a_preference_page(MAX_SCOPES, active=True)
    no = an_entry(scope=SMS, source=source, evidence="SM1")

    ledger = full.with_entry(no)

    assert ledger.covers("sms", None)
    assert ledger.entries[-1] == replace(no, scope=EVERYTHING)
    assert ledger.with_entry(no) is ledger


def test_a_request_with_too_many_scopes_is_refused() -> None:
    full = a_preference_page(MAX_SCOPES, active=True)

    with pytest.raises(InvalidInput, match=f"at most {MAX_SCOPES}"):
        full.with_entry(an_entry(scope=SMS))


SCOPES = [EVERYTHING, SMS, NEWS]
words = st.builds(
    an_entry,
    scope=st.sampled_from([*SCOPES, *(category_scope(f"c{n}") for n in range(120))]),
    active=st.booleans(),
    source=st.sampled_from(SAID_BY_OTHERS),
    evidence=st.uuids().map(str),
)


@given(st.lists(words, max_size=MAX_ENTRIES * 2))
def test_an_opt_out_is_never_lost_whatever_the_order_of_decisions(said: list[ConsentEntry]) -> None:
    ledger = OptOut.begun("eggs", NOON)
    for place, entry in enumerate(said):
        word = replace(entry, at=NOON + place * MOMENT)
        before, ledger = ledger, ledger.with_entry(word)
        assert len(ledger.entries) <= MAX_ENTRIES
        if word.active:
            assert not {word.scope, EVERYTHING}.isdisjoint(ledger.scopes)
        assert ledger.scopes >= before.scopes - {word.scope}


def test_a_start_ends_the_opt_out_of_everything_of_a_stop() -> None:
    stopped = heard(an_entry(source=ConsentSource.REPLY, evidence="SM1"))

    assert stopped.recorded_scopes(
        [SMS], active=False, source=ConsentSource.REPLY, evidence="SM2"
    ) == [
        EVERYTHING,
        SMS,
    ]


@pytest.mark.parametrize("source", sorted(set(ConsentSource) - {ConsentSource.REPLY}))
@pytest.mark.parametrize("first", [True, False])
def test_a_start_keeps_an_opt_out_of_everything_from_another_source(
    source: ConsentSource, *, first: bool
) -> None:
    elsewhere = an_entry(source=source, evidence="elsewhere")
    stop = an_entry(source=ConsentSource.REPLY, evidence="SM1")
    ledger = heard(*([elsewhere, stop] if first else [stop, elsewhere]))

    reached = ledger.recorded_scopes(
        [SMS, EVERYTHING], active=False, source=ConsentSource.REPLY, evidence="SM2"
    )

    after = ledger
    for scope in reached:
        word = an_entry(scope=scope, active=False, source=ConsentSource.REPLY, evidence="SM2")
        after = after.with_entry(word)
    assert after.covers("sms", None)


def test_a_start_that_is_repeated_does_not_end_the_stop_that_followed_it() -> None:
    ledger = heard(
        an_entry(scope=SMS, active=False, source=ConsentSource.REPLY, evidence="SM1"),
        an_entry(source=ConsentSource.REPLY, evidence="SM2"),
    )

    assert ledger.recorded_scopes(
        [SMS], active=False, source=ConsentSource.REPLY, evidence="SM1"
    ) == [SMS]


def test_an_opt_in_of_the_application_to_everything_ends_each_opt_out() -> None:
    ledger = heard(an_entry(scope=NEWS), an_entry(scope=SMS))

    assert ledger.recorded_scopes(
        [EVERYTHING], active=False, source=ConsentSource.API, evidence=""
    ) == [
        NEWS,
        SMS,
    ]
    assert ledger.recorded_scopes([NEWS], active=False, source=ConsentSource.API, evidence="") == [
        NEWS
    ]
    assert ledger.recorded_scopes(
        [SMS, NEWS], active=True, source=ConsentSource.API, evidence=""
    ) == [
        SMS,
        NEWS,
    ]
