"""Reports and looks: what was delivered in truth is stored, once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

import pytest

from notification_core.adapters.memory.stores import MemoryOptOuts
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING, target_scope
from notification_core.domain.delivery import (
    Accepted,
    Complained,
    Confirmed,
    Delivery,
    NotAsked,
    Outcome,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.delivery_reports import DeliveryReport
from notification_core.domain.errors import StillSending, Unavailable
from notification_core.domain.failures import (
    DeliveryFailed,
    InvalidAddress,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    RetryLater,
)
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timeline import EventKind
from notification_core.usecases.consent.opt_out import record_consent
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.confirm import TRIES, handle_report, no_status_polling
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import ASKED, NOON, TELLING, World, a_claim, a_module, a_table
from tests.usecases.steps import (
    claimed,
    handed,
    jobs_done,
    messages,
    racing,
    stored,
    tick,
    with_module,
)

ADDRESS = "123"
MINUTE = timedelta(minutes=1)


def of(
    notification: Notification,
    news: ReportContent,
    message_id: str = "SM1",
    attempt: int | None = None,
) -> DeliveryReport:
    """What the provider says of a notification's message."""
    return DeliveryReport(
        notification_id=notification.id,
        provider_message_id=message_id,
        attempt=attempt,
        content=news,
    )


def sent(world: World, **changes: object) -> Notification:
    """One that the provider took and has not confirmed."""
    module = world.modules.get("pigeon")
    if module is not None and module.confirmation is None:
        with_module(world, confirmation=TELLING)
    notification = stored(world, **changes)
    world.provider.answers[ADDRESS] = [Accepted("SM1")]
    handed(world, notification)
    after = world.stored(notification)
    assert after.status is Status.SENT
    return after


def test_what_is_confirmed_is_delivered(world: World) -> None:
    before = sent(world)
    world.watch.forward(seconds=9)

    after = handle_report(world.ports, of(before, Confirmed()))

    assert after == world.stored(before)
    assert after is not None
    assert (after.status, after.updated_at) == (Status.DELIVERED, world.watch())
    assert after.confirmation(world.watch.now) is ConfirmationState.RECEIVED


def test_a_report_that_comes_again_returns_what_stands_and_writes_nothing(world: World) -> None:
    before = sent(world)
    first = handle_report(world.ports, of(before, Confirmed()))
    world.watch.forward(hours=1)

    assert handle_report(world.ports, of(before, Confirmed())) == first
    assert world.stored(before) == first


@pytest.mark.parametrize("notification_id", ["nowhere", "", "x" * 65, "é"])
def test_a_report_of_nothing_of_ours_is_nothing(world: World, notification_id: str) -> None:
    heard = DeliveryReport(
        notification_id=notification_id, provider_message_id="SM1", content=Confirmed()
    )

    assert handle_report(world.ports, heard) is None


def test_a_report_for_a_module_that_is_gone_is_nothing(world: World) -> None:
    before = sent(world)
    world.modules.remove("pigeon")

    assert handle_report(world.ports, of(before, Confirmed())) is None


def test_an_address_that_is_reported_dead_is_switched_off(world: World) -> None:
    before = sent(world)

    after = handle_report(world.ports, of(before, InvalidAddress("30005", "unknown")), ADDRESS)

    assert after is not None
    assert after.status is Status.INACTIVE_DEVICE
    assert not world.records.stored[world.record.id].active


def test_an_address_that_is_reported_dead_and_was_corrected_meanwhile_stays_on(
    world: World,
) -> None:
    before = sent(world)
    world.records.replace(world.record, replace(world.record, target_user_id="456"))

    handle_report(world.ports, of(before, InvalidAddress("30005")), ADDRESS)

    assert world.records.stored[world.record.id].active


def test_what_failed_for_now_is_tried_again_when_its_wait_is_over(world: World) -> None:
    before = sent(world, retry_time_interval=30)
    messages(world)

    after = handle_report(world.ports, of(before, RetryLater("30003")))

    assert after is not None
    assert after.status is Status.RETRY
    assert set(messages(world)) == {before.id}
    world.watch.forward(seconds=34)
    handed(world, after)
    assert [each.attempt for each in world.provider.seen] == [1, 2]


def test_a_complaint_is_an_opt_out_and_ends_what_waits(world: World) -> None:
    before, waiting = sent(world), stored(world, scheduled_delivery=NOON + timedelta(days=1))

    after = handle_report(world.ports, of(before, Complained("Complaint", "abuse")))

    assert after is not None
    assert (after.status, after.timeline[-1].event) == (Status.DELIVERED, EventKind.COMPLAINT)
    [entry] = world.opt_outs.stored["eggs"].entries
    assert (entry.source, entry.evidence) == (ConsentSource.COMPLAINT, "Complaint SM1")
    jobs_done(world)
    assert world.stored(waiting).status is Status.OPTED_OUT


@pytest.mark.parametrize(
    ("message_id", "status"),
    [("SM1", Status.DELIVERED), ("another", Status.DELIVERY_FAILURE)],
)
def test_a_complaint_is_heard_of_whatever_message_and_however_it_ended(
    world: World, message_id: str, status: Status
) -> None:
    before = sent(world)
    handle_report(world.ports, of(before, Rejected("552")))

    after = handle_report(world.ports, of(before, Complained("Complaint"), message_id))

    assert after is not None
    assert after.status is status
    assert world.opt_outs.stored["eggs"].scopes == {target_scope(world.target.id)}


class Moody(MemoryOptOuts):
    """A ledger that does not answer, so many times."""

    times = 0

    def put(self, opt_out: OptOut) -> bool:
        if self.times:
            self.times -= 1
            raise ConnectionError("no answer")
        return super().put(opt_out)


def test_a_complaint_that_could_not_be_written_down_is_written_down_when_it_comes_again(
    world: World,
) -> None:
    before = sent(world)
    opt_outs = Moody()
    ports = replace(world.ports, opt_outs=opt_outs)
    opt_outs.times = TRIES
    with pytest.raises(Unavailable):
        handle_report(ports, of(before, Complained("Complaint")))

    handle_report(ports, of(before, Complained("Complaint")))

    assert opt_outs.stored["eggs"].active
    assert world.stored(before).status is Status.DELIVERED


def test_news_that_overtake_the_consumers_own_record_are_not_undone_by_it(world: World) -> None:
    with_module(world, confirmation=TELLING)
    notification = stored(world)

    def fast(deliveries: Sequence[object], _: Module) -> list[list[Accepted]]:
        handle_report(world.ports, of(notification, Confirmed(), attempt=1))
        return [[Accepted("SM1") for _ in deliveries]]

    done = deliver(world.ports, "pigeon", [wake_up_for(notification)], fast)

    assert (done.superseded, done.settled) == (1, [])
    after = world.stored(notification)
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "SM1")


def test_a_doubt_that_is_resolved_is_not_sent_again(world: World) -> None:
    with_module(world, confirmation=TELLING)
    notification = stored(world)
    world.provider.answers[ADDRESS] = [OutcomeUnknown("read-timeout")]
    handed(world, notification)
    retry = world.stored(notification)

    handle_report(world.ports, of(notification, Accepted("SM1")))
    world.watch.forward(hours=1)
    handed(world, retry)

    assert len(world.provider.seen) == 1
    assert world.stored(notification).status is Status.SENT


def test_of_two_reports_at_the_same_moment_the_second_sees_the_first(world: World) -> None:
    before = sent(world)

    def other() -> None:
        handle_report(world.ports, of(before, Confirmed()))

    after = handle_report(racing(world, other), of(before, Rejected("5.1.1", "returned")))

    assert after == world.stored(before)
    assert after is not None
    assert (after.status, after.timeline[-1].event) == (Status.DELIVERED, EventKind.RETURNED)


def in_doubt(world: World) -> tuple[Notification, Notification]:
    """One that may have gone, and the same while its second attempt is under way."""
    with_module(world, confirmation=TELLING)
    notification = stored(world)
    world.provider.answers[ADDRESS] = [OutcomeUnknown("read-timeout")]
    handed(world, notification)
    retry = world.stored(notification)
    world.watch.forward(hours=1)
    return notification, retry


def test_a_retry_that_is_claimed_meanwhile_is_read_anew_and_ends_by_itself(world: World) -> None:
    """B4: the report is of the first message, and the second may still go."""
    notification, retry = in_doubt(world)
    ports = racing(world, lambda: claimed(world, retry))

    with pytest.raises(Unavailable):
        handle_report(ports, of(notification, Confirmed(), attempt=1))
    assert world.stored(notification).status is Status.SENDING


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (Rejected("400"), Status.DELIVERY_FAILURE),
        (InvalidAddress("410"), Status.INACTIVE_DEVICE),
        (RetryLater("503"), Status.RETRY),
        (OutcomeUnknown("read-timeout"), Status.UNKNOWN),
        (Accepted("SM2"), Status.SENT),
    ],
)
@pytest.mark.parametrize("attempt", [1, None])
def test_a_report_of_an_earlier_message_is_taken_in_when_it_comes_again(
    world: World, end: DeliveryFailed | Accepted, status: Status, attempt: int | None
) -> None:
    """The queue of mail events hands it over again, however the second attempt has ended."""
    notification, retry = in_doubt(world)
    delivered = of(notification, Confirmed(), attempt=attempt)
    world.provider.answers[ADDRESS] = [end]

    def while_it_is_sent(deliveries: Sequence[Delivery], module: Module) -> list[list[Outcome]]:
        with pytest.raises(Unavailable):
            handle_report(world.ports, delivered)
        return world.provider(deliveries, module)

    deliver(world.ports, "pigeon", [wake_up_for(retry)], while_it_is_sent)
    assert world.stored(notification).status is status
    after = handle_report(world.ports, delivered)

    assert after is not None
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "SM1")
    world.watch.forward(hours=1)
    tick(world)
    handed(world, retry)
    assert len(world.provider.seen) == 2, "there is no third copy"


def test_no_report_lets_a_stop_be_acknowledged_before_the_attempt_under_way_has_gone(
    world: World,
) -> None:
    """B4, with an opt-out between the report and the send."""
    notification, retry = in_doubt(world)

    def while_it_is_sent(deliveries: Sequence[Delivery], module: Module) -> list[list[Outcome]]:
        with pytest.raises(Unavailable):
            handle_report(world.ports, of(notification, Confirmed(), attempt=1))
        with pytest.raises(StillSending):
            record_consent(
                world.ports,
                notification.user,
                [EVERYTHING],
                active=True,
                source=ConsentSource.API,
                evidence="caller",
                patience=timedelta(0),
            )
        return world.provider(deliveries, module)

    deliver(world.ports, "pigeon", [wake_up_for(retry)], while_it_is_sent)


def test_a_complaint_about_an_earlier_message_counts_at_once_and_comes_again(world: World) -> None:
    notification, retry = in_doubt(world)
    sending = claimed(world, retry)

    with pytest.raises(Unavailable):
        handle_report(world.ports, of(notification, Complained("Complaint"), attempt=1))

    assert world.opt_outs.stored["eggs"].active
    assert world.stored(notification) == sending


def test_a_record_that_was_switched_off_for_a_bounce_stays_off_when_the_delivery_is_heard_late(
    world: World,
) -> None:
    """As when the two are told in the order in which they happened."""
    before = sent(world)
    handle_report(world.ports, of(before, InvalidAddress("5.1.1")), ADDRESS)

    after = handle_report(world.ports, of(before, Confirmed()), ADDRESS)

    assert after is not None
    assert after.status is Status.DELIVERED
    assert not world.records.stored[world.record.id].active


def test_a_strike_is_taken_back_when_the_delivery_is_heard_late(world: World) -> None:
    before = sent(world)
    table = a_table(_552={"class": "recipient", "soft": True})
    with_module(world, confirmation=TELLING, errors=table)
    handle_report(world.ports, of(before, InvalidAddress("552", soft=True)), ADDRESS)
    assert world.records.stored[world.record.id].strikes == 1

    handle_report(world.ports, of(before, Confirmed()), ADDRESS)

    assert world.records.stored[world.record.id].strikes == 0


def test_one_that_keeps_moving_is_to_be_told_again(world: World) -> None:
    before = sent(world)

    def move() -> None:
        current = world.stored(before)
        world.notifications.stored[before.id] = current.noted(NOON, EventKind.DELAYED, "busy")

    with pytest.raises(Unavailable):
        handle_report(racing(world, move, TRIES), of(before, Confirmed()))
    after = handle_report(racing(world, move, TRIES - 1), of(before, Confirmed()))
    assert after is not None
    assert after.status is Status.DELIVERED


@dataclass
class Receipts:
    """A provider that is asked."""

    news: dict[str, ReportContent | None] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    failure: Exception | None = None
    missing: int = 0
    poll_deferred: bool = False  #: there is no time for it

    def __call__(
        self, awaited: Sequence[PendingConfirmation], _module: Module
    ) -> Sequence[ReportContent | NotAsked | None]:
        if self.poll_deferred:
            return [NotAsked()] * len(awaited)
        self.asked.append([each.provider_message_id for each in awaited])
        if self.failure is not None:
            raise self.failure
        answers = [self.news.get(each.provider_message_id) for each in awaited]
        return answers[: len(answers) - self.missing]


def due(notification: Notification) -> datetime:
    """When it is looked at next."""
    assert notification.due_at is not None
    return notification.due_at


def poll_rescheduled(
    world: World, receipts: Receipts, *awaited: Notification
) -> DeliveryBatchResult:
    """Hand over the messages of what is to be looked at."""
    batch = [wake_up_for(world.stored(each)) for each in awaited]
    return deliver(world.ports, "pigeon", batch, world.provider, receipts)


def asked_for(world: World, *message_ids: str) -> list[Notification]:
    """Let the provider take some, and come to the time of the first look."""
    with_module(world, confirmation=ASKED)
    notifications = sorted((stored(world) for _ in message_ids), key=lambda each: each.id)
    world.provider.answers[ADDRESS] = [Accepted(each) for each in message_ids]
    for each in notifications:
        handed(world, each)
    messages(world)
    world.watch.forward(minutes=1)
    return notifications


def test_all_that_is_to_be_looked_at_goes_to_the_provider_in_one_go(world: World) -> None:
    awaited = asked_for(world, "T1", "T2", "T3")
    receipts = Receipts({"T1": Confirmed(), "T2": InvalidAddress("DeviceNotRegistered")})

    done = poll_rescheduled(world, receipts, *awaited)

    assert [sorted(each) for each in receipts.asked] == [["T1", "T2", "T3"]]
    assert [world.stored(each).status for each in awaited] == [
        Status.DELIVERED,
        Status.INACTIVE_DEVICE,
        Status.SENT,
    ]
    assert len(done.settled) == 3
    assert (done.dropped, done.undecided) == (0, [])
    assert not world.records.stored[world.record.id].active


def test_what_has_no_news_is_looked_at_later_and_given_up_in_the_end(world: World) -> None:
    [before] = asked_for(world, "T1")
    receipts = Receipts()
    looks = []
    while (due := world.stored(before).due_at) is not None:
        world.watch.now = due
        looks.append((due - NOON).total_seconds())
        poll_rescheduled(world, receipts, before)

    assert looks == [60, 120, 240, 480, 960, 1920, 3600]
    after = world.stored(before)
    assert after.status is Status.SENT
    assert after.confirmation(world.watch.now) is ConfirmationState.NONE
    assert len(world.provider.seen) == 1


def test_the_dispatcher_wakes_what_is_to_be_looked_at(world: World) -> None:
    [before] = asked_for(world, "T1")

    tick(world)

    [(wake_up, _)] = world.queues.sent["pigeon"]
    done = deliver(world.ports, "pigeon", [wake_up], world.provider, Receipts({"T1": Confirmed()}))
    assert [each.status for each in done.settled] == [Status.DELIVERED]
    assert world.stored(before).status is Status.DELIVERED


def test_a_look_of_an_earlier_turn_asks_nobody(world: World) -> None:
    [before] = asked_for(world, "T1")
    early = wake_up_for(world.stored(before))
    poll_rescheduled(world, Receipts(), before)
    receipts = Receipts({"T1": Confirmed()})

    done = deliver(world.ports, "pigeon", [early], world.provider, receipts)

    assert (receipts.asked, done.dropped) == ([], 1)


def test_sends_and_looks_of_one_batch_do_not_hinder_each_other(world: World) -> None:
    [awaited] = asked_for(world, "T1")
    fresh = stored(world)

    poll_rescheduled(world, Receipts({"T1": Confirmed()}), awaited, fresh)

    assert world.stored(awaited).status is Status.DELIVERED
    assert world.stored(fresh).status is Status.SENT


@pytest.mark.parametrize(
    "receipts",
    [
        Receipts(failure=ConnectionError("no answer")),
        Receipts(failure=RetryLater("503")),
        Receipts({"T1": Confirmed()}, missing=1),
    ],
)
def test_a_provider_that_cannot_be_asked_is_asked_a_minute_later(
    world: World, receipts: Receipts
) -> None:
    [before] = asked_for(world, "T1")

    done = poll_rescheduled(world, receipts, before)

    after = world.stored(before)
    assert after.status is Status.SENT
    assert after.due_at == NOON + 2 * MINUTE
    assert done.settled == [after]
    assert after.timeline == before.claimed(a_claim(), NOON).sent(NOON, "T1", NOON).timeline


@pytest.mark.parametrize(
    "receipts", [Receipts(failure=RetryLater("503")), Receipts(poll_deferred=True)]
)
def test_one_is_not_given_up_that_was_not_asked_about_at_its_last_look(
    world: World, receipts: Receipts
) -> None:
    [before] = asked_for(world, "T1")
    for _ in range(10):  # the last look is due after an hour
        world.watch.now = due(world.stored(before))
        poll_rescheduled(
            world, Receipts() if world.watch.now < NOON + 40 * MINUTE else receipts, before
        )

    waiting = world.stored(before)
    assert waiting.status is Status.SENT
    assert waiting.confirmation(world.watch.now) is ConfirmationState.AWAITED
    world.watch.now = due(waiting)
    assert world.watch.now > NOON + 60 * MINUTE
    poll_rescheduled(world, Receipts({"T1": Confirmed()}), before)
    assert world.stored(before).status is Status.DELIVERED


def test_a_look_that_there_is_no_time_for_is_put_back_for_a_minute(world: World) -> None:
    [before] = asked_for(world, "T1")
    world.watch.now = NOON + 30 * MINUTE

    poll_rescheduled(world, Receipts(poll_deferred=True), before)

    assert world.stored(before).due_at == NOON + 31 * MINUTE


def test_a_look_does_not_wait_for_the_sends_of_its_batch(world: World) -> None:
    [awaited], fresh = asked_for(world, "T1"), stored(world)
    asked = Event()

    def poll_all(them: Sequence[PendingConfirmation], _: Module) -> list[ReportContent]:
        asked.set()
        return [Confirmed() for _ in them]

    def send_all(deliveries: Sequence[Delivery], _: Module) -> list[list[Accepted]]:
        assert asked.wait(10), "it is asked about only when all are sent"
        return [[Accepted("SM2") for _ in deliveries]]

    batch = [wake_up_for(world.stored(awaited)), wake_up_for(fresh)]
    deliver(world.ports, "pigeon", batch, send_all, poll_all)

    assert world.stored(awaited).status is Status.DELIVERED
    assert world.stored(fresh).status is Status.SENT


def test_a_provider_that_refuses_to_tell_us_pauses_the_module(world: World) -> None:
    [before] = asked_for(world, "T1")

    poll_rescheduled(world, Receipts(failure=Misconfigured("401")), before)

    module = world.modules.get("pigeon")
    assert module is not None
    assert module.pause is not None
    assert module.pause.code == "401"
    assert world.stored(before).status is Status.SENT


def test_receipts_of_a_failure_are_settled_as_any(world: World) -> None:
    [before] = asked_for(world, "T1")
    failure: DeliveryFailed = Rejected("MessageTooBig")

    poll_rescheduled(world, Receipts({"T1": failure}), before)

    after = world.stored(before)
    assert after.status is Status.DELIVERY_FAILURE
    assert after.last_error is not None
    assert after.last_error.code == "MessageTooBig"


def test_a_provider_that_tells_by_itself_is_asked_for_nothing() -> None:
    awaited = [PendingConfirmation(id="a", provider_message_id="b")]

    assert no_status_polling(awaited, a_module()) == [None]


def test_a_wait_for_a_provider_that_tells_by_itself_ends(world: World) -> None:
    before = sent(world)
    last_moment = NOON + timedelta(hours=1) - timedelta(milliseconds=1)

    assert before.confirmation(last_moment) is ConfirmationState.AWAITED
    assert before.confirmation(NOON + timedelta(hours=1)) is ConfirmationState.NONE
    world.watch.forward(hours=2)
    handle_report(world.ports, of(before, Confirmed()))
    assert world.stored(before).status is Status.DELIVERED


@pytest.mark.parametrize(("minutes", "status"), [(59, Status.RETRY), (60, Status.DELIVERY_FAILURE)])
def test_a_failure_is_tried_again_only_while_a_confirmation_is_awaited(
    world: World, minutes: int, status: Status
) -> None:
    before = sent(world)
    world.watch.forward(minutes=minutes)

    handle_report(world.ports, of(before, RetryLater("30008")))

    assert world.stored(before).status is status


def test_one_that_an_earlier_version_left_in_the_index_is_let_rest(world: World) -> None:
    """It wrote the end of the wait down, even for a provider that tells by itself."""
    with_module(world, confirmation=TELLING)
    before = claimed(world, stored(world)).sent(NOON, "SM1", NOON + timedelta(hours=1))
    world.notifications.stored[before.id] = before
    world.watch.forward(hours=1)

    handed(world, before)

    after = world.stored(before)
    assert (after.due_at, after.timeline[-1].event) == (None, EventKind.UNCONFIRMED)
