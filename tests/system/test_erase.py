"""After an erasure nothing of the person is found anywhere on the deployed stack, but hashes."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.cli.conftest import Ran, notify
from tests.stored_objects import objects
from tests.system.conftest import System, wait_for

pytestmark = pytest.mark.stack

MANY = 600
PATIENCE = 150  # seconds


@dataclass
class Person:
    """Somebody, and what is known of whom."""

    user: str = field(default_factory=lambda: f"person-{uuid4()}")
    number: str = field(default_factory=lambda: f"+1555{uuid4().int % 10**7:07}")
    title: str = field(default_factory=lambda: f"A title {uuid4()}")
    body: str = field(default_factory=lambda: f"A body {uuid4()}")
    reference: str = field(default_factory=lambda: f"A reference {uuid4()}")
    link: str = ""
    job: dict[str, Any] = field(default_factory=dict)
    progress: list[int] = field(default_factory=list)  #: notifications erased, as it was seen

    @property
    def address(self) -> str:
        """An e-mail address."""
        return f"{self.user}@example.com"

    @property
    def token(self) -> str:
        """A push token."""
        return f"ExponentPushToken[{self.user[:20]}]"

    def marks(self) -> list[str]:
        """What must be found nowhere."""
        return [
            *(self.user, self.number, self.address, self.token[18:38]),
            *(self.title, self.body, self.reference),
        ]


def month_ahead() -> str:
    """A time that does not come while a test runs."""
    return (datetime.now(UTC) + timedelta(days=20)).isoformat()


def live(system: System, person: Person) -> None:
    """Let a person have everything that one can have."""
    system.register(person.user, "Email", person.address)
    system.register(person.user, "Twilio", person.number)
    system.register(person.user, "Expo", person.token)
    said = {"user": person.user, "title": person.title, "body": person.body}
    said["reference"] = person.reference
    large = said | {"body": f"{person.body} {'lorem ipsum ' * 100}"}
    system.notify(**large, scheduled_delivery=month_ahead())
    sent = system.notify(**said, category="marketing")
    sent += system.notify(**large, targets=["Email"])
    for each in sent:
        system.gone(each)
    headers = [each["extra"].get("headers", {}) for each in system.inbox(person.address)]
    [link] = [header["List-Unsubscribe"] for header in headers if "List-Unsubscribe" in header]
    person.link = str(link).strip("<>")
    # One that fails, for the provider's words.
    system.register(person.user, "Twilio", "+15005550001")
    [failed] = system.notify(**said, targets=["Twilio"])[1:]
    assert system.ended(failed)["status"] != "DELIVERED"


@dataclass
class Erased:
    """Four people who were erased at the same time."""

    before: set[str]  #: marks that were found before
    ann: Person  #: had opted out of a category, and of a target by STOP
    bob: Person  #: had never said no
    crowd: Person  #: had many notifications
    dan: Person  #: was erased by the command line
    said: Ran  #: what it said


@pytest.fixture(scope="module")
def erased(system: System) -> Erased:
    """What it takes is waited for once."""
    ann, bob, crowd, dan = Person(), Person(), Person(), Person()
    live(system, ann)
    live(system, bob)
    system.register(dan.user, "Email", dan.address)
    system.register(crowd.user, "Email", crowd.address)
    item = {"user": crowd.user, "title": crowd.title, "body": crowd.body}
    item["reference"] = crowd.reference
    batch = {"items": [item | {"scheduled_delivery": month_ahead()}] * 100}
    for _ in range(MANY // 100):
        assert system.api("POST", "/notifications/batch", batch).status == 200
    no = {"active": True, "categories": ["marketing"]}
    assert system.api("PUT", f"/opt-outs/{ann.user}", no).status == 200
    system.simulator("POST", "/twilio/replies", {"from": ann.number, "body": "STOP"})

    people = [ann, bob, crowd]
    with ThreadPoolExecutor(1) as pool:
        local = ["--local", str(system.stack.layout.stack)]
        said = pool.submit(notify, "erase", dan.user, "--yes", *local)
        found = "\n".join(everything(system))
        before = {mark for person in people for mark in person.marks() if mark in found}
        for person in people:
            answer = system.api("DELETE", f"/users/{person.user}")
            assert answer.status == 202, answer
            person.job = answer.body
        watch(system, [crowd, ann, bob])
        return Erased(before, ann, bob, crowd, dan, said.result())


def watch(system: System, people: list[Person]) -> None:
    """Wait for one job after the other, and note how each gets on."""
    deadline = time.monotonic() + PATIENCE
    for person in people:
        while person.job["state"] == "running":
            assert time.monotonic() < deadline, person.job
            person.job = system.api("GET", f"/jobs/{person.job['id']}").body
            person.progress.append(person.job["counts"].get("notifications", 0))
            time.sleep(0.02)


def everything(system: System) -> Iterator[str]:
    """All that the stack keeps: tables, objects, messages and logs, raw."""
    outputs = system.access["outputs"]
    dynamodb, s3 = system.client("dynamodb"), system.client("s3")
    for name in [outputs[output] for output in outputs if output.endswith("Table")]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=name):
            yield from map(str, page["Items"])
    yield from objects(s3, outputs["ContentBucket"])
    sqs = system.client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        read = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
        yield str(sqs.receive_message(**read).get("Messages"))
    yield from system.log_lines()


def found(system: System, person: Person) -> list[str]:
    """Where there is anything of a person."""
    return [each for each in everything(system) for mark in person.marks() if mark in each]


def test_the_erased_items_existed_before(erased: Erased) -> None:
    people = [erased.ann, erased.bob]

    assert erased.before >= {mark for person in people for mark in person.marks()}


def test_after_an_erasure_nothing_of_the_person_is_found_anywhere(
    system: System, erased: Erased
) -> None:
    for person in (erased.ann, erased.bob, erased.crowd):
        assert person.job["state"] == "done", person.job
        assert found(system, person) == []


def test_only_counts_and_the_hashes_of_users_who_opted_out_remain(
    system: System, erased: Erased
) -> None:
    assert erased.ann.job["counts"] == {
        "records": 4,
        "opt_outs": 1,
        "notifications": 9,
        "contents": 4,
    }
    assert "opt_outs" not in erased.bob.job["counts"]
    table = system.access["outputs"]["OptOutsTable"]
    items = system.client("dynamodb").scan(TableName=table)["Items"]
    of_ann = [item for item in items if item.get("evidence", {}).get("S") == erased.ann.job["id"]]
    assert len(of_ann) == 5  # the id and four addresses
    assert all(each.keys() == {"user", "scopes", "evidence", "created_at"} for each in of_ann)
    assert erased.bob.job["id"] not in str(items)


def test_the_command_line_erases_a_person(system: System, erased: Erased) -> None:
    assert (erased.said.code, erased.said.err) == (0, "")
    assert "is erased" in erased.said.out
    assert erased.said.widest <= 80
    assert found(system, erased.dan) == []


def test_a_large_user_is_counted_without_a_step_back(erased: Erased) -> None:
    seen = erased.crowd.progress

    assert erased.crowd.job["counts"] == {"records": 1, "notifications": MANY}
    assert seen == sorted(seen)
    assert seen[-1] == MANY


def test_requests_after_an_erasure_bring_nothing_back(system: System, erased: Erased) -> None:
    reply = {"from": erased.ann.number, "body": "STOP"}
    assert system.simulator("POST", "/twilio/replies", reply)["status"] == 200
    assert requests.get(erased.ann.link, timeout=30).status_code == 200
    assert requests.post(erased.bob.link, timeout=30).status_code == 200

    assert found(system, erased.ann) == []
    assert found(system, erased.bob) == []


def test_a_reimport_of_a_user_who_opted_out_is_refused_and_an_opt_in_is_accepted(
    system: System, erased: Erased
) -> None:
    ann, asked = erased.ann, {"title": "t", "body": "b", "category": "marketing"}
    other = f"user-{uuid4()}"
    system.register(ann.user, "Email", f"new-{uuid4()}@example.com")
    system.register(other, "Twilio", ann.number)

    for user in (ann.user, other):
        refused = system.api("POST", "/notifications", asked | {"user": user})
        assert refused.status == 409, refused
        assert refused.body["type"].endswith("opted-out")
        assert {
            entry["source"] for entry in system.api("GET", f"/opt-outs/{user}").body["entries"]
        } == {"suppression_list"}

    assert system.api("PUT", f"/opt-outs/{ann.user}", {"active": False}).status == 200
    system.register(ann.user, "Twilio", ann.number)
    for each in system.notify(user=ann.user, category="marketing"):
        system.gone(each)


def test_an_export_holds_all_of_a_person_over_its_pages(system: System, user: str) -> None:
    system.register(user, "Email", f"{user}@example.com")
    bodies = {f"{n} {'lorem ipsum ' * 50}" for n in range(3)}
    for body in bodies:
        system.notify(user=user, body=body, scheduled_delivery=month_ahead())
    wait_for(lambda: len(list(system.api.listed("/notifications", user=user))) == len(bodies))

    pages, after = [], ""
    while True:
        answer = system.api("GET", f"/users/{user}/export?limit=2{after}")
        assert answer.status == 200, answer
        pages.append(answer.body)
        if answer.body["next"] is None:
            break
        after = f"&next={answer.body['next']}"

    said = [notification for page in pages for notification in page["notifications"]]
    assert (len(pages), len(said)) == (2, 3)
    assert {each["body"] for each in said} == bodies
    assert all(each["timeline"] for each in said)
    assert [len(page["records"]) for page in pages] == [1, 0]
