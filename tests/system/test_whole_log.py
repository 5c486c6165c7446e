"""What the functions have written down by the end of it all."""

from collections.abc import Iterator

import pytest

from tests.system.conftest import System

pytestmark = pytest.mark.stack

SECRETS = ("twilio", "expo", "unsubscribe", "erasure")


def lines(system: System) -> Iterator[str]:
    """Every line of every function's log."""
    pages = system.client("logs").get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=system.access["outputs"]["LogGroup"]):
        yield from (event["message"] for event in page["events"])


def addresses(system: System) -> set[str]:
    """Every address that any test has registered."""
    pages = system.client("dynamodb").get_paginator("scan")
    found = pages.paginate(TableName=system.access["outputs"]["RecordsTable"])
    items = (item for page in found for item in page["Items"])
    return {item["target_user_id"]["S"] for item in items if "target_user_id" in item}


def users(system: System) -> set[str]:
    """Every user that any test has spoken of."""
    pages = system.client("dynamodb").get_paginator("scan")
    tables = ("RecordsTable", "OptOutsTable", "NotificationsTable")
    return {
        item["user"]["S"]
        for table in tables
        for page in pages.paginate(TableName=system.access["outputs"][table])
        for item in page["Items"]
        if "user" in item
    }


def test_no_line_holds_an_address_a_body_a_user_or_a_secret(system: System, user: str) -> None:
    """It comes last, so that it reads what all the other tests have made the functions say."""
    body, address = "a text for nobody else", f"http-503-{user}@example.com"
    system.register(user, "Email", address)
    system.register(user, "Twilio", "+15005550001")
    for each in system.notify(user=user, body=body, retry_time_interval=1):
        system.ended(each)
    private = addresses(system) | users(system) | {body}
    private |= {value for name in SECRETS for value in system.secret(name).values() if value}

    written = "\n".join(lines(system))

    assert '"message":"batch"' in written.replace(" ", "")
    assert [each for each in private if each in written] == []
