"""The deployment that a command is about: the local stack, or one on AWS."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from infra.caller import SignedCaller
from infra.cli.errors import Trouble
from infra.local.layout import PROJECT, ROOT_KEY, Layout

LOCAL = PROJECT / ".local" / "stack.json"


@dataclass(frozen=True)
class Choice:
    """What the command line says of where."""

    local: Path | None = None
    stack: str | None = None
    region: str | None = None
    profile: str | None = None
    api_url: str | None = None


class Deployment(Protocol):
    """Where the API is, and the AWS account around it."""

    def api(self) -> SignedCaller:
        """Return a caller of its API."""
        ...

    def client(self, service: str) -> Any:
        """Return a client of an AWS service; safe from several threads."""
        ...

    def now(self) -> datetime:
        """Return its time: a local stack's may be ahead."""
        ...

    @property
    def stack(self) -> str:
        """The stack's name."""
        ...

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        ...

    @property
    def unreachable(self) -> str:
        """What to do when nothing answers."""
        ...

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        ...

    @property
    def deploy_anew(self) -> str:
        """The command to begin with when a part of it was deleted."""
        ...

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI that works on it."""
        ...

    def notify(self, *words: str) -> str:
        """Return a command of this program that works on it."""
        ...


def deployment_of(choice: Choice) -> Deployment:
    """Return the deployment that is meant: the local stack, unless another is named.

    Raises:
        Trouble: there is no local stack.
    """
    if choice.stack or choice.api_url:
        return CloudDeployment(choice)
    return LocalDeployment(choice)


class Clients:
    """Clients of AWS services, one each; made one at a time, for a session is not thread-safe."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self._made: dict[str, Any] = {}
        self._lock = Lock()

    def __call__(self, service: str) -> Any:
        """Return the client of a service."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]


class LocalDeployment:
    """What `make up` started, as its stack.json says."""

    def __init__(self, choice: Choice) -> None:
        path = choice.local or LOCAL
        self._path = path
        self._named = choice.local
        try:
            self._access: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            raise Trouble(f"There is no local stack: {path} is missing.", "Run: make up") from None
        except (OSError, ValueError) as error:
            raise Trouble(f"{path} cannot be read: {error}.", "Run: make up") from error
        self.client = Clients(self._client)

    @property
    def stack(self) -> str:
        """The stack's name."""
        return str(self._access["stack_name"])

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        found: Mapping[str, str] = self._access["outputs"]
        return found

    @property
    def unreachable(self) -> str:
        """What to do when nothing answers."""
        return "The local stack is down. Run: make up"

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        return "make up"

    @property
    def deploy_anew(self) -> str:
        """The command to begin with when a part of it was deleted."""
        return "make down up"

    def api(self) -> SignedCaller:
        """Return a caller of its API."""
        from botocore.credentials import Credentials  # noqa: PLC0415 - slow to import

        from infra.local.caller import loopback_session  # noqa: PLC0415

        key = Credentials(*self._key)
        url, region = self._access["api_url"], self._access["region"]
        return SignedCaller(url, region, key, loopback_session())

    @property
    def _key(self) -> tuple[str, str]:
        # A stack that an older `make up` wrote down has no operator.
        who = "operator_" if "operator_access_key_id" in self._access else ""
        found = self._access
        return found[f"{who}access_key_id"], found[f"{who}secret_access_key"]

    def _client(self, service: str) -> Any:
        import boto3  # noqa: PLC0415 - slow to import
        from botocore.config import Config  # noqa: PLC0415

        key_id, secret = self._key
        return boto3.client(
            service,
            endpoint_url=self._access["endpoint_url"],
            region_name=self._access["region"],
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(proxies={}, connect_timeout=2, retries={"mode": "standard"}),
        )

    def now(self) -> datetime:
        """Return its time, as `make clock` has it."""
        try:
            ahead = float(Layout(self._path.parent).clock.read_text())
        except (FileNotFoundError, ValueError):
            ahead = 0
        return datetime.now(UTC) + timedelta(seconds=ahead)

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI, with the emulator's root key."""
        key = [f"{name}={value}" for name, value in ROOT_KEY.items()]
        where = ["--endpoint-url", self._access["endpoint_url"], "--region", self._access["region"]]
        return shlex.join([*key, "aws", *where, *words])

    def notify(self, *words: str) -> str:
        """Return a command of this program."""
        where = ["--local", str(self._named)] if self._named else []
        return shlex.join(["notify", *words, *where])


class CloudDeployment:
    """A stack on AWS, with whatever credentials the AWS SDK finds."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self.client = Clients(self._client)

    @property
    def stack(self) -> str:
        """The stack's name."""
        if not self._choice.stack:
            raise Trouble("This command reads the stack itself.", "Name it: --stack NAME")
        return self._choice.stack

    @cached_property
    def _session(self) -> Any:
        import boto3  # noqa: PLC0415 - slow to import

        found = boto3.Session(profile_name=self._choice.profile, region_name=self._choice.region)
        if not found.region_name:
            raise Trouble("No region is named.", "Name it: --region us-east-1, or AWS_REGION")
        return found

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        stacks = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", ())}

    @property
    def unreachable(self) -> str:
        """What to do when nothing answers."""
        return "Check the network, --region and --api-url."

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        return "make deploy"

    @property
    def deploy_anew(self) -> str:
        """The command to begin with when a part of it was deleted."""
        return self.aws("cloudformation", "detect-stack-drift", "--stack-name", self.stack)

    def api(self) -> SignedCaller:
        """Return a caller of its API."""
        import requests  # noqa: PLC0415 - slow to import

        credentials = self._session.get_credentials()
        if credentials is None:
            from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

            raise NoCredentialsError
        url = self._choice.api_url or self.outputs.get("ApiUrl")
        if not url:
            raise Trouble(f"The stack {self.stack} has no output ApiUrl.", "Name --api-url.")
        return SignedCaller(url, self._session.region_name, credentials, requests.Session())

    def _client(self, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - slow to import

        config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard"})
        return self._session.client(service, config=config)

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI."""
        return shlex.join(["aws", *self._where(stack=False), *words])

    def notify(self, *words: str) -> str:
        """Return a command of this program."""
        return shlex.join(["notify", *words, *self._where(stack=True)])

    def _where(self, *, stack: bool) -> list[str]:
        choice = self._choice
        said = {"--region": choice.region, "--profile": choice.profile}
        if stack:
            said |= {"--stack": choice.stack, "--api-url": choice.api_url}
        return [word for name, value in said.items() if value for word in (name, value)]
