"""Every shipped target, over its real SDK or client and the simulator: the same rules hold."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from notification_core.domain.error_table import Row
from notification_core.domain.failures import ErrorClass
from notification_core.domain.status import ConfirmationState, Status
from tests.functions.consumers import Consumer
from tests.functions.ends import assert_ended, assert_paused
from tests.functions.provider_cases import (
    CASES,
    DEFAULT,
    HTTP,
    POLLED,
    Deployment,
    PolledCase,
    ProviderCase,
)
from tests.functions.targets import Services

#: An attempt whose outcome is unknown is repeated. Twilio's is not, as it is shipped.
REPEATED = {"on_unknown": "at_least_once"}

every_target = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_target_over_http = pytest.mark.parametrize("case", HTTP, ids=lambda case: case.name)
every_polled_target = pytest.mark.parametrize("polled", POLLED, ids=lambda polled: polled.case.name)


@pytest.fixture
def target(services: Services, case: ProviderCase) -> Iterator[Consumer]:
    """The function of the case's target, deployed correctly."""
    with case.deploy(services, DEFAULT) as consumer, consumer.changed(**REPEATED):
        yield consumer


@pytest.mark.parametrize(
    ("case", "code", "row"),
    [
        pytest.param(case, code, row, id=f"{case.name}-{code}")
        for case in HTTP
        for code, row in case.rows.items()
    ],
)
def test_every_code_of_the_error_table_has_the_effect_of_its_row(
    services: Services, target: Consumer, case: ProviderCase, code: str, row: Row
) -> None:
    address = case.address(f"error-{code}")

    assert_ended(target, target.deliver(address), code, row)
    assert len(services.simulator.outcomes(address)) == 1, "the SDK does not repeat requests"


@pytest.mark.parametrize(
    ("case", "outcome", "code", "error_class"),
    [
        pytest.param(case, *unlisted, id=f"{case.name}-{unlisted[0]}")
        for case in HTTP
        for unlisted in case.unlisted
    ],
)
def test_an_error_outside_the_table_is_classified_by_its_http_status(
    services: Services,
    target: Consumer,
    case: ProviderCase,
    outcome: str,
    code: str,
    error_class: ErrorClass,
) -> None:
    address = case.address(outcome)

    assert_ended(target, target.deliver(address), code, Row(error_class=error_class))
    assert len(services.simulator.outcomes(address)) == 1, "the SDK does not repeat requests"


@every_target_over_http
def test_a_slow_response_is_not_awaited_and_the_request_not_repeated(
    services: Services, case: ProviderCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.shorten_timeout(monkeypatch)
    address = case.address("hang-2")
    with case.deploy(services, DEFAULT) as target, target.changed(**REPEATED):
        done = target.deliver(address)

        assert_ended(target, done, case.timeout, Row(error_class=ErrorClass.AMBIGUOUS))
    [(outcome, _)] = services.simulator.outcomes(address)
    assert outcome == "hang"


@every_target
def test_an_unreachable_provider_is_tried_again(services: Services, case: ProviderCase) -> None:
    with case.deploy(services, Deployment(reachable=False)) as target:
        done = target.deliver(case.address("ok"))

        assert_ended(target, done, "not-connected", Row(error_class=ErrorClass.TRANSIENT))


@pytest.mark.parametrize(
    ("case", "fault", "code"),
    [
        pytest.param(case, fault, code, id=f"{case.name}-{code}")
        for case in CASES
        for fault, code in case.faults
    ],
)
def test_an_incorrect_configuration_pauses_the_target_and_fails_no_notification(
    services: Services, case: ProviderCase, fault: Deployment, code: str
) -> None:
    address = case.address("ok")
    with case.deploy(services, fault) as target:
        done = target.deliver(address)

        assert_ended(target, done, code, Row(error_class=ErrorClass.CONFIGURATION))
    assert services.simulator.inbox(address) == []


@every_target
def test_a_throttled_message_is_sent_later_and_no_attempt_is_counted(
    target: Consumer, case: ProviderCase
) -> None:
    throttled = target.deliver(case.address("throttle-1"))
    assert throttled.status is Status.RETRY

    done = target.again(throttled)
    assert (done.status, done.retry_attempts) == (case.accepted, 0)


@every_target_over_http
def test_a_throttled_message_waits_for_the_time_in_retry_after(
    target: Consumer, case: ProviderCase
) -> None:
    done = target.deliver(case.address("throttle-1"))

    assert done.due_at is not None
    assert timedelta(seconds=1) <= done.due_at - done.updated_at <= timedelta(seconds=2)


@every_target
def test_a_message_fails_once_and_is_then_sent(
    services: Services, target: Consumer, case: ProviderCase
) -> None:
    address = case.address("fail-1")
    failed = target.deliver(address)
    assert failed.status is Status.RETRY

    done = target.again(failed)
    assert (done.status, done.retry_attempts) == (case.accepted, 1)
    assert len(services.simulator.inbox(address)) == 1


@every_target
@pytest.mark.parametrize(
    ("policy", "status"),
    [("at_most_once", Status.UNKNOWN), ("at_least_once", Status.RETRY)],
)
def test_an_attempt_with_an_unknown_outcome_is_repeated_only_by_the_targets_policy(
    services: Services, target: Consumer, case: ProviderCase, policy: str, status: Status
) -> None:
    address = case.address("cut")
    with target.changed(on_unknown=policy):
        done = target.deliver(address)

    assert (done.status, done.retry_attempts) == (status, 1)
    assert len(services.simulator.inbox(address)) == 1


@every_target
def test_no_log_line_contains_an_address_or_a_text(
    target: Consumer,
    case: ProviderCase,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "notification_core")
    addresses = [case.address("ok"), case.address("fail-1")]
    for address in addresses:
        target.deliver(address, body="a secret text")

    written = "".join(capfd.readouterr()) + caplog.text
    assert "Received" in written
    assert not any(address in written for address in addresses)
    assert "secret text" not in written


@every_polled_target
@pytest.mark.parametrize("reachable", [True, False])
def test_a_provider_that_cannot_be_asked_is_asked_later(
    services: Services, polled: PolledCase, *, reachable: bool
) -> None:
    secret = polled.unauthorized if reachable else None
    with polled.case.deploy(services, DEFAULT) as target:
        sent = target.deliver(polled.case.address("ok"))
    with polled.case.deploy(services, Deployment(reachable, secret)) as broken:
        waiting = broken.again(sent)
        assert (waiting.status, waiting.retry_attempts) == (Status.SENT, 0)
        assert sent.due_at is not None
        assert waiting.due_at is not None
        assert waiting.due_at > sent.due_at
        assert_paused(broken, polled.code if reachable else None)
    with polled.case.deploy(services, DEFAULT) as repaired:
        assert repaired.again(sent).status is Status.DELIVERED


@every_polled_target
def test_a_message_that_is_never_confirmed_is_given_up(
    services: Services, polled: PolledCase
) -> None:
    polls = 0
    with polled.case.deploy(services, DEFAULT) as target:
        done = target.deliver(polled.case.address(polled.silent))
        while not done.is_final:
            done, polls = target.again(done), polls + 1

        assert done.confirmation(target.clock()) is ConfirmationState.NONE
    assert (done.status, done.timeline[-1].event) == (Status.SENT, "unconfirmed")
    waited = done.updated_at - done.created_at
    assert polled.give_up_after <= waited < polled.give_up_after + timedelta(minutes=1)
    assert polls < 10
