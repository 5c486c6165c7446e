"""The Expo function: the real SDK against the simulator."""

from collections.abc import Iterator

import pytest

from infra.simulator.settings import EXPO_ACCESS_TOKEN
from notifications.domain.status import Status
from notifications.ports import Ports
from notifications.usecases.enqueue import wake_up_of
from tests.emulator import Emulator
from tests.functions.conftest import Api
from tests.functions.consumers import Consumer, consumer
from tests.simulator import Running


@pytest.fixture
def expo(live: Ports, api: Api, emulator: Emulator, simulator: Running) -> Iterator[Consumer]:
    """The function with the access token that the provider knows."""
    del api
    secret = {"access_token": EXPO_ACCESS_TOKEN}
    with consumer(live, emulator, "Expo", simulator.url, secret) as made:
        yield made


def token(name: str, kind: str = "Exponent") -> str:
    """Return a push token."""
    return f"{kind}PushToken[{name}]"


@pytest.mark.parametrize("kind", ["Exponent", "Expo"])
def test_a_push_is_delivered(expo: Consumer, simulator: Running, kind: str) -> None:
    extra = {"data": {"screen": "home"}, "sound": "default", "badge": 3}
    done = expo.deliver(token("phone", kind), extra=extra)

    [push] = simulator.inbox(token("phone", kind))
    assert done.status is Status.DELIVERED
    assert done.provider_message_id == push["provider_message_id"]
    assert (push["title"], push["body"]) == ("Hello", "There")
    assert push["extra"]["data"] == {"screen": "home"}


@pytest.mark.parametrize(
    ("name", "status", "failures", "active", "code"),
    [
        ("error-DeviceNotRegistered-1", Status.INACTIVE_DEVICE, 0, False, "DeviceNotRegistered"),
        ("error-MessageTooBig-1", Status.DELIVERY_FAILURE, 1, True, "MessageTooBig"),
        ("error-MessageRateExceeded-1", Status.RETRY, 0, True, "MessageRateExceeded"),
        ("error-InvalidCredentials-1", Status.RETRY, 0, True, "InvalidCredentials"),
        ("error-ExpoError-1", Status.RETRY, 1, True, "ExpoError"),
        ("error-SomethingNew-1", Status.DELIVERY_FAILURE, 1, True, "SomethingNew"),
        ("error-VALIDATION_ERROR-1", Status.DELIVERY_FAILURE, 1, True, "VALIDATION_ERROR"),
        ("error-UNAUTHORIZED-1", Status.RETRY, 0, True, "UNAUTHORIZED"),
        ("throttle-1-1", Status.RETRY, 0, True, "TOO_MANY_REQUESTS"),
        ("http-503-1", Status.RETRY, 1, True, "503"),
        ("http-200-1", Status.RETRY, 1, True, "200"),
        ("cut-1", Status.RETRY, 1, True, "connection-cut"),
    ],
)
def test_what_each_answer_leads_to(
    expo: Consumer, name: str, status: Status, failures: int, active: bool, code: str
) -> None:
    done = expo.deliver(token(name))

    assert (done.status, done.retry_attempts) == (status, failures)
    assert done.last_error is not None
    assert done.last_error.code == code
    assert name not in done.last_error.message
    assert expo.record_of(done).active is active


def test_an_answer_that_never_came_is_asked_for_once_more(
    expo: Consumer, simulator: Running
) -> None:
    done = expo.deliver(token("cut-2"), retry_time_interval=1)
    expo.run(wake_up_of(done))
    done = expo.stored(done)

    assert done.status is Status.UNKNOWN
    assert "may have gone" in [each.event for each in done.timeline]
    assert len(simulator.inbox(token("cut-2"))) == 2


def test_more_than_a_request_may_hold_go_in_several(expo: Consumer, simulator: Running) -> None:
    notifications = expo.ask_many(250, expo.record(token("many")))

    assert expo.run(*(wake_up_of(each) for each in notifications)) == []

    assert {expo.stored(each).status for each in notifications} == {Status.DELIVERED}
    assert len(simulator.inbox(token("many"))) == 250


def test_one_bad_message_does_not_sink_the_request(expo: Consumer, simulator: Running) -> None:
    names = ["good-1", "error-VALIDATION_ERROR-2", "good-2", "error-DeviceNotRegistered-2"]
    notifications = [expo.ask(expo.record(token(name))) for name in names]

    expo.run(*(wake_up_of(each) for each in notifications))

    assert [expo.stored(each).status for each in notifications] == [
        Status.DELIVERED,
        Status.DELIVERY_FAILURE,
        Status.DELIVERED,
        Status.INACTIVE_DEVICE,
    ]
    assert len(simulator.inbox(token("good-1"))) == 1


def test_it_fails_once_and_then_succeeds(expo: Consumer) -> None:
    done = expo.deliver(token("fail-1-a"), retry_time_interval=1)
    assert done.status is Status.RETRY
    expo.run(wake_up_of(done))
    done = expo.stored(done)

    assert (done.status, done.retry_attempts) == (Status.DELIVERED, 1)
