"""The input of the calculator: a month's notifications, and the settings of the deployment."""

from dataclasses import dataclass

#: Minutes of a month of 730 hours, the month of the AWS Pricing Calculator. Each has one tick.
MINUTES = 43_800
#: Days of such a month.
DAYS = 730 / 24

TARGETS = ("email", "twilio", "expo")
PRECISIONS = ("second", "exact")
ARCHITECTURES = ("arm64", "x86_64")

#: Characters of the body with which `counts.toml` was counted.
BODY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The notifications of a month. The defaults are the defaults of a deployment."""

    per_month: int = 1_000_000
    bulk: bool = False  #: batches of 100, 500 due in a second; otherwise each is alone in a second
    target: str = "email"
    body_bytes: int = BODY
    retention_days: int = 90
    precision: str = "second"
    architecture: str = "arm64"
    tracing: bool = False
    parameter_store: bool = False  #: the providers' credentials are in Parameter Store
    confirmed: bool = True
    console: bool = False  #: with the web console, for which each run of a function stores counters


@dataclass(frozen=True, slots=True)
class Deployed:
    """The resources with a monthly charge, in a deployment with the template's defaults."""

    polled_queues: int = 5
    dead_letter_queues: int = 5
    schedules: int = 2
    own_secrets: int = 2  #: keys that the deployment generates
    credentials: int = 3  #: the providers' secrets
    alarm_metrics: int = 26
    memory: int = 512  #: megabytes
    dead_letters_memory: int = 256


DEPLOYED = Deployed()
