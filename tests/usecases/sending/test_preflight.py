"""After the claim and before the send: consent, address, expiry."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from notification_core.adapters.memory.contents import MemoryContents
from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.adapters.memory.stores import (
    MemoryOptOuts,
    MemoryRecords,
    MemoryUserSettings,
)
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.claim import Claim
from notification_core.domain.consent import OptOut
from notification_core.domain.content import Content
from notification_core.domain.delivery import Delivery, Unsent
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import Rejected, Throttled
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import ClaimRejected
from notification_core.domain.user_settings import UserSettings
from notification_core.ports import Ports
from notification_core.usecases.sending.preflight import recheck_before_send
from tests.builders import NOON, SHARDS, World, a_delivery, a_module, an_ended_opt_out, an_opt_out
from tests.usecases.steps import handed, messages, put_back, stored


def ended(world: World, notification: Notification) -> Notification:
    """Hand its message over; it must end without having been sent."""
    handed(world, notification)
    assert world.provider.seen == []
    assert messages(world) == {}
    return world.stored(notification)


def test_an_opt_out_ends_it_without_an_attempt(world: World) -> None:
    world.opt_outs.put(an_opt_out())

    after = ended(world, stored(world))

    assert (after.status, after.attempted_delivery) == (Status.OPTED_OUT, None)
    assert after.retry_attempts == 0


def test_an_opt_out_before_a_retry_leaves_the_attempt_that_was(world: World) -> None:
    retried = put_back(world, stored(world), minutes=1)
    world.opt_outs.put(an_opt_out())
    world.watch.forward(minutes=1)

    after = ended(world, retried)

    assert (after.status, after.attempted_delivery) == (Status.OPTED_OUT, NOON)
    assert after.retry_attempts == 1


def test_an_opt_out_that_ended_and_anothers_stop_nothing(world: World) -> None:
    world.opt_outs.put(an_ended_opt_out())
    world.opt_outs.put(an_opt_out(user="spam"))

    handed(world, stored(world))

    assert len(world.provider.seen) == 1


class OptingOut(MemoryNotifications):
    """The user opts out as soon as a claim has succeeded."""

    def __init__(self, world: World) -> None:
        super().__init__(SHARDS, world.records)
        self.stored = world.notifications.stored
        self.opt_outs = world.opt_outs

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        results = super().claim(wake_ups, claim, now, module)
        self.opt_outs.put(an_opt_out())
        return results


def test_an_opt_out_between_the_claim_and_the_send_counts(world: World) -> None:
    notification = stored(world)

    handed(world, notification, ports=replace(world.ports, notifications=OptingOut(world)))

    assert world.provider.seen == []
    assert world.stored(notification).status is Status.OPTED_OUT


def test_an_address_switched_off_ends_it_at_the_moment_it_was_found(world: World) -> None:
    world.records.replace(world.record, replace(world.record, active=False))
    world.watch.forward(seconds=3)

    after = ended(world, stored(world))

    assert (after.status, after.attempted_delivery) == (Status.INACTIVE_DEVICE, world.watch())
    assert after.last_error is not None
    assert after.last_error.code == "record-inactive"


def test_an_address_that_was_deleted_ends_it(world: World) -> None:
    world.records.remove(world.record)

    after = ended(world, stored(world))

    assert after.status is Status.INACTIVE_DEVICE
    assert after.last_error is not None
    assert after.last_error.code == "record-deleted"


def test_a_notification_is_sent_to_the_changed_address(world: World) -> None:
    world.records.replace(world.record, replace(world.record, target_user_id="456"))

    handed(world, stored(world))

    assert [each.address for each in world.provider.seen] == ["456"]


@pytest.mark.parametrize(("late", "sent"), [(-1, 1), (0, 0), (1, 0)])
def test_a_notification_after_its_deadline_expires(world: World, late: int, sent: int) -> None:
    notification = stored(world, deliver_before=NOON + timedelta(seconds=5))
    world.watch.forward(seconds=5 + late)

    handed(world, notification)

    after = world.stored(notification)
    assert len(world.provider.seen) == sent
    assert after.status is (Status.DELIVERED if sent else Status.EXPIRED)
    assert (after.attempted_delivery is not None) == bool(sent)


def test_one_that_must_not_go_does_not_stop_the_others(world: World) -> None:
    world.opt_outs.put(an_opt_out(user="spam"))
    spam = world.add_record(user="spam")
    unwanted = stored(world, user="spam", target_user_record=spam.id)
    wanted = stored(world)

    done = handed(world, unwanted, wanted)

    assert [each.id for each in world.provider.seen] == [wanted.id]
    assert {each.status for each in done.settled} == {Status.OPTED_OUT, Status.DELIVERED}
    assert len(done.outcomes) == 1


class UnreadableOptOuts(MemoryOptOuts):
    """A table that does not answer."""

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        raise ConnectionError(f"no answer about {users}")


class UnreadableRecords(MemoryRecords):
    """A table that does not answer."""

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        raise ConnectionError(f"no answer about {ids}")


def without(world: World, port: str) -> Ports:
    """The ports, one of which cannot be read."""
    return {
        "opt_outs": replace(world.ports, opt_outs=UnreadableOptOuts()),
        "records": replace(world.ports, records=UnreadableRecords(world.targets)),
    }[port]


@pytest.mark.parametrize("port", ["opt_outs", "records"])
def test_a_notification_that_cannot_be_checked_is_put_back_without_an_attempt(
    world: World, port: str
) -> None:
    notifications = [stored(world), stored(world)]

    done = handed(world, *notifications, ports=without(world, port))

    assert world.provider.seen == []
    assert done.undecided == []
    for each in notifications:
        after = world.stored(each)
        assert (after.status, after.retry_attempts, after.claim) == (Status.RETRY, 0, None)
        last = after.timeline[-1]
        assert (last.code, last.detail) == ("not-checked", "ConnectionError")
    again = [wake_up for wake_up, _ in world.queues.sent.pop("pigeon")]
    world.watch.forward(seconds=20)
    handed(world, *again)
    assert {each.id for each in world.provider.seen} == {each.id for each in notifications}


PIGEON = a_module()


def large(**changes: Any) -> Delivery:
    """A delivery whose content is not loaded."""
    return a_delivery(**{"title": "", "body": "", "content_key": "soon/1"} | changes)


class Contents(MemoryContents):
    """Answers by key: what lies there, or why it cannot be fetched."""

    def __init__(self, **answers: Content | Exception) -> None:
        super().__init__()
        self.answers = answers

    def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
        return [self.answers[each.key or ""] for each in contents]


def test_a_large_content_is_loaded_at_the_last_moment_and_a_small_one_is_there(
    world: World,
) -> None:
    away = Content(title="t", body="b", extra={"perch": "roof"}, key="far")
    ports = replace(world.ports, contents=Contents(far=away))

    ready = recheck_before_send(ports, [large(content_key="far"), a_delivery()], PIGEON)

    assert ready == [a_delivery(title="t", body="b", extra={"perch": "roof"}), a_delivery()]


def test_each_content_has_its_own_trouble(world: World) -> None:
    contents = Contents(
        gone=Content(title="", body="", key="gone", lost=True),
        unread=ConnectionError("to the bucket"),
        here=Content(title="t", body="b", key="here"),
    )
    ports = replace(world.ports, contents=contents)

    gone, unread, here = recheck_before_send(
        ports, [large(content_key=key) for key in ("gone", "unread", "here")], PIGEON
    )

    assert isinstance(gone, Unsent)
    assert isinstance(gone.failure, Rejected)
    assert gone.failure.code == "content-lost"
    assert isinstance(unread, Unsent)
    assert isinstance(unread.failure, Throttled)
    assert (unread.failure.code, unread.failure.message) == ("not-checked", "ConnectionError")
    assert isinstance(here, Delivery)


def test_a_store_of_contents_that_raises_keeps_back_what_is_large_and_nothing_else(
    world: World,
) -> None:
    ports = replace(world.ports, contents=Contents())  # it knows no key, and raises KeyError

    kept_back, small = recheck_before_send(ports, [large(), a_delivery()], PIGEON)

    assert isinstance(kept_back, Unsent)
    assert small == a_delivery()


@pytest.mark.parametrize(("late", "sent"), [(-1, True), (0, False), (1, False)])
def test_a_notification_that_expired_while_it_waited_for_its_send_is_kept_back(
    world: World, late: int, sent: bool
) -> None:
    delivery = a_delivery(deliver_before=NOON)
    world.watch.forward(milliseconds=late)

    [result] = recheck_before_send(world.ports, [delivery], PIGEON)

    assert result == (delivery if sent else Unsent())


def test_a_notification_that_expires_while_its_content_is_loaded_is_kept_back(world: World) -> None:
    class Slow(MemoryContents):
        def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
            world.watch.forward(seconds=5)
            return [Content(title="t", body="b", key=each.key) for each in contents]

    ports = replace(world.ports, contents=Slow())
    delivery = large(deliver_before=NOON + timedelta(seconds=3))

    assert recheck_before_send(ports, [delivery], PIGEON) == [Unsent()]


@pytest.mark.parametrize(
    ("channel", "category", "locale"),
    [
        ("email", "news", "de-AT"),
        ("email", "receipts", None),
        ("email", None, None),
        ("sms", "news", None),
    ],
)
def test_the_users_language_is_read_for_the_footer_of_an_email_and_for_nothing_else(
    world: World, channel: str, category: str | None, locale: str | None
) -> None:
    mandatory = frozenset({"receipts"})
    world.modules.put(replace(world.module, channel=channel, mandatory_categories=mandatory))
    world.user_settings.put(UserSettings(user="eggs", locale="de-AT"))

    handed(world, stored(world, category=category))

    assert [delivery.user_locale for delivery in world.provider.seen] == [locale]


class UnreadableSettings(MemoryUserSettings):
    """A store of settings that does not answer."""

    def get(self, users: Iterable[str]) -> dict[str, UserSettings]:
        raise RuntimeError(users)


def test_a_language_that_cannot_be_read_holds_nothing_back(world: World) -> None:
    world.modules.put(replace(world.module, channel="email"))
    ports = replace(world.ports, user_settings=UnreadableSettings())

    handed(world, stored(world, category="news"), ports=ports)

    assert [delivery.user_locale for delivery in world.provider.seen] == [None]
