"""Signs requests with AWS Signature Version 4 (service `execute-api`), through botocore.

The full credential chain of botocore is used: environment, profile, SSO, ECS, EKS and the instance
metadata service. Credentials that expire are refreshed before they do.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from notification_system.errors import ConfigurationError


class Signer(Protocol):
    """Adds authentication to a request."""

    def sign(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> dict[str, str]:
        """Return the headers of the signed request. `url` is encoded exactly as it is sent."""
        ...


class SigV4Signer:
    """Signs with credentials of botocore.

    Args:
        credentials: a `botocore.credentials.Credentials`, refreshable or not.
        region: the region of the API.
    """

    def __init__(self, credentials: Any, region: str) -> None:
        self._credentials = credentials
        self._region = region

    def sign(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> dict[str, str]:
        """Return the headers with the signature, its date and the session token."""
        from botocore.auth import SigV4Auth  # noqa: PLC0415 - slow to import
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415

        request = AWSRequest(method, url, headers=dict(headers), data=content)
        try:
            frozen = self._credentials.get_frozen_credentials()
        except BotoCoreError as error:
            raise ConfigurationError(f"the AWS credentials cannot be renewed: {error}") from error
        SigV4Auth(frozen, "execute-api", self._region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}
