"""A Django project with the app, and the real API over stores in memory.

The tests run in the environments `django` and `django42`: `make django`.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]

if find_spec("django") is None:  # the environment `dev`
    collect_ignore_glob = ["test_*.py"]
else:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django.settings"
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    os.environ |= {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    import django

    django.setup()


@pytest.fixture(scope="session")
def api_url() -> Iterator[str]:
    """The address of the API."""
    environment = os.environ | {
        "PYTHONPATH": f"{PROJECT}:{PROJECT}/shared:{PROJECT}/clients/python"
    }
    command = [str(PROJECT / ".local/env/dev/bin/python"), "-m", "tests.django.api_process"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the API did not start"
        yield url
        process.communicate(timeout=10)


@pytest.fixture(scope="session")
def tables() -> Iterator[None]:
    """The tables of the project."""
    from django.test.utils import (
        setup_databases,
        setup_test_environment,
        teardown_databases,
        teardown_test_environment,
    )

    setup_test_environment()
    old = setup_databases(verbosity=0, interactive=False)
    yield
    teardown_databases(old, verbosity=0)
    teardown_test_environment()


@pytest.fixture(autouse=True)
def configure(api_url: str, tables: None) -> Iterator[Callable[..., None]]:
    """Change `NOTIFICATION_SYSTEM` and other settings; stores and tables are empty afterwards."""
    import httpx
    from django.contrib.admin.models import LogEntry
    from django.contrib.auth.models import User
    from django.test.utils import override_settings

    from notification_system.django.models import OutboxEntry

    del tables
    enabled = []

    def change(system: dict[str, Any] | None = None, **others: Any) -> None:
        base = {
            "API_URL": f"{api_url}/v1",
            "REGION": "us-east-1",
            "RETRY_SECONDS": 0.0,
            "ADDRESSES": {"Email": "email"},
        }
        override = override_settings(NOTIFICATION_SYSTEM=base | (system or {}), **others)
        override.enable()
        enabled.append(override)

    change()
    yield change
    while enabled:
        enabled.pop().disable()
    httpx.delete(f"{api_url}/").raise_for_status()
    with override_settings(NOTIFICATION_SYSTEM={"LOCAL": True}):  # nothing is synchronised
        User.objects.all().delete()
    LogEntry.objects.all().delete()
    OutboxEntry.objects.all().delete()


def mailer(backend: str) -> dict[str, Any]:
    """Return the settings of a project that sends its e-mails by a backend."""
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": {"BACKEND": backend}}}
    return {"EMAIL_BACKEND": backend}


@pytest.fixture
def fail(api_url: str) -> Callable[[int], None]:
    """Let the next requests fail with 503."""
    import httpx

    def fail_next(count: int) -> None:
        httpx.put(f"{api_url}/failures/{count}").raise_for_status()

    return fail_next


@pytest.fixture
def api() -> Any:
    """The client of the project."""
    from notification_system.django import client

    return client()


@pytest.fixture
def user() -> Any:
    """A user whose address is registered."""
    from django.contrib.auth.models import User

    return User.objects.create_user("pat", "pat@example.com", "a password")


@pytest.fixture
def browser() -> Any:
    """A browser of an administrator, which checks for cross-site requests."""
    from django.contrib.auth.models import User
    from django.test import Client

    User.objects.create_superuser("root", "", "a password")
    browser = Client(enforce_csrf_checks=True)
    assert browser.login(username="root", password="a password")
    return browser


@pytest.fixture
def waiting(user: Any) -> str:
    """A notification that waits until tomorrow."""
    from notification_system.django import notify

    tomorrow = datetime.now(UTC) + timedelta(days=1)
    notice = notify(user, title="<i>Visit</i>", body="<b>10:00</b>", scheduled_delivery=tomorrow)
    return str(notice.notifications[0].id)
