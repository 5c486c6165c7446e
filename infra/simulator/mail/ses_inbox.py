"""Reads the mails that the AWS emulator accepted through SES.

The emulator answers ``GET /_ministack/ses/messages`` with ``{"messages": {account: [record]}}``;
a record has MessageId, Source, To, CC, BCC, Subject, BodyText, BodyHtml, Timestamp (seconds since
1970, a float) and Type.
"""

import asyncio
import json
from datetime import UTC, datetime
from email.utils import parseaddr
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from infra.simulator.outcomes import Target
from infra.simulator.state import Item, stamp

_PATH = "/_ministack/ses/messages"
_TIMEOUT = 5  # seconds


class SesUnreadableError(Exception):
    """The emulator did not answer with its SES inbox."""


async def mails(emulator_url: str) -> list[Item]:
    """Return one item per recipient of each mail; raises SesUnreadableError."""
    try:
        answer = await asyncio.to_thread(_get, emulator_url)
        records = [record for account in answer["messages"].values() for record in account]
        return [item for record in records for item in _items(record)]
    except (OSError, HTTPException, ValueError, KeyError, AttributeError) as error:
        raise SesUnreadableError(f"no SES inbox at {emulator_url}{_PATH}: {error!r}") from error


def _get(emulator_url: str) -> Any:
    address = urlsplit(emulator_url)
    connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=_TIMEOUT)
    try:
        connection.request("GET", _PATH)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _items(record: dict[str, Any]) -> list[Item]:
    item: Item = {
        "target": Target.EMAIL,
        "to": "",
        "title": record["Subject"],
        "body": record["BodyText"],
        "at": stamp(datetime.fromtimestamp(record["Timestamp"], UTC)),
        "provider_message_id": record["MessageId"],
        "extra": {"from": record["Source"], "ses_type": record["Type"]},
    }
    if record["BodyHtml"]:
        item["html"] = record["BodyHtml"]
    recipients = (*record["To"], *record["CC"], *record["BCC"])
    return [{**item, "to": parseaddr(address)[1] or address} for address in recipients]
