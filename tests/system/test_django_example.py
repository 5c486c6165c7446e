"""The Django project of docs/examples/django, against the deployed stack.

It needs the environments `django` and `django42`, which `make django` installs.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.layout import PROJECT
from tests.system.conftest import System, wait_for

ENVIRONMENTS = PROJECT / ".local/env"
VERSIONS = ("django", "django42")

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        not all((ENVIRONMENTS / name / ".ready").exists() for name in VERSIONS)
        and not os.environ.get("REQUIRE_DJANGO"),
        reason="NO DJANGO: run make django, which installs Django",
    ),
]

CUSTOMER = """
from shop.models import *
from shop.services import *
from django.db import transaction
from notification_system.django import client, notify, user_id
customer, _ = Customer.objects.get_or_create(username="{name}", email="{name}@example.com")
"""


@dataclass(frozen=True)
class Project:
    """A copy of the project, its database, and a prefix for the names of its customers."""

    folder: Path
    python: Path
    stack: Path
    version: str

    def run(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """Run a command of manage.py; return its output."""
        environment = os.environ | {
            "NOTIFY_LOCAL": str(self.stack),
            "PYTHONPATH": str(PROJECT / "clients/python"),
        }
        ran = subprocess.run(
            [str(self.python), "manage.py", *words],
            cwd=self.folder,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def shell(self, name: str, script: str, *, code: int = 0) -> str:
        """Run a script with a customer of this name."""
        text = CUSTOMER.format(name=self.customer(name)) + script
        return self.run("shell", stdin=text, code=code)

    def customer(self, name: str) -> str:
        """Return the name of a customer, which no other version has."""
        return f"{name}-{self.version}"


@pytest.fixture(scope="module", params=VERSIONS)
def project(
    request: pytest.FixtureRequest, system: System, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    folder = tmp_path_factory.mktemp(request.param) / "project"
    shutil.copytree(PROJECT / "docs/examples/django", folder)
    python = ENVIRONMENTS / request.param / "bin/python"
    # Primary keys are the ids of users, and both projects use one stack.
    settings = folder / "mysite/settings.py"
    user_id = f'lambda user: f"{request.param}-{{user.pk}}"'
    with settings.open("a") as file:
        file.write(f'\nNOTIFICATION_SYSTEM["USER_ID"] = {user_id}\n')
    project = Project(folder, python, system.stack.layout.stack, request.param)
    project.run("migrate", "--verbosity", "0")
    return project


def test_the_checks_find_nothing(project: Project) -> None:
    assert "no issues" in project.run("check", "--deploy", "--tag", "notifications")


def test_an_order_that_is_shipped_reaches_every_address(project: Project, system: System) -> None:
    digits = VERSIONS.index(project.version)
    phone, token = f"+1555123008{digits}", f"ExponentPushToken[{project.version}]"
    project.shell(
        "ann",
        f"""
customer.phone_number = "{phone}"
customer.save()
Device.objects.create(customer=customer, push_token="{token}")
order = Order.objects.create(customer=customer, article="Teapot")
ship(order.pk)
ship(order.pk)
""",
    )

    addresses = [f"{project.customer('ann')}@example.com", phone, token]
    wait_for(lambda: all(system.inbox(address) for address in addresses))
    assert [len(system.inbox(address)) for address in addresses] == [1, 1, 1]


def test_a_rollback_sends_nothing_and_a_crash_after_the_commit_loses_nothing(
    project: Project, system: System
) -> None:
    project.shell(
        "bob",
        """
try:
    with transaction.atomic():
        notify(customer, title="Rolled back", body="x")
        raise RuntimeError
except RuntimeError:
    pass
""",
    )
    script = """
import os
with transaction.atomic():
    transaction.on_commit(lambda: os._exit(7))  # the process is killed after the commit
    notify(customer, title="Committed", body="x")
"""
    project.shell("bob", script, code=7)
    address = f"{project.customer('bob')}@example.com"
    assert system.inbox(address) == []

    assert "1 sent" in project.run("send_outbox", "--older-than", "0")
    wait_for(lambda: bool(system.inbox(address)))
    assert "0 sent" in project.run("send_outbox", "--older-than", "0")
    assert [message["title"] for message in system.inbox(address)] == ["Committed"]


def test_a_password_reset_arrives_for_a_customer_who_has_opted_out_of_everything(
    project: Project, system: System
) -> None:
    project.shell(
        "cleo",
        """
from django.test import Client
customer.set_password("a password")
customer.save()
client().set_opt_out(user_id(customer), active=True)
assert notify(customer, title="Sale", body="Today only.").error is not None
response = Client().post("/accounts/password_reset/", {"email": customer.email})
assert response.status_code == 302, response
""",
    )

    address = f"{project.customer('cleo')}@example.com"
    wait_for(lambda: bool(system.inbox(address)))
    [message] = system.inbox(address)
    assert message["title"] == "Password reset on testserver"
    assert "/accounts/reset/" in message["body"]


def test_reminders_are_scheduled_once(project: Project) -> None:
    project.shell(
        "dan",
        """
from datetime import timedelta
from django.utils import timezone
day = timezone.localdate() + timedelta(days=3)
Order.objects.create(customer=customer, article="Cup", collected_on=day)
""",
    )

    for _ in range(2):
        assert "1 reminders are scheduled." in project.run("remind")
    count = "print(len(list(client().notifications(user=user_id(customer)))), 'reminder')"
    assert "1 reminder" in project.shell("dan", count)
