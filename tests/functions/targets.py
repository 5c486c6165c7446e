"""The shipped targets under test: their secrets, new addresses, and how each function runs."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN, EXPO_ACCESS_TOKEN
from notification_core.ports import Ports
from notification_core.runtime import wiring
from tests.emulator import Emulator
from tests.functions.consumers import Consumer, consumer
from tests.functions.mail_server import MailServer
from tests.simulator import Running

TWILIO_SECRET = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "from": "+15005550006"}
EXPO_SECRET = {"access_token": EXPO_ACCESS_TOKEN}
SENDER = "Breakfast <breakfast@example.com>"

#: A port where nothing listens.
NOWHERE = "http://127.0.0.1:9"


def some_number(form: str = "+1555NNNNNNN") -> str:
    """Return a number that no other test has."""
    digits = str(uuid4().int)
    return "".join(digits[place] if each == "N" else each for place, each in enumerate(form))


def token(name: str, kind: str = "Exponent") -> str:
    """Return a push token."""
    return f"{kind}PushToken[{name}]"


def some_token(name: str = "ok") -> str:
    """Return a push token that no other test has."""
    return token(f"{name}-{uuid4().hex[:8]}")


def some_address(name: str = "ok") -> str:
    """Return an e-mail address that no other test has."""
    return f"{name}-{uuid4().hex[:8]}@example.com"


@dataclass(frozen=True)
class Services:
    """What every target's function calls: the stores, the emulator and the provider simulator."""

    ports: Ports
    emulator: Emulator
    simulator: Running

    def consumer(
        self, target: str, secret: Mapping[str, Any], *, url: str = "", **environment: str
    ) -> AbstractContextManager[Consumer]:
        """Run a target's function; its provider is the simulator, unless a URL is given."""
        url = url or self.simulator.url
        return consumer(self.ports, self.emulator, target, url, dict(secret), **environment)


@contextmanager
def through_the_simulator(services: Services, **environment: str) -> Iterator[Consumer]:
    """The e-mail function with the simulator's SES instead of the emulator's."""
    environment = {
        "AWS_ENDPOINT_URL_SESV2": services.simulator.url,
        "EMAIL_FROM": SENDER,
    } | environment
    wiring.aws_client.cache_clear()
    with services.consumer("Email", {}, **environment) as made:
        yield made
    wiring.aws_client.cache_clear()


@contextmanager
def by_smtp(services: Services, server: MailServer, **more: str) -> Iterator[Consumer]:
    """The e-mail function with a mail server instead of SES."""
    environment = {"EMAIL_FROM": SENDER, "EMAIL_TRANSPORT": "smtp", **more}
    with services.consumer("Email", server.secret(), **environment) as made:
        yield made
