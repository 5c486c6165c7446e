"""The caller that signed a request, and the scope of its idempotency keys.

Source: AWS Identity and Access Management User Guide, "IAM identifiers" (the forms of an ARN).
"""

import re

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

#: `arn:<partition>:sts::<account>:assumed-role/<role>/<session>`; neither name holds a slash.
ASSUMED_ROLE = re.compile(r"(arn:[^:]+:sts::[^:]*:assumed-role/[^/]+)/[^/]+")


def caller_of(event: APIGatewayProxyEvent) -> str:
    """Return the ARN that signed the request, with its session, as evidence of the caller."""
    identity = event.request_context.identity
    return str(identity.user_arn or identity.caller or "unsigned")


def key_scope_of(event: APIGatewayProxyEvent) -> str:
    """Return the scope of the request's idempotency keys: the caller without the session.

    A role has another session in each task, pod and process, and after each restart. A retry may
    come from any of them.
    """
    caller = caller_of(event)
    role = ASSUMED_ROLE.fullmatch(caller)
    return role[1] if role else caller
