"""Expo's projects: a request is for one of them."""

import json
from typing import Any

from tests.simulator import Running


def push(simulator: Running, *names: str) -> tuple[int, Any]:
    """Send to these tokens in one request; returns the status and the answer."""
    body = json.dumps([{"to": f"ExponentPushToken[{name}]", "body": "x"} for name in names])
    answer = simulator.push(body)
    return answer.status_code, answer.json()


def test_tokens_of_several_projects_are_refused_and_told_apart(simulator: Running) -> None:
    status, said = push(simulator, "project-red-1", "nobodys-1", "project-red-2")

    [error] = said["errors"]
    assert (status, error["code"]) == (400, "PUSH_TOO_MANY_EXPERIENCE_IDS")
    assert error["details"] == {
        "@simulator/red": ["ExponentPushToken[project-red-1]", "ExponentPushToken[project-red-2]"],
        "@simulator/app": ["ExponentPushToken[nobodys-1]"],
    }
    assert simulator.inbox("ExponentPushToken[nobodys-1]") == []


def test_tokens_of_one_project_go_together(simulator: Running) -> None:
    status, said = push(simulator, "project-red-3", "project-red-4")

    assert status == 200
    assert [datum["status"] for datum in said["data"]] == ["ok", "ok"]
