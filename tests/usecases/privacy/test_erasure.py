"""Erasing a person: nothing is left, whatever happens meanwhile, and wherever it is cut off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.adapters.memory.contents import MemoryContents
from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.delivery import Confirmed, DeliveryReport
from notification_core.domain.errors import (
    BeingErased,
    InvalidInput,
    NoActiveRecords,
    NotFound,
    OptedOut,
)
from notification_core.domain.failures import ConsentWithdrawn
from notification_core.domain.jobs import JobState
from notification_core.domain.notification import Notification
from notification_core.domain.timing import LEASE
from notification_core.usecases.administration.jobs import get_job, give_up, work
from notification_core.usecases.consent.opt_out import append_entry, get_opt_out
from notification_core.usecases.consent.replies import reply
from notification_core.usecases.consent.suppression import record_api_consent
from notification_core.usecases.privacy.erasure import PAGE, SETTLED, erase
from notification_core.usecases.sending.confirm import handle_report
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft, a_record, an_opt_out
from tests.usecases.privacy.erasures import STEPS, Between, erased, left_of, register, worked
from tests.usecases.steps import claimed, handed, stored


def test_nothing_is_left_of_a_person_but_counts_and_hashes(world: World) -> None:
    world.opt_outs.put(an_opt_out("category:news"))
    world.add_record(target_user_id="456")
    waiting, sent = stored(world), stored(world)
    handed(world, sent)
    stored(world, category="security").cancelled(world.watch())

    done = erased(world)

    assert left_of(world) == []
    assert (done.state, done.cursor) == (JobState.DONE, None)
    assert done.counts == {"records": 2, "notifications": 3, "opt_outs": 1}
    assert done.parameters.keys() == {"user"}
    assert handed(world, waiting).dropped == 1
    assert len(world.provider.seen) == 1


def test_an_erasure_leaves_other_users_untouched(world: World) -> None:
    other = world.add_record(user="spam")
    theirs = stored(world, user="spam", target_user_record=other.id)
    world.opt_outs.put(an_opt_out("category:news", user="spam"))

    erased(world)

    assert world.records.list_by_user("spam") == [other]
    assert world.stored(theirs) == theirs
    assert get_opt_out(world.ports, "spam").scopes == {"category:news"}


def test_no_hash_remains_of_a_user_who_had_not_opted_out(world: World) -> None:
    done = erased(world)

    assert world.suppressions.stored == {}
    assert done.counts == {"records": 1}
    register(world)
    assert schedule(world.ports, "caller", a_draft()).created


def test_a_user_who_opted_out_is_remembered_by_id_and_by_each_address(world: World) -> None:
    world.opt_outs.put(an_opt_out())
    world.add_record(target_user_id="456")

    done = erased(world)

    assert len(world.suppressions.stored) == 3
    assert done.parameters["user"] in world.suppressions.stored


def test_an_unknown_user_is_erased_all_the_same(world: World) -> None:
    done = erased(world, "nobody")

    assert (done.state, done.counts) == (JobState.DONE, {})


@pytest.mark.parametrize("user", ["", " ", "u" * 129])
def test_an_erasure_of_an_invalid_user_id_is_refused(world: World, user: str) -> None:
    with pytest.raises(InvalidInput):
        erase(world.ports, user)


def test_it_is_not_done_before_everything_has_ended_that_was_under_way(world: World) -> None:
    began = world.watch()

    erased(world)

    assert world.watch() - began >= SETTLED


def test_meanwhile_no_address_is_registered_and_nothing_asked_for(world: World) -> None:
    refused = []

    def try_it() -> None:
        with pytest.raises(BeingErased):
            register(world)
        with pytest.raises(OptedOut):
            schedule(world.ports, "caller", a_draft())
        refused.append(world.watch())

    erased(world, between=try_it)

    assert refused
    assert left_of(world) == []


def test_a_late_write_of_a_request_that_began_before_is_erased_too(world: World) -> None:
    moments: list[Between] = [
        lambda: world.records.add(a_record(target=world.target.id, target_user_id="789")),
        lambda: stored(world),
    ]

    done = erased(world, between=lambda: moments.pop()() if moments else None)

    assert left_of(world) == []
    assert done.counts == {"records": 2, "notifications": 1}


def test_an_opt_out_during_an_erasure_is_remembered(world: World) -> None:
    def say_no() -> None:
        record_api_consent(world.ports, "eggs", [EVERYTHING], active=True, evidence="caller")

    erased(world, between=say_no)

    [entry] = world.suppressions.stored.values()
    assert entry.scopes == {EVERYTHING}
    assert left_of(world) == []


def test_an_opt_in_during_an_erasure_sends_nothing(world: World) -> None:
    seen = []

    def say_yes() -> None:
        record_api_consent(world.ports, "eggs", [EVERYTHING], active=False, evidence="caller")
        seen.append(get_opt_out(world.ports, "eggs").scopes)

    erased(world, between=say_yes)

    assert set(seen) == {frozenset({EVERYTHING})}
    assert left_of(world) == []


def test_an_erasure_awaits_the_notifications_under_way(world: World) -> None:
    sending = claimed(world, stored(world))
    outcomes = list[Notification]()

    def refuse() -> None:
        """The consumer comes back: its recipient had told the provider to stop."""
        if not outcomes:
            outcomes.append(sending)
            append_entry(
                world.ports,
                "eggs",
                [f"target:{world.target.id}"],
                active=True,
                source=ConsentSource.REFUSAL,
                evidence="21610",
            )
            failure = ConsentWithdrawn("21610")
            ended = sending.refused_by_user(world.watch(), failure)
            world.notifications.stored[sending.id] = ended

    erased(world, between=refuse)

    assert left_of(world) == []
    assert [each.scopes for each in world.suppressions.stored.values()] == [
        {f"target:{world.target.id}"}
    ]


def test_a_consumer_that_died_is_not_waited_for_longer_than_its_lease(world: World) -> None:
    claimed(world, stored(world))
    began = world.watch()

    done = erased(world)

    assert done.counts["notifications"] == 1
    assert LEASE < world.watch() - began < LEASE + timedelta(seconds=10)


def test_a_large_user_is_erased_in_pages_with_progress(world: World) -> None:
    for _ in range(3 * PAGE + 1):
        stored(world)
    job = erase(world.ports, "eggs")

    progress = []
    for _ in range(5):
        left = iter([False])
        work(world.ports, job.id, STEPS, lambda left=left: next(left, True))  # type: ignore[misc]
        progress.append(dict(get_job(world.ports, job.id).counts))

    assert progress[-1]["notifications"] > progress[2].get("notifications", 0) > 0
    assert worked(world, job).counts == {"records": 1, "notifications": 3 * PAGE + 1}
    assert left_of(world) == []


def test_a_job_that_is_given_up_does_not_name_the_person(world: World) -> None:
    job = erase(world.ports, "nobody")

    give_up(world.ports, job.id, "it was cut off again and again")

    assert left_of(world, "nobody") == []


def test_a_report_or_a_reply_after_the_erasure_leaves_nothing(world: World) -> None:
    sent = stored(world)
    handed(world, sent)
    world.opt_outs.put(an_opt_out())
    erased(world)
    remembered = dict(world.suppressions.stored)

    heard = DeliveryReport(
        notification_id=sent.id, provider_message_id="accepted", content=Confirmed()
    )
    assert handle_report(world.ports, heard, "123") is None
    assert reply(world.ports, "pigeon", "123", active=True, evidence="SM1") == 0

    assert left_of(world) == []
    assert world.suppressions.stored == remembered
    with pytest.raises(NotFound):
        get_opt_out(world.ports, "eggs")


def test_an_idempotency_key_of_before_is_not_known_any_more(world: World) -> None:
    draft = a_draft(idempotency_key="order-1")
    first = schedule(world.ports, "caller", draft)
    erased(world)

    with pytest.raises(NoActiveRecords):
        schedule(world.ports, "caller", draft)
    register(world)
    again = schedule(world.ports, "caller", draft)
    assert again.created
    assert [each.id for each in again.notifications] == [each.id for each in first.notifications]


class Away(MemoryContents):
    """Every content lies elsewhere."""

    def __init__(self) -> None:
        self.of: list[str] = []

    def put(self, notifications: Sequence[Notification]) -> list[Any]:
        self.of += [each.user for each in notifications]
        return super().put(notifications)

    def delete_batch(self, user: str) -> int:
        if user not in self.of:
            return 0
        self.of.remove(user)
        return 1


def test_large_contents_go_when_no_notification_refers_to_them_any_more(world: World) -> None:
    contents = Away()
    world.ports = replace(world.ports, contents=contents)
    schedule(world.ports, "caller", a_draft())
    schedule(world.ports, "caller", a_draft())
    contents.of.append("spam")
    seen = []

    done = erased(world, between=lambda: seen.append((len(left(world)), len(contents.of))))

    assert seen == [(0, 3)]
    assert contents.of == ["spam"]
    assert done.counts == {"records": 1, "notifications": 2, "contents": 2}


def left(world: World) -> list[Notification]:
    """The notifications that there are."""
    return list(world.notifications.stored.values())


def test_a_user_whose_id_looks_like_a_suppression_entry_is_a_user(world: World) -> None:
    name = "erased#" + "0" * 121
    world.add_record(user=name, target_user_id="456")
    world.opt_outs.put(an_opt_out(user=name))

    assert erased(world, name).counts == {"records": 1, "opt_outs": 1}
    assert left_of(world, name) == []
