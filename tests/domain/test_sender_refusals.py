"""When reports of recipients' servers mean that our sender is at fault."""

from datetime import timedelta

from notification_core.domain.sender_refusals import (
    KEPT,
    WINDOW,
    Refusals,
    SenderRefusal,
    is_our_fault,
    with_refusal,
)
from tests.builders import NOON

HOUR = timedelta(hours=1)


def refusals(*addresses: str, every: timedelta = HOUR) -> Refusals:
    """What is remembered of refusals of mails to these, one after the other."""
    known: Refusals = ()
    for place, address in enumerate(addresses):
        known = with_refusal(known, SenderRefusal.of(NOON + place * every, address))
    return known


def test_three_of_two_domains_are_our_fault() -> None:
    assert is_our_fault(refusals("a@x.com", "b@x.com", "c@y.com"), 3)
    assert is_our_fault(refusals("c@y.com", "a@x.com", "b@x.com", "d@x.com"), 3)


def test_fewer_or_those_of_one_domain_are_not() -> None:
    assert not is_our_fault(refusals("a@x.com"), 3)
    assert not is_our_fault(refusals("a@x.com", "c@y.com"), 3)
    assert not is_our_fault(refusals(*["a@x.com", "b@X.COM"] * 9), 3)


def test_those_of_another_day_have_nothing_to_do_with_it() -> None:
    assert not is_our_fault(refusals("a@x.com", "b@x.com", "c@y.com", every=WINDOW / 2), 3)


def test_no_more_are_remembered_than_are_needed_and_no_address_is() -> None:
    known = refusals(*(f"person-{n}@example.com" for n in range(99)), every=timedelta(seconds=1))

    assert len(known) == KEPT
    assert "example" not in str(known)
    assert SenderRefusal.of(NOON, None) == SenderRefusal.of(NOON, "")
