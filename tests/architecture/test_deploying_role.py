"""The role with which GitHub deploys may create each kind of resource of the templates."""

from collections.abc import Iterator
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
        if statement["Resource"] == "*" and statement["Effect"] == "Allow":
            assert not [action for action in statement["Action"] if action.endswith("*")]


def test_the_role_may_attach_the_policies_of_the_template_and_no_others(
    transformed: dict[str, dict[str, Any]],
) -> None:
    attached = {
        policy
        for templates in transformed.values()
        for template in templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in _texts(resource["Properties"].get("ManagedPolicyArns", []))
        if policy.startswith("arn:")
    }
    [denial] = [statement for statement in _statements() if statement["Effect"] == "Deny"]
    allowed = denial["Condition"]["ArnNotLike"]["iam:PolicyARN"]
    of_aws = {arn.replace("!Sub arn:${AWS::Partition}", "arn:aws") for arn in allowed[:-1]}

    assert attached == of_aws
    assert "AWS::AccountId" in allowed[-1]
    assert "${StackName}-" in allowed[-1]


def _texts(node: Any) -> Iterator[str]:
    """Yield each text in a part of a template, also in the branches of a condition."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list | dict):
        for member in node.values() if isinstance(node, dict) else node:
            yield from _texts(member)


def test_what_aws_names_is_reached_by_the_ids_of_the_stack_or_through_its_functions() -> None:
    for statement in _statements():
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            assert "userpool" not in resource or resource.endswith("userpool/${UserPoolId}")
            assert "execute-api" not in resource or ":${ApiId}/" in resource
            assert "contentbucket" not in resource or ":::${StackName}-" in resource
        if "lambda:DeleteEventSourceMapping" in statement["Action"]:
            [function] = statement["Condition"]["ArnLike"].values()
            assert function.endswith(":function:${StackName}-*")


def test_only_one_environment_of_one_repository_may_use_the_role() -> None:
    role = read("deploy/github-role.yaml")["Resources"]["Role"]["Properties"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    subject = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subject == "!Sub repo:${Repository}:environment:${EnvironmentName}"
