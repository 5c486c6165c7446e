"""The durations that the rules are made of are those that are deployed."""

from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain import timing
from notification_core.entrypoints.dispatcher import RESERVE_MS
from notification_core.entrypoints.rate_limiter import RESERVE
from notification_core.runtime import clock
from notification_core.usecases.consent import opt_out, replies
from notification_core.usecases.privacy import erasure
from tests.architecture.templates import ROOT, read, resources

FUNCTIONS = resources("AWS::Serverless::Function")
CONSUMERS = [name for name, each in FUNCTIONS.items() if "MODULE" in str(each.get("Environment"))]


def limit_of(function: str) -> timedelta:
    """Return a function's time limit."""
    default = read("template.yaml")["Globals"]["Function"]["Timeout"]
    return timedelta(seconds=int(FUNCTIONS[function].get("Timeout", default)))


def events_of(function: str) -> list[dict[str, Any]]:
    """Return what starts a function."""
    return [event["Properties"] for event in FUNCTIONS[function]["Events"].values()]


def test_the_dispatchers_clock_ticks_as_the_rules_have_it() -> None:
    [event] = events_of("Dispatcher")
    minutes = timing.TICK // timedelta(minutes=1)

    assert event["ScheduleExpression"] == f"rate({minutes} minute{'s' * (minutes > 1)})"
    assert timedelta(minutes=1) * minutes == timing.TICK


def test_a_tick_ends_before_the_next_one_and_with_time_to_spare() -> None:
    assert limit_of("Dispatcher") < timing.TICK
    assert timedelta(milliseconds=RESERVE_MS) < limit_of("Dispatcher") / 2


def test_a_missed_tick_is_repaired_by_the_next_and_not_repeated() -> None:
    [event] = events_of("Dispatcher")

    assert event["RetryPolicy"]["MaximumRetryAttempts"] == "0"


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_consumer_ends_when_the_rules_believe_it_has(consumer: str) -> None:
    assert limit_of(consumer) == timing.CONSUMER_TIME_LIMIT


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_batch_is_gathered_no_longer_than_messages_come_early(consumer: str) -> None:
    for event in events_of(consumer):
        window = timedelta(seconds=int(event.get("MaximumBatchingWindowInSeconds", 0)))
        assert window <= timing.LEAD


def test_a_message_stays_hidden_for_six_of_its_consumers_time_limits() -> None:
    queues = resources("AWS::SQS::Queue", "infra/templates/target.yaml")
    visibility = timedelta(seconds=int(queues["Queue"]["VisibilityTimeout"]))

    assert visibility >= 6 * timing.CONSUMER_TIME_LIMIT


def test_a_message_that_fails_again_and_again_is_set_aside() -> None:
    queues = resources("AWS::SQS::Queue", "infra/templates/target.yaml")

    assert int(queues["Queue"]["RedrivePolicy"]["maxReceiveCount"]) >= 3
    kept, waiting = (
        int(queues[name]["MessageRetentionPeriod"]) for name in ("DeadLetters", "Queue")
    )
    assert kept > waiting


def test_a_lease_outlasts_its_consumer_and_the_grace_outlasts_a_lease() -> None:
    assert timing.CONSUMER_TIME_LIMIT < timing.LEASE < timing.SWEEP_GRACE


def test_a_send_that_begins_at_the_last_moment_still_ends_in_time() -> None:
    assert sum(timing.PROVIDER_TIMEOUT) < RESERVE < timing.CONSUMER_TIME_LIMIT.total_seconds()


def test_a_late_tick_leaves_nothing_behind_and_creators_reach_beyond_it() -> None:
    assert timing.TICK < timing.LOOK_AHEAD < timing.SELF_ENQUEUE


def test_every_delay_is_one_that_a_queue_takes() -> None:
    assert timing.SELF_ENQUEUE <= timing.MAX_DELAY == timedelta(minutes=15)


@pytest.mark.parametrize("function", ["Api", "Unsubscribe"])
def test_an_opt_out_has_patience_within_the_apis_own_limit(function: str) -> None:
    most = timedelta(seconds=29)  # API Gateway's

    assert opt_out.PATIENCE + timedelta(seconds=5) <= limit_of(function) <= most


def test_a_reply_is_answered_before_twilio_gives_up() -> None:
    assert replies.PATIENCE + timedelta(seconds=3) <= timedelta(seconds=15)
    assert limit_of("TwilioCallbacks") > replies.PATIENCE


@pytest.mark.parametrize("function", ["Api", "Unsubscribe", "TwilioCallbacks", "MailEvents"])
def test_what_may_write_of_a_user_has_ended_when_an_erasure_looks_for_the_last_time(
    function: str,
) -> None:
    assert limit_of(function) <= timing.REQUEST_TIME_LIMIT < erasure.SETTLED


def test_a_paused_module_is_probed_at_every_tick() -> None:
    assert timing.PROBE_EVERY < timing.TICK


def test_no_deployment_can_be_given_another_time() -> None:
    for path in ["template.yaml", "infra/templates/target.yaml", "samconfig.toml"]:
        assert clock.VARIABLE not in (ROOT / path).read_text()
