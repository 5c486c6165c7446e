"""The policy for applications permits the routes of a sender, and no others."""

import json
from fnmatch import fnmatchcase

from tests.architecture.templates import ROOT, read

#: The first segments of the routes of administrators, and single routes of theirs.
ADMINISTRATION = {
    "/backlog",
    "/jobs/{job_id}",
    "/notifications/redrive",
    "/templates",
    "/users/{user}",
    "/users/{user}/export",
}


def test_it_permits_what_an_application_needs_and_nothing_else() -> None:
    policy = read("infra/templates/operators.yaml")["Resources"]["CallerPolicy"]["Properties"]
    [statement] = policy["PolicyDocument"]["Statement"]
    patterns = [resource.removeprefix("!Sub ${Api}/") for resource in statement["Resource"]]
    for path, operations in json.loads((ROOT / "docs/openapi.json").read_text())["paths"].items():
        for method in operations.keys() & {"get", "post", "put", "patch", "delete"}:
            route = f"{method.upper()}{path}"
            permitted = any(fnmatchcase(route, pattern) for pattern in patterns)
            assert permitted == _is_of_a_sender(method, path), route


def _is_of_a_sender(method: str, path: str) -> bool:
    if path.startswith("/targets"):
        return method == "get"
    return path not in ADMINISTRATION and not path.startswith(("/templates/", "/imports/"))
