"""The API function over the emulator: opt-outs in part, pauses, explanations."""

from typing import Any

import pytest

from tests.functions.lambda_calls import Answer, Api


@pytest.fixture
def records(api: Api, user: str) -> dict[str, Any]:
    """An address of the user in two targets, by the target's name."""
    addresses = {"Email": f"{user}@example.com", "Expo": f"ExponentPushToken[{user}]"}
    return {
        target: api(
            "POST",
            "/target-user-records",
            {"user": user, "target": target, "target_user_id": address},
        ).body
        for target, address in addresses.items()
    }


def ask(api: Api, user: str, **fields: Any) -> Answer:
    """Ask for notifications to all of a user's addresses."""
    return api("POST", "/notifications", {"user": user, "title": "t", "body": "b", **fields})


def target(api: Api, name: str) -> dict[str, Any]:
    """Read a target by its name."""
    found: dict[str, Any] = next(
        each for each in api("GET", "/targets").body["items"] if each["name"] == name
    )
    return found


def test_an_opt_out_of_a_target_leaves_the_others(
    api: Api, user: str, records: dict[str, Any]
) -> None:
    email, expo = records["Email"]["target"], records["Expo"]["target"]

    answer = api("PUT", f"/opt-outs/{user}", {"active": True, "targets": ["Email"]})

    assert (answer.body["everything"], answer.body["targets"]) == (False, [email])
    assert [each["target"] for each in ask(api, user).body["items"]] == [expo]
    assert ask(api, user, targets=["Email"]).code == "opted-out"
    ended = api("PUT", f"/opt-outs/{user}", {"active": False, "targets": [email]})
    assert (ended.body["active"], ended.body["targets"]) == (False, [])
    assert len(ask(api, user).body["items"]) == 2


def test_an_opt_out_of_a_category_leaves_the_others(
    api: Api, user: str, records: dict[str, Any]
) -> None:
    del records
    api("PUT", f"/opt-outs/{user}", {"active": True, "categories": ["marketing", "news"]})

    assert ask(api, user, category="marketing").code == "opted-out"
    assert ask(api, user, category="orders").status == 201
    assert ask(api, user).status == 201
    everything = api("PUT", f"/opt-outs/{user}", {"active": False}).body
    assert (everything["active"], everything["categories"]) == (False, [])
    assert [each["source"] for each in everything["entries"]] == ["api"] * 4


def test_a_mandatory_notification_to_a_user_who_opted_out_is_accepted(
    api: Api, user: str, records: dict[str, Any]
) -> None:
    del records
    api("PUT", f"/opt-outs/{user}", {"active": True})

    made = ask(api, user, category="security")

    assert (made.status, made.body["items"][0]["category"]) == (201, "security")


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({"active": True, "targets": ["Nobody"]}, 404, set()),
        ({"active": True, "categories": ["a b"]}, 422, {"categories.0"}),
        ({"active": True, "categories": ["x" * 65]}, 422, {"categories.0"}),
        ({"active": True, "targets": ["Email"] * 51}, 422, {"targets"}),
        ({"active": True, "scope": "all"}, 422, {"scope"}),
    ],
)
def test_an_opt_out_that_cannot_be(
    api: Api, user: str, body: Any, status: int, fields: set[str]
) -> None:
    answer = api("PUT", f"/opt-outs/{user}", body)

    assert answer.status == status
    assert status == 404 or answer.fields == fields
    assert api("GET", f"/opt-outs/{user}").status == 404


@pytest.mark.parametrize("category", ["", "a b", "é", "x" * 65, "-a"])
def test_an_invalid_category_is_refused(api: Api, user: str, category: str) -> None:
    assert ask(api, user, category=category).fields == {"category"}


@pytest.mark.parametrize("body", [None, {}, {"reason": "maintenance"}])
def test_a_target_is_paused_and_resumed(api: Api, body: Any) -> None:
    path = f"/targets/{target(api, 'Expo')['id']}"

    paused = api("POST", f"{path}/pause", body)
    resumed = api("POST", f"{path}/resume")

    assert (paused.status, paused.body["state"]) == (200, "paused")
    assert paused.body["pause"]["by"] == "person"
    assert paused.body["pause"]["reason"] == (body or {}).get("reason", "paused by hand")
    assert (resumed.status, resumed.body["state"], resumed.body["pause"]) == (200, "active", None)


def test_the_backlog_counts_the_waiting_notifications_of_each_module(api: Api) -> None:
    answer = api("GET", "/backlog")

    assert answer.status == 200
    found = {each["module"]: each for each in answer.body["items"]}
    assert {"email", "expo", "twilio"} <= found.keys()
    expo = found["expo"]
    assert (expo["targets"], expo["state"], expo["dead_letters"]) == (["Expo"], "active", 0)
    assert expo["queued"] >= 0
    assert expo["overdue"] >= 0
    assert expo["overdue_at_least"] is False
    assert (expo["oldest_due"] is None) == (expo["overdue"] == 0)


def test_a_pause_that_cannot_be(api: Api) -> None:
    path = f"/targets/{target(api, 'Expo')['id']}/pause"

    assert api("POST", "/targets/nobody/pause").status == 404
    assert api("POST", "/targets/nobody/resume").status == 404
    assert api("POST", path, {"reason": "x" * 201}).fields == {"reason"}
    assert api("POST", path, {"until": "later"}).fields == {"until"}
    assert target(api, "Expo")["state"] == "active"


def test_an_explanation_shows_the_state_and_the_decisions(
    api: Api, user: str, records: dict[str, Any]
) -> None:
    del records
    [made] = ask(api, user, targets=["Email"]).body["items"]

    said = api("GET", f"/notifications/{made['id']}/explanation")

    assert said.status == 200
    assert [each["topic"] for each in said.body["decisions"]][:3] == [
        "consent",
        "record",
        "schedule",
    ]
    assert user not in str(said.body["address"])
    assert said.body["next_step"]
    assert api("GET", "/notifications/nothing/explanation").code == "not-found"
