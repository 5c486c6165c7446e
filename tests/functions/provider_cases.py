"""The differences between the providers that `test_every_target.py` allows for."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.config import Config

from notification_core.domain.error_table import Row
from notification_core.domain.failures import ErrorClass
from notification_core.domain.status import Status
from notification_core.providers.mail import ses
from notification_core.providers.time_budget import Budget
from tests.functions.consumers import Consumer
from tests.functions.ends import mail_rows, table_of
from tests.functions.mail_server import MailServer
from tests.functions.targets import (
    EXPO_SECRET,
    NOWHERE,
    TWILIO_SECRET,
    Services,
    by_smtp,
    some_address,
    some_number,
    some_token,
    through_the_simulator,
)

Deployed = AbstractContextManager[Consumer]


@dataclass(frozen=True)
class Deployment:
    """What differs from a function that is deployed correctly."""

    reachable: bool = True  #: the provider
    secret: Mapping[str, Any] | None = None
    environment: Mapping[str, str] | None = None


DEFAULT = Deployment()


@dataclass(frozen=True)
class ProviderCase:
    """A provider: how its function runs, and what its simulator's addresses stand for."""

    name: str
    deploy: Callable[[Services, Deployment], Deployed]
    #: Returns a new address for an outcome in the simulator's words: `ok`, `http-503`.
    address: Callable[[str], str]
    rows: Mapping[str, Row]
    #: Outcomes whose codes are in no row, with the codes and classes that they get.
    unlisted: Sequence[tuple[str, str, ErrorClass]]
    faults: Sequence[tuple[Deployment, str]]  #: deployments, and the codes of their pauses
    shorten_timeout: Callable[[pytest.MonkeyPatch], None]
    timeout: str  #: its code
    accepted: Status = Status.SENT


@dataclass(frozen=True)
class PolledCase:
    """A provider that is asked for the outcome of a message."""

    case: ProviderCase
    silent: str  #: the outcome of a message that is never confirmed
    give_up_after: timedelta
    unauthorized: Mapping[str, Any]  #: a secret
    code: str  #: of its refusal


def _twilio(services: Services, how: Deployment) -> Deployed:
    secret = TWILIO_SECRET if how.secret is None else how.secret
    return services.consumer("Twilio", secret, url="" if how.reachable else NOWHERE)


def _expo(services: Services, how: Deployment) -> Deployed:
    secret = EXPO_SECRET if how.secret is None else how.secret
    return services.consumer("Expo", secret, url="" if how.reachable else NOWHERE)


def _ses(services: Services, how: Deployment) -> Deployed:
    environment = {"SES_CONFIGURATION_SET": "notifications", **(how.environment or {})}
    if not how.reachable:
        environment["AWS_ENDPOINT_URL_SESV2"] = NOWHERE
    return through_the_simulator(services, **environment)


def _smtp(services: Services, how: Deployment) -> Deployed:
    server = MailServer(services.simulator.smtp_port if how.reachable else 9)
    return by_smtp(services, server, **(how.environment or {}))


#: Twilio's magic numbers, by the first word of an outcome. `{}` is its second word.
NUMBERS = {
    "ok": "+1555NNNNNNN",
    "error": "+1599{:0>5}NN",
    "http": "+1598{}NNNN",
    "fail": "+1597{:0>2}NNNNN",
    "hang": "+1595{:0>2}NNNNN",
    "cut": "+1594NNNNNNN",
    "throttle": "+1593{:0>2}NNNNN",
    "drop": "+1592NNNNNNN",
    "silent": "+15904NNNNNN",
}


def _number(outcome: str) -> str:
    word, _, value = outcome.partition("-")
    return some_number(NUMBERS[word].format(value))


#: What the simulator calls the codes of SES that have two words.
SIMULATED = {
    "error-MessageRejected NotVerified": "error-NotVerified",
    "error-ThrottlingException DailyQuotaExceeded": "error-DailyQuota",
}


def _address(outcome: str) -> str:
    return some_address(SIMULATED.get(outcome, outcome))


def _shorten_timeout_of_twilio(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("notification_core.providers.http.PROVIDER_TIMEOUT", (1, 0.3))


def _shorten_timeout_of_expo(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("functions.targets.expo.handler.Budget", lambda: Budget(0.3))


def _shorten_timeout_of_ses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ses, "ONCE", ses.ONCE.merge(Config(read_timeout=0.3)))


TWILIO = ProviderCase(
    name="twilio",
    deploy=_twilio,
    address=_number,
    rows=table_of("twilio").rows,
    unlisted=[
        ("error-12", "12", ErrorClass.MESSAGE),
        ("http-418", "418", ErrorClass.MESSAGE),
        ("http-401", "401", ErrorClass.CONFIGURATION),
        ("http-408", "408", ErrorClass.TRANSIENT),
        ("http-429", "429", ErrorClass.THROTTLED),
        ("http-503", "503", ErrorClass.AMBIGUOUS),
        ("cut", "connection-cut", ErrorClass.AMBIGUOUS),
        ("drop", "connection-cut", ErrorClass.AMBIGUOUS),
    ],
    faults=[
        (Deployment(secret={}), "secret-incomplete"),
        (Deployment(secret=TWILIO_SECRET | {"auth_token": "wrong"}), "20003"),
        (Deployment(secret=TWILIO_SECRET | {"from": ""}), "no-sender"),
    ],
    shorten_timeout=_shorten_timeout_of_twilio,
    timeout="read-timeout",
)
EXPO = ProviderCase(
    name="expo",
    deploy=_expo,
    address=some_token,
    rows=table_of("expo").rows,
    unlisted=[
        ("error-SomethingNew", "SomethingNew", ErrorClass.MESSAGE),
        ("error-VALIDATION_ERROR", "VALIDATION_ERROR", ErrorClass.MESSAGE),
        ("throttle-1", "TOO_MANY_REQUESTS", ErrorClass.THROTTLED),
        ("http-429", "429", ErrorClass.THROTTLED),
        ("http-403", "403", ErrorClass.CONFIGURATION),
        ("http-400", "400", ErrorClass.MESSAGE),
        ("http-503", "503", ErrorClass.AMBIGUOUS),
        ("http-504", "504", ErrorClass.AMBIGUOUS),
        ("http-200", "200", ErrorClass.AMBIGUOUS),
        ("cut", "connection-cut", ErrorClass.AMBIGUOUS),
    ],
    faults=[(Deployment(secret={"access_token": "wrong"}), "UNAUTHORIZED")],
    shorten_timeout=_shorten_timeout_of_expo,
    timeout="read-timeout",
)
SES = ProviderCase(
    name="ses",
    deploy=_ses,
    address=_address,
    rows=mail_rows("api"),
    unlisted=[
        ("error-SomethingNew", "SomethingNew", ErrorClass.MESSAGE),
        ("http-503", "503", ErrorClass.AMBIGUOUS),
        ("http-403", "403", ErrorClass.CONFIGURATION),
        ("throttle-1", "TooManyRequestsException", ErrorClass.THROTTLED),
        ("fail-1", "ServiceUnavailable", ErrorClass.AMBIGUOUS),
        ("cut", "no-answer", ErrorClass.AMBIGUOUS),
        ("drop", "no-answer", ErrorClass.AMBIGUOUS),
    ],
    faults=[(Deployment(environment={"EMAIL_FROM": ""}), "no-sender")],
    shorten_timeout=_shorten_timeout_of_ses,
    timeout="no-answer",
)

#: The requests to these have an HTTP status. A mail server has codes of its own.
HTTP = [TWILIO, EXPO, SES]
SMTP = ProviderCase(
    name="smtp",
    deploy=_smtp,
    address=_address,
    rows=mail_rows("smtp"),
    unlisted=[],
    faults=[(Deployment(environment={"EMAIL_FROM": ""}), "no-sender")],
    shorten_timeout=lambda _: None,
    timeout="",
    accepted=Status.DELIVERED,
)
CASES = [*HTTP, SMTP]

POLLED = [
    PolledCase(
        case=TWILIO,
        silent="silent",
        give_up_after=timedelta(days=3),
        unauthorized=TWILIO_SECRET | {"auth_token": "wrong"},
        code="20003",
    ),
    PolledCase(
        case=EXPO,
        silent="never",
        give_up_after=timedelta(days=1),
        unauthorized={"access_token": "old"},
        code="UNAUTHORIZED",
    ),
]
