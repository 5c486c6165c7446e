"""Functions as Lambda runs them: real handlers, real events, the emulator behind the real SDKs."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.ports import Ports
from notification_core.runtime import wiring
from tests.emulator import ENVIRONMENT, Emulator
from tests.functions.api_requests import register
from tests.functions.consumers import Consumer
from tests.functions.lambda_calls import Api, Context
from tests.functions.targets import (
    EXPO_SECRET,
    TWILIO_SECRET,
    Services,
    some_address,
    some_number,
    through_the_simulator,
)
from tests.functions.unsubscribing import PUBLIC_URL, Key, link_in
from tests.simulator import Running


@pytest.fixture(autouse=True)
def no_index_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the waits of an opt-out, because the emulator's indexes do not lag.

    Set for each test, because `live` lasts as long as the process and other suites share it.
    """
    for wait in ("INDEX_LAG", "PAUSE"):
        monkeypatch.setattr(
            f"notification_core.usecases.consent.opt_out.{wait}", timedelta(milliseconds=10)
        )


@pytest.fixture(scope="session")
def live(aws: Ports, emulator: Emulator) -> Iterator[Ports]:
    """Wire the process as a function: the environment, the real clock, the emulator."""
    del aws  # its tables are there now
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", emulator.url)
        wiring.ports.cache_clear()
        wiring.aws_client.cache_clear()
        yield wiring.ports()
    wiring.ports.cache_clear()
    wiring.aws_client.cache_clear()


@pytest.fixture(scope="session")
def api(live: Ports) -> Api:
    """The API over the emulator, with the shipped targets registered."""
    from functions.targets.register import lambda_handler  # noqa: PLC0415

    lambda_handler({"RequestType": "Create"}, Context())
    del live
    return Api()


@pytest.fixture
def user() -> str:
    """A user that no other test has."""
    return f"user-{uuid4()}"


@pytest.fixture
def record(api: Api, user: str) -> dict[str, Any]:
    """An address of the user."""
    body: dict[str, Any] = register(api, user).body
    return body


@pytest.fixture
def services(live: Ports, api: Api, emulator: Emulator, simulator: Running) -> Services:
    """What the functions of the targets call; the targets are registered."""
    del api
    return Services(live, emulator, simulator)


@pytest.fixture
def twilio(services: Services) -> Iterator[Consumer]:
    """The Twilio function with credentials that the provider accepts."""
    with services.consumer("Twilio", TWILIO_SECRET) as made:
        yield made


@pytest.fixture
def expo(services: Services) -> Iterator[Consumer]:
    """The Expo function with the access token that the provider accepts."""
    with services.consumer("Expo", EXPO_SECRET) as made:
        yield made


@pytest.fixture
def sent(twilio: Consumer) -> Notification:
    """A message that Twilio took."""
    done = twilio.deliver(some_number())
    assert done.status is Status.SENT
    return done


@pytest.fixture
def key(emulator: Emulator) -> Key:
    """A secret of this test's own."""
    name = f"unsubscribe-{uuid4()}"
    secret = json.dumps({"key": "the first key"})
    emulator.client("secretsmanager").create_secret(Name=name, SecretString=secret)
    return Key(emulator, name)


@pytest.fixture
def email(services: Services, key: Key) -> Iterator[Consumer]:
    """The function that sends the links."""
    environment = {"PUBLIC_URL": PUBLIC_URL, "UNSUBSCRIBE_SECRET_ID": key.name}
    with through_the_simulator(services, **environment) as made:
        yield made


@pytest.fixture
def address() -> str:
    """Where a mail goes."""
    return some_address("secretive")


@pytest.fixture
def link(email: Consumer, simulator: Running, address: str) -> str:
    """The link of a mail about news."""
    email.deliver(address, category="news")
    return link_in(simulator, address)
