"""The numbers of the overview on the deployed stack, where IAM is enforced."""

import re
from collections import Counter

from tests.system.conftest import System, wait_for
from tests.system.console_browser import Browser


def test_the_overview_counts_what_was_sent_delivered_and_failed(system: System, user: str) -> None:
    browser = Browser(system.access["console_url"])
    browser.sign_in("operator@example.com", system.access["console_password"])
    before = activity_of("Twilio", browser.get("").text)
    records = [
        system.register(user, "Twilio", number) for number in ("+12025550147", "+15005550001")
    ]
    for record in records:
        [notification] = system.notify(target_user_record=record)
        system.ended(notification)

    expected = Counter(before) + Counter({"sent": 1, "delivered": 1, "failed": 1, "21211": 1})
    wait_for(lambda: Counter(activity_of("Twilio", browser.get("").text)) == expected, seconds=30)


def activity_of(target: str, page: str) -> dict[str, int]:
    """The numbers of a target on the overview, and how often it failed with the code 21211."""
    [card] = [part for part in page.split("<h3>") if part.startswith(target)]
    found = {
        name: re.search(rf"<strong>([\d,]+)</strong> {name}", card)
        for name in ("sent", "delivered", "failed")
    }
    found["21211"] = re.search("([\\d,]+) \u00d7 <a [^>]*>21211<", card)
    return {name: int(match[1].replace(",", "")) if match else 0 for name, match in found.items()}
