"""Clients of the AWS emulator, with short time-outs because an open call delays the shutdown."""

import functools
import os
from typing import Any

import boto3
from botocore.config import Config

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

_TIMEOUT = 3  # seconds


def may_call() -> bool:
    """Return whether the environment has credentials."""
    return all(os.environ.get(key) for key in KEYS)


@functools.cache
def client(service: str, url: str) -> Any:
    """Return this process's client of one service of the emulator."""
    config = Config(
        connect_timeout=_TIMEOUT,
        read_timeout=_TIMEOUT,
        retries={"total_max_attempts": 1},
        proxies={},
    )
    region = os.environ.get("AWS_REGION", "us-east-1")
    session = boto3.session.Session()
    return session.client(service, endpoint_url=url, region_name=region, config=config)
