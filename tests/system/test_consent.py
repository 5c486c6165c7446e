"""Who said no is not written to: by every door, at every moment."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.system.conftest import System, wait_for

pytestmark = pytest.mark.stack


def soon(seconds: float = 60) -> str:
    """A time that does not come while a test runs."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def unsubscribe_link(system: System, user: str) -> str:
    """Send a mail of a category; returns the link in it."""
    address = f"{user}@example.com"
    system.register(user, "Email", address)
    [sent] = system.notify(user=user, category="marketing")
    assert system.ended(sent)["status"] == "DELIVERED"
    headers = system.inbox(address)[0]["extra"]["headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return str(headers["List-Unsubscribe"]).strip("<>")


def test_one_click_unsubscribes_by_post_and_not_by_get(system: System, user: str) -> None:
    link = unsubscribe_link(system, user)
    [waiting] = system.notify(user=user, category="marketing", scheduled_delivery=soon())
    [other] = system.notify(user=user, category="security", scheduled_delivery=soon())
    assert user not in link

    page = requests.get(link, timeout=10)
    assert (page.status_code, "<button" in page.text) == (200, True)
    assert user not in page.text
    assert system.read(waiting)["status"] == "SCHEDULED"

    done = requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=30)
    assert done.status_code == 200
    assert [system.read(each)["status"] for each in (waiting, other)] == ["OPTED OUT", "SCHEDULED"]
    opt_out = system.api("GET", f"/opt-outs/{user}").body
    assert (opt_out["everything"], opt_out["categories"]) == (False, ["marketing"])
    assert opt_out["entries"][0]["source"] == "one-click"
    refused = {"user": user, "title": "t", "body": "b", "category": "marketing"}
    assert system.api("POST", "/notifications", refused).status == 409
    assert system.api("POST", f"/notifications/{other['id']}/cancel").status == 200


def test_the_deployed_stack_refuses_a_changed_link(system: System, user: str) -> None:
    link = unsubscribe_link(system, user)
    changed = link[:-6] + ("A" if link[-6] != "A" else "B") + link[-5:]

    assert requests.get(changed, timeout=10).status_code == 403
    assert requests.post(changed, timeout=10).status_code == 403
    assert system.api("GET", f"/opt-outs/{user}").status == 404


def test_a_reply_of_stop_and_of_start_holds_for_the_target(system: System, user: str) -> None:
    number = "+15551239901"
    system.register(user, "Twilio", number)
    system.register(user, "Email", f"{user}@example.com")
    waiting = system.notify(user=user, scheduled_delivery=soon())

    answer = system.simulator("POST", "/twilio/replies", {"from": number, "body": "Stop"})
    assert answer["status"] == 200
    found = {each["target"]: system.read(each)["status"] for each in waiting}
    twilio = system.target("Twilio")["id"]
    assert found == {twilio: "OPTED OUT", system.target("Email")["id"]: "SCHEDULED"}
    entry = system.api("GET", f"/opt-outs/{user}").body["entries"][-1]
    assert (entry["source"], entry["evidence"]) == ("reply", answer["message_sid"])

    system.simulator("POST", "/twilio/replies", {"from": number, "body": "START"})
    [again] = system.notify(user=user, targets=["Twilio"])
    assert system.ended(again)["status"] == "DELIVERED"


def test_a_complaint_and_a_providers_refusal_are_opt_outs(system: System, user: str) -> None:
    system.register(user, "Twilio", "+15005550004")
    system.register(user, "Email", f"complaint-{user}@example.com")
    waiting = system.notify(user=user, scheduled_delivery=soon(3600))
    [system.ended(each) for each in system.notify(user=user)]

    def scopes() -> int:
        answer = system.api("GET", f"/opt-outs/{user}")
        return len(answer.body["targets"]) if answer.status == 200 else 0

    wait_for(lambda: scopes() == 2)
    refused = {"user": user, "title": "t", "body": "b"}
    assert system.api("POST", "/notifications", refused).status == 409
    # What waits is ended by a job, which the function that heard of it has begun.
    wait_for(lambda: {system.read(each)["status"] for each in waiting} == {"OPTED OUT"})


def test_a_mandatory_category_is_sent_all_the_same(system: System, user: str) -> None:
    system.register(user, "Email", f"{user}@example.com")
    [waiting] = system.notify(user=user, category="security", scheduled_delivery=soon(4))
    assert system.api("PUT", f"/opt-outs/{user}", {"active": True}).body["opted_out"] == 0

    assert system.ended(waiting)["status"] == "DELIVERED"
    headers = system.inbox(f"{user}@example.com")[0]["extra"]["headers"]
    assert "List-Unsubscribe" not in headers


def reply(system: System, number: str, _user: str) -> bool:
    """Answer STOP."""
    answer = system.simulator("POST", "/twilio/replies", {"from": number, "body": "STOP"})
    return bool(answer["status"] == 200)


def put(system: System, _number: str, user: str) -> bool:
    """Say no over the API."""
    return system.api("PUT", f"/opt-outs/{user}", {"active": True}).status == 200


@pytest.mark.parametrize("say_no", [reply, put])
def test_nothing_is_sent_after_an_acknowledged_opt_out_of_any_moment(
    system: System, user: str, say_no: Callable[[System, str, str], bool]
) -> None:
    """Sixteen users, three notifications each, due at once; each says no at a random moment."""
    dice = random.Random(user)
    prefix = f"+1555{dice.randrange(10**5):05}"
    people = {f"{user}-{n}": f"{prefix}{n:02}" for n in range(16)}
    for name, number in people.items():
        system.register(name, "Twilio", number)
    due = datetime.now(UTC) + timedelta(seconds=6)
    item = {"title": "t", "body": "b", "scheduled_delivery": due.isoformat()}
    for name in people:
        system.api("POST", "/notifications/batch", {"items": [item | {"user": name}] * 3})
    begin = due.timestamp() - 1.5

    def no_at_some_moment(name: str) -> tuple[str, datetime]:
        time.sleep(max(begin + dice.uniform(0, 3) - time.time(), 0))
        # While a send is under way for long, the answer is that it should be said again.
        wait_for(lambda: say_no(system, people[name], name))
        return name, datetime.now(UTC)

    with ThreadPoolExecutor(8) as pool:
        acknowledged = dict(pool.map(no_at_some_moment, people))
    wait_for(lambda: not under_way(system, people))

    late = {
        name: message["at"]
        for name, moment in acknowledged.items()
        for message in system.inbox(people[name])
        if datetime.fromisoformat(message["at"]) > moment
    }
    assert late == {}


def under_way(system: System, people: dict[str, str]) -> list[Any]:
    """What may still go."""
    return [
        each
        for name in people
        for each in system.api.listed("/notifications", user=name)
        if each["status"] in {"SCHEDULED", "SENDING", "RETRY"}
    ]
