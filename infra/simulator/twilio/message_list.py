"""Twilio's list of Messages: its filters and its page shape.

Source: twilio.com/docs/messaging/api/message-resource, "Read multiple Message resources".
"""

from collections.abc import Iterable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from infra.simulator.twilio import message_resource

_PAGE_SIZE = 50
_PAGE_LIMIT = 1000


def page(
    path: str, query: Mapping[str, str], newest_first: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return one page; the SDK stops at the last page, whose ``next_page_uri`` is null."""
    matching = [message for message in newest_first if _wanted(message, query)]
    size = min(int(query.get("PageSize") or _PAGE_SIZE), _PAGE_LIMIT)
    number = int(query.get("Page") or 0)
    start = number * size
    records = matching[start : start + size]

    def uri(page: int) -> str:
        return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': page})}"

    return {
        "messages": [message_resource.later(message) for message in records],
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(records) - 1, 0),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if len(matching) > start + size else None,
        "previous_page_uri": uri(number - 1) if number else None,
    }


def _wanted(message: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    """Apply To, From, and DateSent with its two bounds, which are inclusive as in Twilio."""
    on, after, before = (query.get(f"DateSent{sign}", "") for sign in ("", ">", "<"))
    return (
        query.get("To") in {None, message["to"]}
        and query.get("From") in {None, message["from"]}
        and (not on or _sent(message, on) == _bound(on))
        and (not after or _sent(message, after) >= _bound(after))
        and (not before or _sent(message, before) <= _bound(before))
    )


def _bound(text: str) -> str:
    return text.removesuffix("Z")


def _sent(message: Mapping[str, Any], bound: str) -> str:
    """Format the date with the precision of the bound, which is a day or a second."""
    sent = parsedate_to_datetime(message["date_created"]).astimezone(UTC)
    return sent.isoformat()[: len(_bound(bound))]
