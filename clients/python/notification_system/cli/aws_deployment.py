"""A stack on AWS."""

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from notification_system.cli.deployment import Choice, Clients
from notification_system.cli.errors import Trouble
from notification_system.signed_caller import SignedCaller


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
