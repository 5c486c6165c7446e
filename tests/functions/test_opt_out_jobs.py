"""An opt-out of a user with much: 202 and a job, over the emulator."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.jobs.handler import lambda_handler as work
from notification_core.ports import Ports
from notification_core.usecases.consent import opt_out, opt_out_job
from tests.builders import a_notification
from tests.functions.lambda_calls import Api, Context

MUCH = 12


@pytest.fixture(autouse=True)
def a_page_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the emulator's indexes do not lag."""
    monkeypatch.setattr(opt_out, "MAX_PAGES", 2)
    for module in (opt_out, opt_out_job):
        monkeypatch.setattr(module, "PAGE", 5)
        monkeypatch.setattr(module, "INDEX_LAG", timedelta(0))


def with_much(live: Ports, user: str) -> None:
    """Store more than a request may read."""
    later = live.clock() + timedelta(days=7)
    live.notifications.create(
        [a_notification(user=user, scheduled_delivery=later) for _ in range(MUCH)]
    )


def listed(api: Api, user: str, status: str) -> list[Any]:
    """Follow a listing to its end."""
    found, after = list[Any](), dict[str, str]()
    while True:
        page = api("GET", "/notifications", query={"user": user, "status": status} | after).body
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"next": page["next"]}


def test_it_answers_202_and_the_end_of_its_job_means_what_200_means(
    api: Api, live: Ports, user: str
) -> None:
    with_much(live, user)

    begun = api("PUT", f"/opt-outs/{user}", {"active": True})

    assert (begun.status, begun.body["kind"], begun.body["state"]) == (202, "opt-out", "running")
    assert begun.body["counts"] == {"opted_out": 10}
    assert api("GET", f"/opt-outs/{user}").body["active"] is True
    work({"Records": [{"body": json.dumps({"job": begun.body["id"]})}]}, Context())
    job = api("GET", f"/jobs/{begun.body['id']}").body
    assert (job["state"], job["counts"]) == ("done", {"opted_out": MUCH})
    assert len(listed(api, user, "OPTED OUT")) == MUCH
    assert api("PUT", f"/opt-outs/{user}", {"active": False}).status == 200


def test_a_user_with_little_is_answered_at_once(api: Api, live: Ports, user: str) -> None:
    live.notifications.create([a_notification(user=user) for _ in range(4)])

    answer = api("PUT", f"/opt-outs/{user}", {"active": True})

    assert (answer.status, answer.body["opted_out"]) == (200, 4)
