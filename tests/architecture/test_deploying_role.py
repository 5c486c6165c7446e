"""The role with which GitHub deploys may create each kind of resource of the templates."""

from pathlib import Path
from typing import Any

from tests.architecture.templates import ROOT, read

#: IAM's name of the service, if it is not that of the resource type in lower case.
SERVICES = {
    "Events": {"events"},
    "Cognito": {"cognito-idp"},
    "Serverless": {"lambda", "iam", "apigateway", "scheduler", "cloudformation"},
}


def _services(path: Path) -> set[str]:
    """Return IAM's names of the services of a template's resources."""
    resources = read(path.relative_to(ROOT).as_posix())["Resources"]
    kinds = {
        resource["Type"].split("::")[1]
        for resource in resources.values()
        if resource["Type"].startswith("AWS::")
    }
    return set().union(*(SERVICES.get(kind, {kind.lower()}) for kind in kinds))


def _statements() -> list[dict[str, Any]]:
    role = read("deploy/github-role.yaml")["Resources"]["Role"]["Properties"]
    statements: list[dict[str, Any]] = role["Policies"][0]["PolicyDocument"]["Statement"]
    return statements


def test_each_service_of_the_templates_is_permitted() -> None:
    paths = [ROOT / "template.yaml", *ROOT.glob("infra/templates/*.yaml")]
    needed = set().union(*map(_services, paths))
    permitted: set[str] = set()
    for statement in _statements():
        actions = statement["Action"]
        permitted |= {a.split(":")[0] for a in ([actions] if isinstance(actions, str) else actions)}
    assert needed <= permitted


def test_every_action_on_all_resources_is_named() -> None:
    for statement in _statements():
        if statement["Resource"] == "*":
            assert not [action for action in statement["Action"] if action.endswith("*")]


def test_only_one_environment_of_one_repository_may_use_the_role() -> None:
    role = read("deploy/github-role.yaml")["Resources"]["Role"]["Properties"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    subject = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subject == "!Sub repo:${Repository}:environment:${EnvironmentName}"
