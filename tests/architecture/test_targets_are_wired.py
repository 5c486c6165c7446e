"""Every target is wired whole: one word names its folder, queue, function, event and tests."""

import ast
import json
import re
from typing import Any

import pytest

from notification_core.adapters.sqs_queues import from_body
from notification_core.usecases.administration.manifests import read_manifest, read_manifests
from tests.architecture.templates import ROOT, read, resources

MODULES = sorted(path.parent.name for path in ROOT.glob("functions/targets/*/handler.py"))

QUEUES = {
    queue["Parameters"]["Target"]: (name, queue)
    for name, queue in resources("AWS::Serverless::Application").items()
    if queue["Location"] == "infra/templates/target.yaml"
}


def environment(function: dict[str, Any]) -> dict[str, Any]:
    """Return a function's own variables."""
    found: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
    return found


INHERITED = environment(read("template.yaml")["Globals"]["Function"])


FUNCTIONS = {
    environment(function)["MODULE"]: function
    for function in resources("AWS::Serverless::Function").values()
    if "MODULE" in environment(function)
}


def queue_event(module: str) -> dict[str, Any]:
    """Return the event source of a target's function."""
    [event] = FUNCTIONS[module]["Events"].values()
    assert event["Type"] == "SQS"
    found: dict[str, Any] = event["Properties"]
    return found


def in_each_size(value: Any) -> dict[str, str]:
    """Return a value of the template, for each row of its mapping if it is looked up in one."""
    if isinstance(value, str):
        return {"": value}
    mapping, _, key = value
    return {row: found[key] for row, found in read("template.yaml")["Mappings"][mapping].items()}


def test_there_are_the_three_that_every_deployment_has() -> None:
    assert {"email", "twilio", "expo"} <= set(MODULES)


def test_nothing_is_deployed_for_a_folder_that_is_not_there() -> None:
    folders = {path.parent.name for path in ROOT.glob("functions/targets/*/target.json")}

    assert folders == set(QUEUES) == set(FUNCTIONS) == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_it_describes_itself_under_its_folders_name(module: str) -> None:
    described = read_manifest(ROOT / "functions/targets" / module / "target.json")

    assert described.name == module
    assert re.fullmatch(r"[a-z][a-z0-9_]*", module)
    assert re.compile(described.address_pattern)
    assert described.on_unknown in {"at_least_once", "at_most_once"}
    assert described.backoff_rate >= 1


@pytest.mark.parametrize("module", MODULES)
def test_it_says_what_its_providers_codes_mean_and_who_says_so(module: str) -> None:
    """Reading the manifest refuses a class that there is not."""
    folder = ROOT / "functions/targets" / module
    text = (folder / "errors.json").read_text()
    said, rows = json.loads(text), re.findall(r'^    "(.+?)": \{', text, re.MULTILINE)
    errors = read_manifest(folder / "target.json").errors

    assert said.keys() == {"docs_url", "codes"}
    assert rows == list(errors.rows), "a code comes twice, or a row has not its line"
    for code, row in errors.rows.items():
        assert code.strip() == code != ""
        assert re.fullmatch(r"[^\s.].*[^\s.]", row.description), f"{code}: follows because, unended"
        assert (errors.link(code) or "").startswith("https://"), code


def test_a_deployment_overrules_only_what_there_is() -> None:
    """`read_manifests` refuses the rest."""
    folder = ROOT / "functions/targets"
    said = json.loads((folder / "configuration.json").read_text())
    found = {manifest.name: manifest for manifest in read_manifests(folder)}

    assert set(said["targets"]) <= set(found) == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_its_one_handler_has_an_entry_for_lambda(module: str) -> None:
    [source] = (ROOT / "functions/targets" / module).glob("*.py")
    body = ast.parse(source.read_text()).body
    names = {each.name for each in body if isinstance(each, ast.FunctionDef)}
    for each in body:
        if isinstance(each, ast.Assign):
            names |= {target.id for target in each.targets if isinstance(target, ast.Name)}

    assert source.name == "handler.py"
    assert "lambda_handler" in names


@pytest.mark.parametrize("module", MODULES)
def test_its_function_runs_its_folder_on_its_own_queue(module: str) -> None:
    name, queue = QUEUES[module]
    function, event = FUNCTIONS[module], queue_event(module)

    assert function["CodeUri"] == f"functions/targets/{module}/"
    assert event["Queue"] == f"!GetAtt {name}.Outputs.QueueArn"
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["Parameters"]["System"] == "!Ref AWS::StackName"
    policies = {"!Ref RecordPolicy", "!Ref DeliverPolicy", f"!GetAtt {name}.Outputs.PolicyArn"}
    assert policies <= set(map(str, function["Policies"]))


@pytest.mark.parametrize("module", MODULES)
def test_its_function_knows_how_many_of_it_there_may_be(module: str) -> None:
    """The pace is divided among them."""
    told = in_each_size((INHERITED | environment(FUNCTIONS[module]))["MAX_CONCURRENCY"])

    assert told == in_each_size(queue_event(module)["ScalingConfig"]["MaximumConcurrency"])


@pytest.mark.parametrize("module", MODULES)
def test_its_secret_and_its_parameter_bear_its_name(module: str) -> None:
    name, queue = QUEUES[module]
    condition, secret, absent = queue["Parameters"]["SecretArn"]
    names = {
        f"!GetAtt {logical_id}.Id": properties["Name"]
        for logical_id, properties in resources("AWS::SecretsManager::Secret").items()
    }

    assert environment(FUNCTIONS[module])["SECRET_ID"] == f"!GetAtt {name}.Outputs.SecretId"
    assert (condition, absent) == ("InSecretsManager", "")
    assert queue["Parameters"]["CredentialsIn"] == "!Ref CredentialsIn"
    assert names[secret] == f"!Sub ${{AWS::StackName}}/{module}"
    output = read("infra/templates/target.yaml")["Outputs"]["SecretId"]["Value"]
    assert output == ["InSecretsManager", "!Ref SecretArn", "!Sub /${System}/${Target}"]


@pytest.mark.parametrize("module", MODULES)
def test_it_has_a_sample_event_that_its_function_can_read(module: str) -> None:
    event = json.loads((ROOT / "infra/events" / f"{module}.json").read_text())

    for record in event["Records"]:
        assert record["eventSourceARN"].endswith(f"-deliver-{module}")
        assert from_body(record["body"])


@pytest.mark.parametrize("module", MODULES)
def test_it_has_tests_of_its_own(module: str) -> None:
    assert (ROOT / "tests/functions" / f"test_{module}.py").exists()
