"""What the functions have written down by the end of it all."""

import pytest

from tests.system.conftest import System

pytestmark = pytest.mark.stack

#: A user of fewer characters, such as a fuzzed "0", is in any text by chance.
TELLING = 13

SECRETS = ("twilio", "expo", "unsubscribe", "erasure")


def addresses(system: System) -> set[str]:
    """Every address that any test has registered."""
    pages = system.client("dynamodb").get_paginator("scan")
    found = pages.paginate(TableName=system.access["outputs"]["RecordsTable"])
    items = (item for page in found for item in page["Items"])
    return {item["target_user_id"]["S"] for item in items if "target_user_id" in item}


def users(system: System) -> set[str]:
    """Every user that any test has spoken of, if its id cannot be there by chance."""
    pages = system.client("dynamodb").get_paginator("scan")
    tables = ("RecordsTable", "OptOutsTable", "NotificationsTable")
    return {
        item["user"]["S"]
        for table in tables
        for page in pages.paginate(TableName=system.access["outputs"][table])
        for item in page["Items"]
        if len(item.get("user", {}).get("S", "")) >= TELLING
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

    logged = list(system.log_lines())
    written = "\n".join(logged)

    assert '"message":"batch"' in written.replace(" ", "")
    leaks = [text for text in private if text in written]
    assert {text: next(line for line in logged if text in line) for text in leaks} == {}
