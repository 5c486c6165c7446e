"""A consumer and the console over the world in memory."""

import io
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from notification_core.entrypoints import batch_metrics, counting
from notification_core.entrypoints import consumer as edge
from notification_core.entrypoints.rate_limiter import RateLimiter
from notification_core.runtime import observability
from notification_core.runtime.settings import ConsumerSettings
from tests.builders import World
from tests.console_world import ConsoleWorld

SETTINGS = ConsumerSettings(module="pigeon", provider_url=None, public_url=None, max_concurrency=1)


@pytest.fixture
def log(world: World, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Wire the consumer to the world; what it logs."""
    written = io.StringIO()
    monkeypatch.setattr(edge, "ports", lambda: world.ports)
    monkeypatch.setattr(edge, "consumer_settings", lambda: SETTINGS)
    monkeypatch.setattr(edge, "_pace", lambda: RateLimiter(SETTINGS.max_concurrency))
    logger = Logger(service=f"test-{uuid4()}", stream=written)
    for module in (batch_metrics, counting, observability):
        monkeypatch.setattr(module, "logger", logger)
    return written


@pytest.fixture
def site(world: World) -> ConsoleWorld:
    """The console."""
    return ConsoleWorld(world)


@pytest.fixture
def pause(world: World) -> str:
    """The path of a change."""
    return f"/targets/{world.target.id}/pause"
