"""The functions over a cloud that counts."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from notification_core.adapters.dynamodb import models
from notification_core.adapters.dynamodb.models.counters import CounterItem
from notification_core.ports import Ports
from notification_core.runtime import wiring
from tests.emulator import ENVIRONMENT, Emulator
from tests.functions.lambda_calls import Context
from tests.scaling.cloud import Cloud, serving

MODULES = ("email", "expo", "twilio")

#: Tables and queues of its own: how many modules there are, and what lies there, is counted too.
OWN = {
    name: f"scaling-{value}"
    for name, value in ENVIRONMENT.items()
    if name.endswith("_TABLE") or name in {"QUEUE_PREFIX", "JOBS_QUEUE"}
}


@pytest.fixture(scope="module")
def cloud(aws: Ports, emulator: Emulator) -> Iterator[Cloud]:
    """The counting cloud; the functions of this process are wired to it meanwhile."""
    del aws  # its secrets and its bucket are there now
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(Cloud(emulator.url, OWN["NOTIFICATIONS_TABLE"])) as cloud,
    ):
        for name, value in (ENVIRONMENT | OWN).items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", cloud.url)
        for module in ("opt_out", "opt_out_job"):
            patch.setattr(f"notification_core.usecases.consent.{module}.INDEX_LAG", timedelta(0))
        patch.setattr("notification_core.adapters.recent.FRESH_FOR", timedelta(hours=1))
        no_wait = SimpleNamespace(sleep=lambda _: None)
        patch.setattr("notification_core.adapters.dynamodb.tables.targets.time", no_wait)
        _furnish(emulator)
        _forget()
        yield cloud
    _forget()
    wiring.use_tables(ENVIRONMENT, emulator.client("dynamodb"))


def _furnish(emulator: Emulator) -> None:
    wiring.use_tables(ENVIRONMENT | OWN, emulator.client("dynamodb"))
    wiring.use_tables(ENVIRONMENT | OWN, emulator.client("dynamodb"), [CounterItem])
    for model in (*models.ALL, CounterItem):
        if not model.exists():
            model.create_table(wait=True)
    sqs = emulator.client("sqs")
    for module in MODULES:
        sqs.create_queue(QueueName=f"{OWN['QUEUE_PREFIX']}{module}")
    sqs.create_queue(QueueName=OWN["JOBS_QUEUE"])


def _forget() -> None:
    wiring.ports.cache_clear()
    wiring.aws_client.cache_clear()


@pytest.fixture(scope="module")
def registered(cloud: Cloud) -> Ports:
    """The wired ports, with the shipped targets registered."""
    from functions.targets.register import lambda_handler  # noqa: PLC0415

    del cloud
    lambda_handler({"RequestType": "Create"}, Context())
    ports = wiring.ports()
    for module in MODULES:
        ports.queues.counts(module)  # a container asks once where its queues are
    ports.queues.enqueue_job("no-job")
    return ports
