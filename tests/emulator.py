"""An emulator of AWS, and the real adapters over tables, a bucket and a queue in it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import Credentials

from infra.local.daemons import Daemon
from infra.local.emulator import choose_ports, start_emulator
from infra.local.layout import Layout
from notification_core.adapters.dynamodb import models
from notification_core.adapters.dynamodb.fast.counters import DynamoCounters
from notification_core.adapters.dynamodb.fast.json_client import DynamoDBJsonClient
from notification_core.adapters.dynamodb.models.counters import CounterItem
from notification_core.adapters.dynamodb.stores import dynamodb_stores
from notification_core.adapters.s3_contents import S3Contents
from notification_core.adapters.s3_evidence import S3Evidence
from notification_core.adapters.sqs_json_client import SqsJsonClient
from notification_core.adapters.sqs_queues import SqsQueues
from notification_core.adapters.template_bodies import S3TemplateBodies
from notification_core.ports import Ports
from notification_core.runtime.settings import read_settings
from notification_core.runtime.wiring import use_tables
from tests.builders import CONTAINERS, SHARDS, Watch, World

RETENTION = timedelta(days=90)

#: What the template would tell a function.
ENVIRONMENT = {
    **{
        variable: variable.removesuffix("_TABLE").lower().replace("_", "-")
        for variable in models.VARIABLES
    },
    "COUNTERS_TABLE": "counters",
    "CONTENT_BUCKET": "contents",
    "QUEUE_PREFIX": "deliver-",
    "JOBS_QUEUE": "jobs",
    "ERASURE_SECRET_ID": "erasure",
    "DUE_SHARDS": str(SHARDS),
    "MAX_CONCURRENCY": str(CONTAINERS),
    "RETENTION_DAYS": "90",
    "REFERENCE_INDEX": "true",
    "PROVIDER_ID_INDEX": "true",
}
TARGETS = Path(__file__).parents[1] / "functions" / "targets"
QUEUES = ["pigeon", *(path.parent.name for path in TARGETS.glob("*/target.json"))]


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    url: str

    def client(self, service: str) -> Any:
        """Return a client with the emulator's root key."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            config=Config(retries={"total_max_attempts": 2}, max_pool_connections=64),
        )


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator of its own, on free ports."""
    layout = Layout(tmp_path_factory.mktemp("emulator"))
    ports = choose_ports(layout, persist=False)
    daemon = Daemon("emulator", layout)
    start_emulator(daemon, layout, ports)
    daemon.wait_for(f"{ports.endpoint}/_ministack/health")
    yield Emulator(ports.endpoint)
    daemon.stop()


@pytest.fixture(scope="session")
def aws(emulator: Emulator) -> Ports:
    """The real adapters over tables, a bucket and a queue in the emulator."""
    settings = read_settings(ENVIRONMENT, models.VARIABLES)
    dynamodb, watch = emulator.client("dynamodb"), Watch()
    use_tables(settings.tables, dynamodb)
    use_tables(ENVIRONMENT, dynamodb, [CounterItem])
    for model in (*models.ALL, CounterItem):
        if not model.exists():
            model.create_table(wait=True)
    emulator.client("s3").create_bucket(Bucket="contents")
    for module in QUEUES:
        emulator.client("sqs").create_queue(QueueName=f"deliver-{module}")
    emulator.client("sqs").create_queue(QueueName="jobs")
    key = json.dumps({"key": "for tests " * 4})
    emulator.client("secretsmanager").create_secret(Name="erasure", SecretString=key)
    access = emulator.url, "us-east-1", Credentials("test", "test")
    sender, client = SqsJsonClient(*access), DynamoDBJsonClient(*access)
    return replace(
        World().ports,
        **dynamodb_stores(
            client,
            watch,
            S3TemplateBodies(lambda: emulator.client("s3"), "contents"),
            due_shards=SHARDS,
            retention=RETENTION,
            settled_after=timedelta(0),
        ),
        contents=S3Contents(lambda: emulator.client("s3"), "contents"),
        queues=SqsQueues(emulator.client("sqs"), sender, "deliver-", "jobs", containers=CONTAINERS),
        evidence=S3Evidence(lambda: emulator.client("s3"), "contents"),
        counters=DynamoCounters(client, settings.counters_table),
        clock=watch,
        sleep=lambda _: None,  # the watch is shared by all tests, and stands still
    )
