"""The local stack, as described by the stack.json that `make up` writes."""

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from notification_system._sync.client import Client
from notification_system.cli.deployment import RETRIES, Clients, DeploymentOptions
from notification_system.cli.errors import CliError
from notification_system.deployments import Deployment, find_local_stack, read_local_stack
from notification_system.errors import ConfigurationError
from notification_system.signing import SigV4Signer

#: The root key of the local emulator, the only key it accepts. It has no use elsewhere.
EMULATOR_KEY = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


NAME_FILE = "Pass the stack.json that `make up` writes, such as --local .local/stack.json"

START = (
    "Run: make up. In another folder, pass the path of its stack.json: --local PATH. "
    "For a stack on AWS, pass --stack NAME or set NOTIFY_STACK."
)


def _stack_file(named: Path | None) -> Path:
    """Return the stack.json that the user named, or that of the current folder. Raises CliError."""
    if named is None:
        try:
            return find_local_stack(Path.cwd())
        except ConfigurationError as error:
            raise CliError(f"{error}.", START) from error
    path = named / "stack.json" if named.is_dir() else named
    if not path.is_file():
        raise CliError(f"--local {path}: no such file.", NAME_FILE)
    return path


class LocalDeployment:
    """The stack that `make up` started."""

    is_local = True

    def __init__(self, options: DeploymentOptions) -> None:
        self._path = _stack_file(options.local)
        try:
            self._access = read_local_stack(self._path)
        except ConfigurationError as error:
            raise CliError(f"{error}.", START) from error
        self._option = options.local
        self.client = Clients(self._client)

    @property
    def stack(self) -> str:
        """The stack's name."""
        return str(self._access["stack_name"])

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        outputs: Mapping[str, str] = self._access["outputs"]
        return outputs

    @property
    def console_login(self) -> Mapping[str, str]:
        """The login that `make up` created."""
        names = ("user", "password")
        login = {name: self._access.get(f"console_{name}") for name in names}
        return {name: str(value) for name, value in login.items() if value}

    @property
    def unreachable(self) -> str:
        """The remedy for a failed connection."""
        return "The local stack is down. Run: make up"

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        return "make up"

    @property
    def deploy_anew(self) -> str:
        """The first command for recreating a deleted resource."""
        return "make down up"

    def api(self, credentials: Any = None) -> Client:
        """Return a client of its API, by default with the operator's key."""
        from botocore.credentials import Credentials  # noqa: PLC0415 - slow to import

        signer = SigV4Signer(credentials or Credentials(*self._key), self._access["region"])
        deployment = Deployment(self._access["api_url"], signer, is_local=True)
        return Client.of_deployment(deployment, retries=RETRIES)

    @property
    def _key(self) -> tuple[str, str]:
        # The stack.json of an older `make up` has no operator.
        prefix = "operator_" if "operator_access_key_id" in self._access else ""
        access = self._access
        return access[f"{prefix}access_key_id"], access[f"{prefix}secret_access_key"]

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
        """Return the stack's current time, which `make clock` can set ahead."""
        try:
            ahead = float(self._path.with_name("clock").read_text())
        except (FileNotFoundError, ValueError):
            ahead = 0
        return datetime.now(UTC) + timedelta(seconds=ahead)

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI, with the emulator's root key."""
        key = [f"{name}={value}" for name, value in EMULATOR_KEY.items()]
        where = ["--endpoint-url", self._access["endpoint_url"], "--region", self._access["region"]]
        return shlex.join([*key, "aws", *where, *words])

    def notify(self, *words: str) -> str:
        """Return a command of `notify` for this deployment."""
        where = ["--local", str(self._option)] if self._option else []
        return shlex.join(["notify", *words, *where])
