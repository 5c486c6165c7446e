"""Connects the ports to their adapters. No other module chooses adapters."""

import os
import time
from collections.abc import Mapping, Sequence
from functools import cache
from threading import Lock
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

from notification_core.adapters.aws_json import AwsJsonClient
from notification_core.adapters.dynamodb import models
from notification_core.adapters.dynamodb.fast.counters import DynamoCounters
from notification_core.adapters.dynamodb.fast.json_client import DynamoDBJsonClient
from notification_core.adapters.dynamodb.stores import dynamodb_stores
from notification_core.adapters.dynamodb.tables.connection import share_client
from notification_core.adapters.identifier_hasher import IdentifierHasher
from notification_core.adapters.json_schema import check_extra
from notification_core.adapters.s3_contents import S3Contents
from notification_core.adapters.s3_evidence import S3Evidence
from notification_core.adapters.secrets import CONFIG as SECRETS_CONFIG
from notification_core.adapters.secrets import Secrets
from notification_core.adapters.sqs_json_client import SqsJsonClient
from notification_core.adapters.sqs_queues import SqsQueues
from notification_core.adapters.template_bodies import S3TemplateBodies
from notification_core.ports import Ports
from notification_core.runtime.clock import clock
from notification_core.runtime.settings import Settings, read_settings, secret_id

Client = TypeVar("Client", bound=AwsJsonClient)

#: For AWS services. The timeouts leave time for another attempt within a function's time limit.
AWS_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=128,
    tcp_keepalive=True,
)

#: For large contents, which are loaded just before a send. All attempts end within 20 s.
CONTENT_CONFIG = AWS_CONFIG.merge(
    Config(read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
)


@cache
def ports() -> Ports:
    """Return this process's ports, with the tables that the environment names."""
    return wire(read_settings(os.environ, models.VARIABLES))


def wire(settings: Settings) -> Ports:
    """Return ports with the AWS adapters."""
    use_tables(settings.tables, aws_client("dynamodb"))
    dynamodb = low_level_client(DynamoDBJsonClient)
    return Ports(
        **dynamodb_stores(
            dynamodb,
            clock(),
            S3TemplateBodies(lambda: aws_client("s3", CONTENT_CONFIG), settings.content_bucket),
            due_shards=settings.due_shards,
            retention=settings.retention,
        ),
        contents=S3Contents(lambda: aws_client("s3", CONTENT_CONFIG), settings.content_bucket),
        hash_identifier=IdentifierHasher(secrets(), lambda: secret_id("ERASURE_SECRET_ID")),
        queues=SqsQueues(
            aws_client("sqs"),
            low_level_client(SqsJsonClient),
            settings.queue_prefix,
            settings.jobs_queue,
            containers=settings.max_concurrency,
        ),
        evidence=S3Evidence(lambda: aws_client("s3"), settings.content_bucket),
        counters=DynamoCounters(dynamodb, settings.counters_table),
        clock=clock(),
        sleep=time.sleep,
        check_extra=check_extra,
        due_shards=settings.due_shards,
        containers=settings.max_concurrency,
        search_indexes=settings.search_indexes,
    )


def use_tables(tables: Mapping[str, str], client: Any, chosen: Sequence[Any] = models.ALL) -> None:
    """Set the tables of PynamoDB models, by default of all, and let them share one client."""
    for model in chosen:
        model.Meta.table_name = tables[model.Meta.variable]
    share_client(client, chosen)


def low_level_client(kind: type[Client]) -> Client:
    """Return a client for the hot path, with the endpoint and credentials of botocore's client."""
    meta = aws_client(kind.service).meta
    credentials = _session().get_credentials()
    if credentials is None:
        raise NoCredentialsError
    return kind(meta.endpoint_url, meta.region_name, credentials)


@cache
def secrets() -> Secrets:
    """Return this process's secrets."""
    return Secrets(lambda service: aws_client(service, SECRETS_CONFIG), clock())


_making_client = Lock()


@cache
def _session() -> Session:
    # A boto3 session takes 40 ms to import, because its S3 transfers need multiprocessing.
    return Session()


@cache
def aws_client(service: str, config: Config = AWS_CONFIG) -> Any:
    """Return this process's client of an AWS service."""
    with _making_client:  # a session is not thread-safe, and a batch's first sends run in parallel
        return _session().create_client(service, config=config)
