"""Who signed, and whose idempotency keys a request uses.

The identities are those of real REST API payloads with AWS_IAM authorization: an IAM user, the
root user, a federated user, and roles as ECS, EC2, EKS, Lambda, IAM Identity Center and Cognito
assume them.
"""

from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from notification_core.entrypoints.http_api.identity import caller_of, key_scope_of

ROLE = "arn:aws:sts::123456789012:assumed-role/orders"


def event(**identity: Any) -> APIGatewayProxyEvent:
    """A request as API Gateway hands it over, of this identity."""
    nobody = {
        "cognitoIdentityPoolId": None,
        "accountId": "123456789012",
        "cognitoIdentityId": None,
        "caller": None,
        "sourceIp": "203.0.113.7",
        "principalOrgId": None,
        "accessKey": "ASIA...",
        "cognitoAuthenticationType": None,
        "cognitoAuthenticationProvider": None,
        "userArn": None,
        "userAgent": "Boto3/1.44.5",
        "user": None,
    }
    return APIGatewayProxyEvent({"requestContext": {"identity": nobody | identity}})


def of_role(arn: str) -> APIGatewayProxyEvent:
    """A request that was signed with a role's credentials."""
    session = f"AROAEXAMPLEEXAMPLE000:{arn.rpartition('/')[2]}"
    return event(caller=session, user=session, userArn=arn)


@pytest.mark.parametrize(
    "session",
    [
        "1" * 32,  # an ECS task
        "i-0123456789abcdef0",  # an EC2 instance
        "orders-worker",  # a Lambda function
        "botocore-session-1767225600",  # EKS with a web identity
        "eks-prod-orders-7d9c5b8f6d-x2x4z",  # EKS Pod Identity
        "ann+test=1,2.3@example.com",  # every character that a session's name may have
    ],
)
def test_the_sessions_of_one_role_share_their_keys(session: str) -> None:
    request = of_role(f"{ROLE}/{session}")

    assert key_scope_of(request) == ROLE
    assert caller_of(request) == f"{ROLE}/{session}"


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn", "aws-iso"])
def test_a_role_is_known_in_every_partition(partition: str) -> None:
    single_sign_on = f"AWSReservedSSO_Admin_{16 * '0'}"
    role = f"arn:{partition}:sts::123456789012:assumed-role/{single_sign_on}"

    assert key_scope_of(of_role(f"{role}/ann@example.com")) == role


def test_two_roles_and_two_accounts_have_keys_of_their_own() -> None:
    arns = [
        f"{ROLE}/task",
        f"{ROLE}-2/task",
        "arn:aws:sts::210987654321:assumed-role/orders/task",
    ]

    assert len({key_scope_of(of_role(each)) for each in arns}) == len(arns)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:user/orders",
        "arn:aws:iam::123456789012:user/division/assumed-role/orders/worker",
        "arn:aws:iam::123456789012:root",
        "arn:aws:sts::123456789012:federated-user/ann",
        "arn:aws-cn:iam::123456789012:user/orders",
        "arn:aws:sts::123456789012:assumed-role/orders",
    ],
)
def test_every_other_identity_is_its_own_scope(arn: str) -> None:
    assert key_scope_of(event(userArn=arn)) == arn


def test_a_request_without_an_arn_is_known_by_its_callers_id() -> None:
    assert key_scope_of(event(caller="AIDAEXAMPLEEXAMPLE000")) == "AIDAEXAMPLEEXAMPLE000"
    assert key_scope_of(event()) == "unsigned"
