"""A stack on AWS."""

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from notification_system._sync.client import Client
from notification_system.cli.deployment import RETRIES, Clients, DeploymentOptions
from notification_system.cli.errors import CliError

#: The attempts of a request, by service. IAM throttles simulations, of which `notify smoke` makes
#: about fifty.
ATTEMPTS = {"iam": 8}
#: Seconds until an answer, if not 20. Executing a change set is the slowest request.
READ_TIMEOUTS = {"cloudformation": 60}


class CloudDeployment:
    """A stack on AWS, with the credentials that the AWS SDK finds."""

    is_local = False

    def __init__(self, options: DeploymentOptions) -> None:
        self._options = options
        self.client = Clients(self._client)

    @property
    def stack(self) -> str:
        """The stack's name."""
        if not self._options.stack:
            raise CliError("This command needs the name of the stack.", "Pass --stack NAME.")
        return self._options.stack

    @cached_property
    def _session(self) -> Any:
        import boto3  # noqa: PLC0415 - slow to import

        session = boto3.Session(
            profile_name=self._options.profile, region_name=self._options.region
        )
        if not session.region_name:
            raise CliError("No region is configured.", "Pass --region, or set AWS_REGION.")
        return session

    @property
    def region(self) -> str:
        """The region. Raises CliError if none is configured."""
        return str(self._session.region_name)

    def regions_of(self, service: str) -> list[str]:
        """Return the regions in which AWS offers a service, as far as the SDK knows."""
        partition = self._session.get_partition_for_region(self.region)
        regions: list[str] = self._session.get_available_regions(service, partition)
        return regions

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        stacks = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        outputs = stacks[0].get("Outputs", ())
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    @property
    def console_login(self) -> Mapping[str, str]:
        """People on AWS have their own logins."""
        return {}

    @property
    def unreachable(self) -> str:
        """The remedy for a failed connection."""
        return "Check the network, --region and --api-url."

    @property
    def deploy(self) -> str:
        """The command that deploys it again."""
        return "make deploy ENV=..."

    @property
    def deploy_anew(self) -> str:
        """The first command for recreating a deleted resource."""
        return self.aws("cloudformation", "detect-stack-drift", "--stack-name", self.stack)

    def api(self, credentials: Any = None) -> Client:
        """Return a client of its API, by default with the credentials that the AWS SDK finds."""
        credentials = credentials or self._session.get_credentials()
        if credentials is None:
            from botocore.exceptions import NoCredentialsError  # noqa: PLC0415 - slow to import

            raise NoCredentialsError
        url = self._options.api_url or self.outputs.get("ApiUrl")
        if not url:
            raise CliError(f"The stack {self.stack} has no output ApiUrl.", "Pass --api-url.")
        region = self._session.region_name
        return Client(url, region=region, credentials=credentials, retries=RETRIES)

    def _client(self, service: str) -> Any:
        from botocore.config import Config  # noqa: PLC0415 - slow to import

        retries = {"mode": "standard", "max_attempts": ATTEMPTS.get(service, 3)}
        config = Config(
            connect_timeout=5, read_timeout=READ_TIMEOUTS.get(service, 20), retries=retries
        )
        return self._session.client(service, config=config)

    def now(self) -> datetime:
        """Return the current time."""
        return datetime.now(UTC)

    def aws(self, *words: str) -> str:
        """Return a command of the AWS CLI for this deployment."""
        return shlex.join(["aws", *self._location(stack=False), *words])

    def notify(self, *words: str) -> str:
        """Return a command of `notify` for this deployment."""
        return shlex.join(["notify", *words, *self._location(stack=True)])

    def _location(self, *, stack: bool) -> list[str]:
        options = {"--region": self._options.region, "--profile": self._options.profile}
        if stack:
            options |= {"--stack": self._options.stack, "--api-url": self._options.api_url}
        return [word for name, value in options.items() if value for word in (name, value)]
