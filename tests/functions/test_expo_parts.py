"""A request to Expo that is refused for some of its messages: sent in parts, and in time."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from functions.targets.expo import handler
from infra.simulator.settings import EXPO_ACCESS_TOKEN
from notification_core.domain.delivery import Accepted, Delivery, Outcome
from notification_core.domain.failures import ProviderError
from notification_core.providers.time_budget import OUT_OF_TIME, Budget
from notification_core.runtime.settings import ConsumerSettings
from tests.builders import a_delivery
from tests.simulator import Running, running


def use(simulator: Running, patch: pytest.MonkeyPatch) -> None:
    """Let the handler call a simulator."""
    settings = ConsumerSettings(
        module="expo", provider_url=simulator.url, public_url=None, max_concurrency=1
    )
    patch.setattr(handler, "consumer_settings", lambda: settings)
    patch.setattr(handler, "credentials", lambda: {"access_token": EXPO_ACCESS_TOKEN})
    handler.client.cache_clear()


@pytest.fixture
def expo(simulator: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The simulator, which the handler calls."""
    use(simulator, monkeypatch)
    yield simulator
    handler.client.cache_clear()


def some(*names: str) -> list[Delivery]:
    """A delivery to each of several tokens, which no other test has."""
    batch = uuid4().hex[:8]
    return [
        a_delivery(id=f"{batch}-{n}", address=f"ExponentPushToken[{name}-{batch}{n}]")
        for n, name in enumerate(names)
    ]


def requests_of(expo: Running, deliveries: list[Delivery]) -> int:
    """How many requests one of these messages was in, counted for the one that was in most."""
    return max(len(expo.outcomes(each.address)) for each in deliveries)


def assert_each_has_its_own(
    expo: Running, deliveries: list[Delivery], outcomes: list[Outcome | ProviderError]
) -> None:
    """Each outcome is the one of its own delivery."""
    for delivery, outcome in zip(deliveries, outcomes, strict=True):
        [push] = expo.inbox(delivery.address)
        assert outcome == Accepted(push["provider_message_id"])


@pytest.mark.parametrize("odd", [1, 5, 20, 50])
def test_tokens_of_another_project_cost_one_request_for_each_project(
    expo: Running, odd: int
) -> None:
    names = ["mine"] * (100 - odd)
    for place in range(odd):
        names.insert(place * 2, "project-other")
    deliveries = some(*names)

    outcomes = [*handler.send_many(deliveries)]

    assert_each_has_its_own(expo, deliveries, outcomes)
    assert requests_of(expo, deliveries) == 2, "the refused one, and the one of its project"


def test_tokens_of_many_projects_are_separated_at_once(expo: Running) -> None:
    deliveries = some(*(f"project-p{n % 6}" for n in range(60)))

    outcomes = [*handler.send_many(deliveries)]

    assert_each_has_its_own(expo, deliveries, outcomes)
    assert requests_of(expo, deliveries) == 2


def test_one_bad_message_of_a_project_sinks_neither_its_project_nor_the_other(
    expo: Running,
) -> None:
    del expo
    deliveries = some(*["mine"] * 3, "error-VALIDATION_ERROR", *["project-other"] * 4)

    outcomes = handler.send_many(deliveries)

    refused = [place for place, each in enumerate(outcomes) if not isinstance(each, Accepted)]
    assert refused == [3]


def test_messages_without_time_are_put_back_without_an_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each request takes a while, and each bad message many requests."""
    with running("--latency-ms", "100") as simulator:
        use(simulator, monkeypatch)
        monkeypatch.setattr(handler, "Budget", lambda: Budget(1))
        monkeypatch.setattr(handler, "LEAST", 0.5)
        deliveries = some(*["error-VALIDATION_ERROR"] * 16)

        outcomes = handler.send_many(deliveries)

        late = [each for each in outcomes if getattr(each, "code", None) == OUT_OF_TIME]
        assert 0 < len(late) < 16
        assert len(simulator.get("/requests")["items"]) < 100
    handler.client.cache_clear()


def test_a_part_that_hangs_ends_with_the_time_of_the_whole(
    expo: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "Budget", lambda: Budget(1))
    monkeypatch.setattr(handler, "LEAST", 0.1)
    deliveries = some("hang-9", "project-other")
    del expo

    hung, sent = handler.send_many(deliveries)

    assert getattr(hung, "code", None) == "read-timeout"
    # It comes after the one that hung, and there is no time left.
    assert getattr(sent, "code", None) == OUT_OF_TIME
