"""The AWS account that a deployment goes to."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment.environment_file import Environment
from infra.deployment.errors import DeploymentRefused

#: What to do without valid credentials.
REMEDY = (
    "Log in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "then repeat the command. The build is ready and is not repeated."
)


def check_account(environment: Environment) -> str:
    """Return the number of the account, if it may be deployed to. Raises DeploymentRefused."""
    try:
        session = boto3.Session(profile_name=environment.profile, region_name=environment.region)
        if session.get_credentials() is None:
            raise DeploymentRefused(f"No AWS credentials were found. {REMEDY}")
        account = str(session.client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise DeploymentRefused(f"AWS refused the credentials: {error}. {REMEDY}") from None
    if environment.account not in {None, account}:
        raise DeploymentRefused(
            f"The credentials are for the account {account}, but the environment is in "
            f"{environment.account}. Use the credentials of that account."
        )
    return account
