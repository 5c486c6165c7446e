"""The local stack, as described by the stack.json that `make up` writes."""

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from notification_system.cli.deployment import Clients, DeploymentOptions
from notification_system.cli.errors import CliError
from notification_system.signed_caller import SignedCaller, loopback_session

#: The path of the description of the local stack, relative to the checkout.
LOCAL = Path(".local") / "stack.json"

#: The root key of the local emulator, the only key it accepts. It has no use elsewhere.
EMULATOR_KEY = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


START = "Run: make up. In another folder, pass the path of its stack.json: --local PATH"


def local_stack_file(folder: Path) -> Path:
    """Return the stack.json of the checkout that contains a folder. Raises CliError."""
    for parent in (folder, *folder.parents):
        if (parent / LOCAL).is_file():
            return parent / LOCAL
    raise CliError(f"There is no local stack: no {LOCAL} in {folder} or a parent folder.", START)


class LocalDeployment:
    """The stack that `make up` started."""

    def __init__(self, options: DeploymentOptions) -> None:
        path = options.local or local_stack_file(Path.cwd())
        self._path = path
        self._option = options.local
        try:
            self._access: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            raise CliError(f"There is no local stack: {path} is missing.", START) from None
        except (OSError, ValueError) as error:
            raise CliError(f"{path} cannot be read: {error}.", "Run: make up") from error
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
    def unreachable(self) -> str:
        """What to do when the connection fails."""
        return "The local stack is down. Run: make up"

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        return "make up"

    @property
    def deploy_anew(self) -> str:
        """The first command for recreating a deleted resource."""
        return "make down up"

    def api(self) -> SignedCaller:
        """Return a caller of its API."""
        from botocore.credentials import Credentials  # noqa: PLC0415 - slow to import

        key = Credentials(*self._key)
        url, region = self._access["api_url"], self._access["region"]
        return SignedCaller(url, region, key, loopback_session())

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
