"""A caller of the local stack's API, with the key that `make up` created."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.credentials import Credentials

from notification_system.signed_caller import Answer, SignedCaller, loopback_session

__all__ = ["Answer", "Caller", "curl", "loopback_session"]


class Caller(SignedCaller):
    """A client of the local API.

    Args:
        access: the content of `.local/stack.json`.
    """

    def __init__(self, access: Mapping[str, Any]) -> None:
        key = Credentials(access["access_key_id"], access["secret_access_key"])
        super().__init__(access["api_url"], access["region"], key, loopback_session())


def curl(access: Mapping[str, Any], method: str, path: str, body: Any = None) -> str:
    """Return a shell command that sends a signed request."""
    lines = [
        f"curl -X {method} {access['api_url']}{path}",
        f"--aws-sigv4 aws:amz:{access['region']}:execute-api",
        f"--user {access['access_key_id']}:{access['secret_access_key']}",
    ]
    if body is not None:
        lines += ["-H 'content-type: application/json'", f"-d '{json.dumps(body)}'"]
    return " \\\n    ".join(lines)
