"""The AWS account that a deployment goes to."""

import os

import boto3
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ProfileNotFound
from botocore.exceptions import ConnectionError as ConnectionFailed

from infra.deployment.environment_file import Environment
from infra.deployment.errors import DeploymentRefused

#: What to do without valid credentials.
REMEDY = (
    "Log in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "then repeat the command."
)

#: The region of the check if none is configured. Every account may call STS there.
ANY_REGION = "us-east-1"

#: The statuses of a stack without resources.
EMPTY = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"})


def check_credentials(
    profile: str | None = None, region: str | None = None, source: str = "AWS_PROFILE"
) -> str:
    """Return the number of the account that the credentials are for.

    Args:
        profile: of the AWS configuration; None for the one that the SDK chooses.
        region: None for the one that is configured.
        source: where the profile's name is from, for messages.

    Raises:
        DeploymentRefused: there are no credentials, or AWS refuses them or cannot be reached.
    """
    try:
        session = _session(profile, region)
        if session.get_credentials() is None:
            raise DeploymentRefused(f"No AWS credentials were found. {REMEDY}")
        place = session.region_name or os.environ.get("AWS_REGION") or ANY_REGION
        identity = session.client("sts", region_name=place).get_caller_identity()
    except ProfileNotFound:
        name = profile or os.environ.get("AWS_PROFILE")
        raise DeploymentRefused(
            f"The profile {name} of {source} does not exist. To list all: aws configure "
            "list-profiles"
        ) from None
    except (ConnectionFailed, HTTPClientError) as error:
        raise DeploymentRefused(_unreachable(error)) from None
    except (BotoCoreError, ClientError) as error:
        raise DeploymentRefused(f"AWS refused the credentials: {error}. {REMEDY}") from None
    return str(identity["Account"])


def check_account(environment: Environment) -> str:
    """Return the number of the account, if it may be deployed to. Raises DeploymentRefused."""
    source = environment.file if environment.profile else "AWS_PROFILE"
    account = check_credentials(environment.profile, environment.region, source)
    if environment.account not in {None, account}:
        raise DeploymentRefused(
            f"The credentials are for the account {account}, but the environment is in "
            f"{environment.account}. Use the credentials of that account."
        )
    return account


def protection_warning(environment: Environment) -> str | None:
    """Return why a first deployment should not protect its tables; None if all is well."""
    if environment.parameters.get("DeletionProtection") != "true":
        return None
    client = _session(environment.profile, environment.region).client("cloudformation")
    try:
        [stack] = client.describe_stacks(StackName=environment.stack)["Stacks"]
        status = stack["StackStatus"]
    except ClientError as error:
        if "does not exist" not in error.response["Error"].get("Message", ""):
            return None
        status = "DELETE_COMPLETE"
    except BotoCoreError:
        return None
    if status not in EMPTY:
        return None
    return (
        "Warning: DeletionProtection is true in a first deployment. If that fails, CloudFormation "
        "cannot remove the tables. Leave the parameter out until the stack exists."
    )


def _session(profile: str | None, region: str | None) -> boto3.Session:
    return boto3.Session(profile_name=profile, region_name=region)


def _unreachable(error: BotoCoreError) -> str:
    url = error.kwargs.get("endpoint_url")
    address = f" ({url})" if url else ""
    return f"AWS cannot be reached{address}. Check the network, the proxy and the region."
