"""Rules for Amazon SES: the policies for sending, and no SES resources with SMTP."""

from collections.abc import Iterator
from typing import Any

from infra.template_check.resolved import Deployment

SEND = {"ses:SendEmail", "ses:SendRawEmail"}
IDENTITIES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"
CONFIGURATION_SETS = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/"

#: Texts that only a resource or statement for SES contains.
WORDS = ("ses:", "aws.ses", "AWS::SES::", "MailEvents")


def sending(deployment: Deployment, sender: str) -> Iterator[str]:
    """Check that sending is allowed to verified recipients too, and from this sender only.

    Sources: Amazon SES Developer Guide, "Identity and access management in Amazon SES";
    aws/aws-sdk-js#3641, which shows that SES checks the identity of a recipient.
    """
    statements = [
        statement
        for _, statement in deployment.statements()
        if SEND & set(_listed(statement["Action"]))
    ]
    identities = [statement for statement in statements if statement["Resource"] == IDENTITIES]
    if [statement.get("Condition") for statement in identities] != [
        {"StringEquals": {"ses:FromAddress": sender}}
    ]:
        yield f"sending must be allowed for any identity, on condition of ses:FromAddress {sender}"
    sets = [
        statement
        for statement in statements
        if str(statement["Resource"]).startswith(CONFIGURATION_SETS)
    ]
    if [statement.get("Condition") for statement in sets] != [None]:
        yield "sending must be allowed for the configuration set, in a separate statement"
    for statement in statements:
        if statement not in [*identities, *sets] or SEND - set(_listed(statement["Action"])):
            yield f"a statement about sending is neither of the two: {statement}"


def events(deployment: Deployment) -> Iterator[str]:
    """Check that SES publishes the events of e-mails and that a function receives them."""
    wanted = {"AWS::SES::ConfigurationSet", "AWS::SES::ConfigurationSetEventDestination"}
    kinds = {resource["Type"] for resource in deployment.resources.values()}
    for kind in wanted - kinds:
        yield f"there is no {kind}"
    if "MailEvents" not in deployment.resources:
        yield "no function receives mail events"


def absence(deployment: Deployment) -> Iterator[str]:
    """Check that SMTP deploys no SES resources, because some regions do not have SES."""
    for name, resource in deployment.resources.items():
        for word in WORDS:
            if word in f"{name} {resource}":
                yield f"{name} must not be there without SES: it has {word}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
