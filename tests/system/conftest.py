"""The deployed stack, with IAM enforced, in a folder of its own."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
import requests
from botocore.config import Config

from infra.local import clock
from infra.local.caller import Caller
from infra.local.layout import ROOT_KEY
from infra.local.stack import LocalStack
from tests.cli.conftest import Ran, notify

UNDER_WAY = frozenset({"SCHEDULED", "SENDING", "RETRY"})
UNCONFIRMED = UNDER_WAY | {"SENT"}

#: Runs `notify` on the stack.
Run = Callable[..., Ran]


@dataclass
class System:
    """A stack that is up, and the ways a test looks into it."""

    access: dict[str, Any]
    stack: LocalStack
    api: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.api = Caller(self.access)

    def client(self, service: str, key: dict[str, str] | None = None) -> Any:
        """Return an AWS client: with the emulator's root key, or another."""
        key = key or {name.lower(): value for name, value in ROOT_KEY.items()}
        return boto3.client(
            service,
            endpoint_url=self.access["endpoint_url"],
            region_name=self.access["region"],
            config=Config(retries={"total_max_attempts": 1}),
            **key,
        )

    def invoke(self, function: str, event: Any = None) -> Any:
        """Run a function by its name in the template."""
        name = self.access["functions"][function]
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
        return json.loads(answer["Payload"].read())

    def inbox(self, to: str) -> list[dict[str, Any]]:
        """What a person would have received."""
        url = f"{self.access['simulator_url']}/inbox"
        items: list[dict[str, Any]] = requests.get(url, params={"to": to}, timeout=10).json()[
            "items"
        ]
        return items

    def register(self, user: str, target: str, address: str) -> str:
        """Register an address; returns the record's id."""
        body = {"user": user, "target": target, "target_user_id": address}
        return str(self.api("POST", "/target-user-records", body).body["id"])

    def notify(self, **request: Any) -> list[dict[str, Any]]:
        """Ask for notifications."""
        body = {"title": "Hello", "body": "There", **request}
        answer = self.api("POST", "/notifications", body)
        assert answer.status == 201, answer
        items: list[dict[str, Any]] = answer.body["items"]
        return items

    def read(self, notification: dict[str, Any]) -> dict[str, Any]:
        """Read a notification as it stands."""
        found: dict[str, Any] = self.api("GET", f"/notifications/{notification['id']}").body
        return found

    def ended(self, notification: dict[str, Any]) -> dict[str, Any]:
        """Wait until a notification has ended, its confirmation included."""
        wait_for(lambda: self.read(notification)["status"] not in UNCONFIRMED)
        return self.read(notification)

    def gone(self, notification: dict[str, Any]) -> dict[str, Any]:
        """Wait until a notification has been sent, or will not be."""
        wait_for(lambda: self.read(notification)["status"] not in UNDER_WAY)
        return self.read(notification)

    def record(self, record_id: str) -> dict[str, Any]:
        """Read a target user record."""
        found: dict[str, Any] = self.api("GET", f"/target-user-records/{record_id}").body
        return found

    def target(self, name: str) -> dict[str, Any]:
        """Read a target as it stands."""
        found: dict[str, Any] = next(
            each for each in self.api.listed("/targets") if each["name"] == name
        )
        return found

    def simulator(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the providers' simulator."""
        url = f"{self.access['simulator_url']}{path}"
        answer = requests.request(method, url, json=body, timeout=30)
        return answer.json() if answer.content else None

    def tick(self) -> None:
        """Let the dispatcher run now."""
        self.invoke("Dispatcher")

    def read_dead_letters(self) -> None:
        """Let the function that reads the dead-letter queues run now."""
        self.invoke("DeadLetters")

    def log_lines(self, since: float = 0) -> Iterator[str]:
        """Every line of every function's log from a time in seconds on.

        `filter_log_events` of the emulator ends after 10,000 lines, without a token for the rest.
        """
        logs, group = self.client("logs"), self.access["outputs"]["LogGroup"]
        for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=group):
            for stream in page["logStreams"]:
                query = {"logGroupName": group, "logStreamName": stream["logStreamName"]}
                query |= {"startFromHead": True, "startTime": int(since * 1000)}
                while events := (answer := logs.get_log_events(**query))["events"]:
                    yield from (event["message"] for event in events)
                    query["nextToken"] = answer["nextForwardToken"]

    @contextmanager
    def later(self, **ahead: float) -> Iterator[None]:
        """Move the clock forward for a while."""
        clock.move(self.stack, timedelta(**ahead))
        try:
            yield
        finally:
            clock.move(self.stack, timedelta(0))

    def put_secret(self, module: str, **changes: str) -> None:
        """Change a provider's credentials."""
        name, changed = f"{self.access['stack_name']}/{module}", self.secret(module) | changes
        secrets = self.client("secretsmanager")
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps(changed))

    def secret(self, module: str) -> dict[str, str]:
        """Read a provider's credentials."""
        name = f"{self.access['stack_name']}/{module}"
        answer = self.client("secretsmanager").get_secret_value(SecretId=name)
        found: dict[str, str] = json.loads(answer["SecretString"])
        return found


def wait_for(condition: Callable[[], bool], seconds: float = 150, pause: float = 0.1) -> None:
    """Wait until a condition holds. `pause` is the number of seconds between two looks.

    What a run of the dispatcher has just missed comes with the next one, a minute later.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(pause)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The stack; what it costs to bring up is paid once."""
    stack = LocalStack(Path(tmp_path_factory.mktemp("stack")), say=lambda _: None)
    try:
        yield System(stack.up(), stack)
    finally:
        stack.down()


@pytest.fixture
def user() -> str:
    """A user that no other test has."""
    return f"user-{uuid4()}"


@pytest.fixture
def run(system: System) -> Run:
    """Run the program on the stack; what a person sees of it fits 80 columns."""

    def running(*words: str, code: int = 0, stdin: str = "") -> Ran:
        ran = notify(*words, "--local", str(system.stack.layout.stack), stdin=stdin)
        assert ran.code == code, ran
        assert "Traceback" not in ran.err
        assert "--json" in words or "doctor" in words or ran.widest <= 80, ran
        return ran

    return running


@pytest.fixture
def ask(run: Run) -> Callable[..., Any]:
    """Run the program for its JSON."""

    def asking(*words: str, code: int = 0) -> Any:
        ran = run(*words, "--json", code=code)
        assert ran.err == "", ran
        return json.loads(ran.out)

    return asking
