"""What remains of a person who was erased, and what an erasure waits for."""

from dataclasses import replace
from datetime import timedelta

from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.erasure import (
    ErasureCursor,
    SuppressionEntry,
    in_progress,
    suppression_update,
)
from notification_core.domain.timing import CONSUMER_TIME_LIMIT, LEASE
from tests.builders import NOON, a_claimed, a_notification, an_entry, an_opt_out

NOBODY = OptOut.begun("eggs", NOON)
ERASING = an_entry(source=ConsentSource.ERASURE, evidence="job")
EARLIER = SuppressionEntry(hash="h", scopes=frozenset({"target:a"}), evidence="earlier", at=NOON)


def told_of(entry: SuppressionEntry) -> OptOut:
    """The ledger of who came back, was told, and has said yes since."""
    told = [
        an_entry(scope=scope, source=ConsentSource.SUPPRESSION_LIST, evidence=entry.evidence)
        for scope in entry.scopes
    ]
    return replace(NOBODY, entries=(*told, *(replace(each, active=False) for each in told)))


def test_the_scopes_of_an_opt_out_are_kept_without_its_evidence() -> None:
    opt_out = an_opt_out("target:a", "category:news")

    decided = suppression_update("h", [], opt_out, "job", NOON)

    scopes = frozenset({"target:a", "category:news"})
    assert decided.kept == SuppressionEntry(hash="h", scopes=scopes, evidence="job", at=NOON)
    assert decided.ended == []


def test_nothing_is_kept_of_a_user_who_never_opted_out_despite_the_opt_out_of_the_erasure() -> None:
    erased = replace(NOBODY, entries=(ERASING,))

    assert suppression_update("h", [], erased, "job", NOON).kept is None


def test_an_opt_out_of_another_user_with_the_same_address_still_holds() -> None:
    silent = suppression_update("h", [EARLIER], NOBODY, "job", NOON)
    loud = suppression_update("h", [EARLIER], an_opt_out(), "job", NOON)

    assert (silent.kept, silent.ended) == (None, [])
    assert loud.kept is not None
    assert loud.kept.scopes == {"target:a", EVERYTHING}


def test_a_notification_that_its_consumer_has_ended_is_not_in_hand() -> None:
    decided = suppression_update("h", [EARLIER], told_of(EARLIER), "job", NOON)

    assert (decided.kept, decided.ended) == (None, [EARLIER])


def test_under_a_new_key_the_old_hash_is_removed_when_the_new_one_is_stored() -> None:
    returned = told_of(EARLIER)
    again = replace(returned, entries=(*returned.entries, an_entry(scope="category:news")))

    decided = suppression_update("new", [EARLIER], again, "job", NOON)

    assert decided.kept is not None
    assert decided.kept.scopes == {"category:news"}
    assert decided.ended == [EARLIER]


def test_deciding_twice_is_deciding_once() -> None:
    opt_out = an_opt_out("target:a")
    first = suppression_update(
        "h", [replace(EARLIER, scopes=frozenset({"target:b"}))], opt_out, "j", NOON
    )
    assert first.kept is not None

    assert suppression_update("h", [first.kept], opt_out, "j", NOON) == first


def test_a_notification_under_way_is_in_hand_until_its_lease_lapses() -> None:
    sending = a_claimed()

    assert in_progress(sending, NOON, NOON + LEASE)
    assert not in_progress(sending, NOON, NOON + LEASE + timedelta(milliseconds=1))


def test_a_waiting_or_final_notification_is_not_in_hand() -> None:
    cancelled = a_notification().cancelled(NOON)

    assert not in_progress(a_notification(), NOON, NOON)
    assert not in_progress(cancelled, NOON, NOON)


def test_a_poll_is_in_hand_for_as_long_as_a_consumer_runs() -> None:
    sent = a_claimed().sent(NOON, "id", NOON + timedelta(minutes=1))
    asked = NOON + timedelta(minutes=1)

    assert not in_progress(sent, NOON, NOON)
    assert in_progress(sent, asked, asked)
    assert in_progress(sent, asked, asked + timedelta(seconds=59))
    assert not in_progress(sent, asked, asked + CONSUMER_TIME_LIMIT)
    assert not in_progress(sent.unconfirmed(asked), asked, asked)


def test_a_pass_is_clean_while_it_has_found_nothing() -> None:
    begin = ErasureCursor(user="eggs", stage="a")

    assert begin.moved("b").clean
    assert not begin.moved("b", found_data=True).moved("c").clean
