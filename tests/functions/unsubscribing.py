"""Following the unsubscribe link of an e-mail."""

import json
from dataclasses import dataclass
from typing import Any

from functions.unsubscribe.handler import lambda_handler
from notification_core.domain.consent import OptOut
from notification_core.runtime import wiring
from tests.emulator import Emulator
from tests.functions.consumers import Consumer
from tests.functions.public import HOST, proxy_event
from tests.simulator import Running

PUBLIC_URL = f"https://{HOST}/v1"
ONE_CLICK = "List-Unsubscribe=One-Click"
UNDO = "action=resubscribe"


@dataclass
class Key:
    """The secret that links are sealed with."""

    emulator: Emulator
    name: str

    def replace(self, **secret: Any) -> None:
        """Store another one; the functions start anew."""
        secrets = self.emulator.client("secretsmanager")
        secrets.put_secret_value(SecretId=self.name, SecretString=json.dumps(secret))
        wiring.secrets.cache_clear()


def link_in(simulator: Running, address: str) -> str:
    """Return the link in the latest mail to an address."""
    header: str = simulator.inbox(address)[-1]["extra"]["headers"]["List-Unsubscribe"]
    return header.strip("<>")


def call(method: str, link: str, body: str = "") -> tuple[int, str]:
    """Follow a link, as a mail server does or a person; returns the status and the page."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    event = proxy_event(method, link, "/unsubscribe/{token}", body, headers)
    answer = lambda_handler(event, None)
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    return answer["statusCode"], answer["body"]


def ledger(email: Consumer) -> OptOut | None:
    """What the user has said."""
    return email.ports.opt_outs.get([email.user]).get(email.user)
