"""The ledger: the last word on each scope holds, with its evidence, within bounds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.consent import (
    MAX_ENTRIES,
    MAX_SCOPES,
    REPEATING,
    ConsentEntry,
    ConsentSource,
    OptOut,
)
from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.errors import InvalidInput
from tests.builders import NOON, an_ended_opt_out, an_entry, an_opt_out

LATER = NOON + timedelta(hours=1)
NEWS, SMS = category_scope("news"), target_scope("sms")


def heard(*entries: ConsentEntry, opt_out: OptOut | None = None) -> OptOut:
    """A ledger after these words."""
    ledger = opt_out or OptOut.begun("eggs", NOON)
    for entry in entries:
        ledger = ledger.with_entry(entry)
    return ledger


def a_reply(sid: str, *, active: bool, scope: str = SMS) -> ConsentEntry:
    """A STOP or a START."""
    return an_entry(scope=scope, active=active, source=ConsentSource.REPLY, evidence=sid)


def test_a_user_without_decisions_has_opted_out_of_nothing() -> None:
    ledger = OptOut.begun("eggs", NOON)

    assert (ledger.active, ledger.scopes, ledger.revision) == (False, frozenset(), 0)
    assert not ledger.covers("sms", "news")


@pytest.mark.parametrize(
    ("scopes", "target", "category", "covered"),
    [
        ((EVERYTHING,), "sms", None, True),
        ((EVERYTHING,), "sms", "news", True),
        ((SMS,), "sms", None, True),
        ((SMS,), "sms", "news", True),
        ((SMS,), "mail", "news", False),
        ((NEWS,), "sms", "news", True),
        ((NEWS,), "mail", "news", True),
        ((NEWS,), "sms", "offers", False),
        ((NEWS,), "sms", None, False),
        ((NEWS, SMS), "mail", None, False),
        ((category_scope("sms"),), "sms", None, False),
        ((target_scope("news"),), "sms", "news", False),
    ],
)
def test_an_opt_out_reaches_as_far_as_its_scope(
    scopes: tuple[str, ...], target: str, category: str | None, *, covered: bool
) -> None:
    assert an_opt_out(*scopes).covers(target, category) is covered
    assert not an_ended_opt_out(*scopes).covers(target, category)


def test_the_last_word_on_each_scope_holds() -> None:
    ledger = heard(
        an_entry(scope=NEWS),
        an_entry(scope=SMS),
        an_entry(scope=NEWS, active=False),
        an_entry(scope=SMS, active=False),
        an_entry(scope=SMS),
    )

    assert ledger.scopes == {SMS}
    assert ledger.active


def test_each_consent_decision_is_kept_with_its_time_and_source() -> None:
    no = an_entry(scope=SMS, at=LATER, source=ConsentSource.REPLY, evidence="SM1")

    ledger = heard(no)

    assert ledger.entries == (no,)
    assert (ledger.created_at, ledger.updated_at) == (NOON, LATER)


@pytest.mark.parametrize("source", [ConsentSource.API, ConsentSource.ONE_CLICK])
def test_a_word_that_changes_nothing_leaves_the_ledger_as_it_is(source: ConsentSource) -> None:
    ledger = heard(an_entry(scope=NEWS))

    assert (
        ledger.with_entry(an_entry(scope=NEWS, at=LATER, source=source, evidence="other")) is ledger
    )
    assert ledger.with_entry(an_entry(scope=SMS, active=False, source=source)) is ledger


@pytest.mark.parametrize("source", sorted(REPEATING))
def test_an_opt_out_that_a_provider_repeats_after_an_opt_in_is_ignored(
    source: ConsentSource,
) -> None:
    no = an_entry(scope=SMS, source=source, evidence="21610 SM1")
    ledger = heard(no, an_entry(scope=SMS, active=False))

    assert ledger.with_entry(replace(no, at=LATER)) is ledger
    assert ledger.with_entry(replace(no, evidence="21610 SM2")).scopes == {SMS}


@pytest.mark.parametrize("source", [ConsentSource.API, ConsentSource.ONE_CLICK])
def test_the_same_caller_or_link_may_opt_out_again_after_an_opt_in(source: ConsentSource) -> None:
    no = an_entry(scope=NEWS, source=source, evidence="")

    assert heard(no, an_entry(scope=NEWS, active=False), no).scopes == {NEWS}


def test_a_start_that_a_provider_repeats_after_a_stop_does_not_end_it() -> None:
    start, stop = a_reply("SM1", active=False), a_reply("SM2", active=True)

    assert heard(start, stop, start).scopes == {SMS}
    assert heard(stop, start, stop, start).scopes == frozenset()


def test_one_message_may_be_about_several_targets() -> None:
    mail = target_scope("mail")

    ledger = heard(a_reply("SM1", active=True), a_reply("SM1", active=True, scope=mail))

    assert ledger.scopes == {SMS, mail}


def test_a_user_has_decisions_about_a_limited_number_of_scopes() -> None:
    full = heard(*(an_entry(scope=category_scope(f"c{n}")) for n in range(MAX_SCOPES)))

    with pytest.raises(InvalidInput, match=f"at most {MAX_SCOPES}"):
        full.with_entry(an_entry(scope=NEWS))
    assert full.with_entry(an_entry(scope=category_scope("c0"), active=False)).scopes < full.scopes


def test_an_opt_out_of_everything_is_recorded_however_full_the_ledger_is() -> None:
    full = heard(*(an_entry(scope=category_scope(f"c{n}")) for n in range(MAX_SCOPES)))

    assert full.with_entry(an_entry(scope=EVERYTHING)).covers("sms", None)


def test_the_oldest_word_that_is_overruled_is_forgotten_first() -> None:
    ledger = heard(an_entry(scope=NEWS))
    for n in range(MAX_ENTRIES):
        ledger = ledger.with_entry(an_entry(scope=SMS, active=n % 2 == 0, evidence=str(n)))

    assert len(ledger.entries) == MAX_ENTRIES
    assert ledger.entries[0] == an_entry(scope=NEWS)
    assert ledger.entries[1].evidence == "1"
    assert ledger.entries[-1].evidence == str(MAX_ENTRIES - 1)


ERASING = an_entry(source=ConsentSource.ERASURE, evidence="job")


def test_no_decision_ends_an_opt_out_of_an_erasure_which_is_not_the_users_own() -> None:
    ledger = heard(an_entry(scope=NEWS), ERASING)

    said = ledger.with_entry(an_entry(active=False)).with_entry(an_entry(scope=NEWS, active=False))

    assert ledger.is_being_erased
    assert not heard(an_entry()).is_being_erased
    assert ledger.own_scopes == {NEWS}
    assert ledger.scopes == {NEWS, EVERYTHING}
    assert said.own_scopes == set()
    assert said.scopes == {EVERYTHING}
    assert said.covers("sms", None)


def test_an_opt_out_of_everything_is_recorded_before_and_during_an_erasure() -> None:
    assert heard(ERASING).with_entry(an_entry()).own_scopes == {EVERYTHING}
    assert heard(an_entry()).with_entry(ERASING).is_being_erased
    assert heard(ERASING).with_entry(ERASING) == heard(ERASING)


def test_an_opt_out_of_an_erasure_does_not_override_a_decision_of_the_user() -> None:
    ledger = heard(an_entry(), ERASING)
    for n in range(MAX_ENTRIES):
        ledger = ledger.with_entry(an_entry(scope=SMS, active=n % 2 == 0, evidence=str(n)))

    assert ledger.is_being_erased
    assert EVERYTHING in ledger.own_scopes


def test_what_a_suppression_entry_told_is_not_told_again_after_a_yes() -> None:
    told = an_entry(source=ConsentSource.SUPPRESSION_LIST, evidence="job")
    consented = heard(told, an_entry(active=False))

    assert heard(told).active
    assert consented.with_entry(told) is consented
    assert consented.with_entry(replace(told, evidence="a later erasure")).active


SCOPES = [EVERYTHING, SMS, NEWS, category_scope("offers")]
words = st.builds(
    an_entry,
    scope=st.sampled_from(SCOPES),
    active=st.booleans(),
    source=st.sampled_from(sorted(set(ConsentSource) - {ConsentSource.ERASURE})),
    evidence=st.sampled_from(["", "SM1", "SM2", "SM3"]),
)


@given(st.lists(words, max_size=30))
def test_only_a_repeated_decision_has_no_effect(
    said: list[ConsentEntry],
) -> None:
    ledger, known = OptOut.begun("eggs", NOON), set[tuple[Any, ...]]()
    for entry in said:
        before, ledger = ledger.scopes, ledger.with_entry(entry)
        name = (entry.source, entry.evidence, entry.scope)
        if entry.source not in REPEATING or name not in known:
            assert (entry.scope in ledger.scopes) is entry.active
        assert ledger.scopes - {entry.scope} == before - {entry.scope}
        known |= {(each.source, each.evidence, each.scope) for each in ledger.entries}


@given(st.lists(words, max_size=30))
def test_a_ledger_that_gets_its_own_entries_again_is_unchanged(
    said: list[ConsentEntry],
) -> None:
    ledger = heard(*said)

    assert heard(*ledger.entries) == ledger


@given(st.lists(words, max_size=30), st.data())
def test_a_word_that_a_provider_repeats_changes_nothing_however_late(
    said: list[ConsentEntry], data: st.DataObject
) -> None:
    ledger = heard(*said)
    repeating = [each for each in ledger.entries if each.source in REPEATING]
    if repeating:
        again = data.draw(st.sampled_from(repeating))

        assert ledger.with_entry(replace(again, at=LATER)) is ledger


@given(st.lists(words, max_size=MAX_ENTRIES * 3))
def test_a_ledger_stays_within_its_bounds_and_keeps_the_latest_decision(
    said: list[ConsentEntry],
) -> None:
    ledger = heard(*said)

    assert len(ledger.entries) <= MAX_ENTRIES
    assert ledger.active is bool(ledger.scopes)
    for scope in SCOPES:
        target, category = {
            EVERYTHING: ("another", None),
            SMS: ("sms", None),
        }.get(scope, ("another", scope.removeprefix("category:")))
        expected = not {scope, EVERYTHING}.isdisjoint(ledger.scopes)
        assert ledger.covers(target, category) is expected
