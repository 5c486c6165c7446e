"""What the calculator is asked: a month's notifications, and how the deployment is set."""

from dataclasses import dataclass

#: Minutes of a month of 730 hours, which is how AWS's own calculator has it: as many ticks.
MINUTES = 43_800
#: Days of such a month.
DAYS = 730 / 24

TARGETS = ("email", "twilio", "expo")
PRECISIONS = ("second", "exact")
ARCHITECTURES = ("arm64", "x86_64")

#: Characters of a body that `counts.toml` was counted with.
BODY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is asked for in a month. The defaults are those of a deployment."""

    per_month: int = 1_000_000
    bulk: bool = False  #: by batches of 100, 500 due in a second; else each alone in its second
    target: str = "email"
    body_bytes: int = BODY
    retention_days: int = 90
    precision: str = "second"
    architecture: str = "arm64"
    tracing: bool = False
    parameter_store: bool = False  #: the providers' credentials lie there
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Deployed:
    """How much a deployment with the template's defaults has of what is charged by the month."""

    polled_queues: int = 5
    dead_letter_queues: int = 5
    schedules: int = 2
    own_secrets: int = 2  #: keys that the deployment made
    credentials: int = 3  #: of the providers
    alarm_metrics: int = 25
    memory: int = 512  #: megabytes
    dead_letters_memory: int = 256


DEPLOYED = Deployed()
