"""Content for each channel on the deployed stack, and what arrives at the providers."""

import pytest

from tests.system.conftest import System

pytestmark = pytest.mark.stack

EMOJI = "Your table is ready 👩🏽‍🍳🎉… see you at eight, or call {{+49}} [0] 30 ~ ă\nوصلت طلبيتك"


def test_each_channel_gets_its_own_content(system: System, user: str) -> None:
    addresses = {"Email": f"{user}@example.com", "Twilio": "+15551110076"}
    for target, address in addresses.items():
        system.register(user, target, address)

    created = system.notify(
        user=user,
        title=None,
        body=None,
        content={
            "email": {"title": "Your table", "body": "<p>It is <b>ready</b>.</p>"},
            "sms": {"body": EMOJI},
        },
    )
    ended = {item["title"]: item for item in map(system.ended, created)}

    assert {item["status"] for item in ended.values()} == {"DELIVERED"}
    [mail], [text] = (system.inbox(address) for address in addresses.values())
    assert "It is ready." in mail["body"]
    assert text["body"] == EMOJI
    assert ended["Your table"]["sms"] is None
    units = len(EMOJI.encode("utf-16-le")) // 2
    assert ended[""]["sms"] == {
        "encoding": "UCS-2",
        "segments": 2,
        "units": units,
        "characters": len(EMOJI),
    }
    detail = "2 SMS segments (UCS-2 because of “👩” (U+1F469))"
    assert ended[""]["timeline"][0]["detail"] == detail
