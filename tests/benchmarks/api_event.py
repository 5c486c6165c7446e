"""The event of a request to the API."""

import json
from typing import Any


def api_event(path: str, body: Any) -> dict[str, Any]:
    """Return the event that API Gateway passes to the function (REST API, proxy integration)."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "POST",
        "headers": {"Host": "api", "Content-Type": "application/json"},
        "multiValueHeaders": {"Host": ["api"], "Content-Type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "stage": "v1",
            "path": f"/v1{path}",
            "httpMethod": "POST",
            "identity": {"userArn": "arn:aws:iam::123456789012:user/bench"},
            "requestId": "bench",
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
