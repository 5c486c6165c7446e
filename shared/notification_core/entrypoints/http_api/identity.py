"""Who signed a request, and whose idempotency keys it uses.

Source: AWS Identity and Access Management User Guide, "IAM identifiers" (the forms of an ARN).
"""

import re

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

#: `arn:<partition>:sts::<account>:assumed-role/<role>/<session>`; neither name holds a slash.
ASSUMED_ROLE = re.compile(r"(arn:[^:]+:sts::[^:]*:assumed-role/[^/]+)/[^/]+")


def caller_of(event: APIGatewayProxyEvent) -> str:
    """Return the ARN that signed the request, session included: evidence of who asked."""
    identity = event.request_context.identity
    return str(identity.user_arn or identity.caller or "unsigned")


def key_scope_of(event: APIGatewayProxyEvent) -> str:
    """Return the scope of the request's idempotency keys: as `caller_of`, without the session.

    A role's session is another one in each task, pod and process, and after each restart. A retry
    comes from any of them.
    """
    caller = caller_of(event)
    role = ASSUMED_ROLE.fullmatch(caller)
    return role[1] if role else caller
