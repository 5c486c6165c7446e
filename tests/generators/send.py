"""Sends a notification with the client that openapi-python-client generated.

`python send.py ACCESS`: ACCESS is the local stack's `stack.json`. The generators' interpreter runs
this program, beside the generated package.
"""

import json
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from httpx_client import Client
from httpx_client.api.notifications import (
    add_notifications,
    get_notification,
    list_notifications,
)
from httpx_client.api.target_user_records import add_record
from httpx_client.models import (
    ListNotificationsStatus,
    NewNotification,
    NewRecord,
    NotificationList,
    NotificationResponse,
    Problem,
)

#: Seconds within which the notification is delivered.
PATIENCE = 60


class SigV4(httpx.Auth):
    """Signs each request with AWS Signature Version 4."""

    requires_request_body = True

    def __init__(self, access_key: str, secret_key: str, region: str) -> None:
        self._signer = SigV4Auth(Credentials(access_key, secret_key), "execute-api", region)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the signature's headers."""
        signed = AWSRequest(request.method, str(request.url), data=request.content)
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        yield request


def main() -> None:
    """Register an address, send to it, and read the outcome and a problem."""
    access = json.loads(Path(sys.argv[1]).read_text())
    auth = SigV4(access["access_key_id"], access["secret_access_key"], access["region"])
    client = Client(base_url=access["api_url"], httpx_args={"auth": auth}, timeout=30)

    address = NewRecord(user="ann", target="Email", target_user_id="ann@example.com")
    add_record.sync(client=client, body=address)
    request = NewNotification(user="ann", title="Your table", body="It is ready.")
    created = add_notifications.sync(client=client, body=request)
    assert created is not None
    assert not isinstance(created, Problem), created
    print(_outcome(client, created.items[0].id))

    failure = ListNotificationsStatus.DELIVERY_FAILURE
    failed = list_notifications.sync(client=client, user="ann", status=failure)
    assert isinstance(failed, NotificationList), failed
    assert failed.items == []

    nobody = NewNotification(user="nobody", title="Your table", body="It is ready.")
    refused = add_notifications.sync(client=client, body=nobody)
    assert isinstance(refused, Problem), refused
    assert refused.type_.endswith(":no-active-records"), refused


def _outcome(client: Client, notification_id: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        current = get_notification.sync(notification_id, client=client)
        assert isinstance(current, NotificationResponse), current
        if current.status.value == "DELIVERED":
            return "DELIVERED"
        assert time.monotonic() < deadline, current
        time.sleep(0.2)


if __name__ == "__main__":
    main()
