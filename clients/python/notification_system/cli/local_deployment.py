"""The local stack, as `make up` described it in its stack.json."""

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from notification_system.cli.deployment import Choice, Clients
from notification_system.cli.errors import Trouble
from notification_system.signed_caller import SignedCaller, loopback_session

#: Where `make up` describes the local stack, below the checkout.
LOCAL = Path(".local") / "stack.json"

#: The root key of the local emulator, which accepts no other. It opens nothing else.
EMULATOR_KEY = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


START = "Run: make up. From another folder, name its stack.json: --local PATH"


def local_stack_file(folder: Path) -> Path:
    """Return the stack.json of the checkout that a folder lies in. Raises Trouble."""
    for parent in (folder, *folder.parents):
        if (parent / LOCAL).is_file():
            return parent / LOCAL
    raise Trouble(f"There is no local stack: no {LOCAL} in {folder} or a parent folder.", START)


class LocalDeployment:
    """What `make up` started, as its stack.json says."""

    def __init__(self, choice: Choice) -> None:
        path = choice.local or local_stack_file(Path.cwd())
        self._path = path
        self._named = choice.local
        try:
            self._access: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            raise Trouble(f"There is no local stack: {path} is missing.", START) from None
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
        """Return a command of this program."""
        where = ["--local", str(self._named)] if self._named else []
        return shlex.join(["notify", *words, *where])
