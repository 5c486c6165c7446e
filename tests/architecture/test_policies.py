"""What each function may do is what docs/security.md says, and no more than it names."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.architecture.templates import ROOT, read, resources

FUNCTIONS = resources("AWS::Serverless::Function")
TARGET = "infra/templates/target.yaml"
TEMPLATES = ("template.yaml", "infra/templates/operators.yaml", TARGET)
POLICIES = {
    name: policy["PolicyDocument"]
    for path in TEMPLATES
    for name, policy in resources("AWS::IAM::ManagedPolicy", path).items()
}
OURS = {
    *(name for path in TEMPLATES for name in read(path)["Resources"]),
    *("AWS::StackName", "System", "SecretArn"),
}
#: `!GetAtt <nested stack>.Outputs.PolicyArn`, with the stack's outputs.
TARGET_OUTPUTS = {
    f"!GetAtt {name}.Outputs.PolicyArn": f"!GetAtt {name}.Outputs.QueueArn"
    for name, nested in resources("AWS::Serverless::Application").items()
    if nested["Location"] == TARGET
}

#: Reads of names and numbers of the account, and of no data, that IAM grants for a whole account
#: only, or whose resource is not known: the verified identity may be any domain above the sender's.
WHOLE_ACCOUNT = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "lambda:GetAccountSettings",
    "ses:GetAccount",
    "ses:GetEmailIdentity",
}

#: True of a new deployment to AWS that sends e-mail by SES, which has all that there is.
TRUE = ("OnAws", "UsesSes", "HasConsole", "CreatesErasureSecret", "CreatesUnsubscribeSecret")

#: What the emulator needs and AWS does not: it is not deployed there.
EMULATOR = "EmulatorPolicy"

Row = tuple[str, str, str, str]


def own(function: str) -> Iterator[dict[str, Any]]:
    """The statements that only this function has."""
    for policy in FUNCTIONS[function].get("Policies", ()):
        if isinstance(policy, dict):
            for statement in policy["Statement"]:
                yield from map(on_aws, either(statement))


def shared(function: str) -> set[str]:
    """The managed policies that it has with others."""
    policies = [each for one in FUNCTIONS[function].get("Policies", ()) for each in either(one)]
    named = (each for each in policies if isinstance(each, str))
    return {
        "TargetPolicy" if each in TARGET_OUTPUTS else each.removeprefix("!Ref ") for each in named
    }


def either(value: Any) -> list[Any]:
    """What is deployed with the credentials in either store."""
    if isinstance(value, list) and value and value[0] == "InSecretsManager":
        return [each for each in value[1:] if each != "!Ref AWS::NoValue"]
    return [value]


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement, with the function or policy that it belongs to."""
    for function in FUNCTIONS:
        for statement in own(function):
            yield function, statement
    for policy, document in POLICIES.items():
        for statement in document["Statement"]:
            for deployed in either(statement):
                yield policy, on_aws(deployed)


def listed(value: Any) -> list[Any]:
    """One or several."""
    return value if isinstance(value, list) else [value]


def on_aws(value: Any) -> Any:
    """Of an `!If` on one of the conditions `TRUE`, what is deployed to AWS."""
    return value[1] if isinstance(value, list) and value and value[0] in TRUE else value


def leaves(value: Any) -> Iterator[str]:
    """Every resource that a value names. Of an `!If [OnAws, ...]` it is that of AWS."""
    value = on_aws(value)
    if isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif isinstance(value, str) and value.startswith(("!GetAtt", "!Ref", "!Sub", "arn:", "*")):
        yield value


def named(resource: str) -> str:
    """The short name that the document has for a resource."""
    text = re.sub(r"^!(GetAtt|Sub|Ref) ", "", resource)
    of_account = r"arn:.*?:(\w+):(?:\$\{AWS::Region\})?:\$\{AWS::AccountId\}:(.+)$"
    if found := re.match(of_account, text):
        path = re.sub(r"\$\{(AWS::StackName|System)\}", "<stack>", found[2])
        return f"{found[1]} `{path.replace('${Target}', '<module>')}`"
    text = re.sub(r"\$\{(\w+)(?:\.Arn)?\}", r"\1", text).removesuffix("/*")
    return "`" + re.sub(r"\.(Arn|Id|Outputs\.QueueArn)$", "", text).replace("/index/", "/") + "`"


def actions_of(statement: dict[str, Any]) -> list[str]:
    """What a statement is about; of an `!If [OnAws, ...]` that of AWS."""
    return sorted(listed(on_aws(statement["Action"])))


def granted() -> set[Row]:
    """What the template allows and denies: who, what with, which actions."""
    rows = set()
    for holder, statement in statements():
        if holder == EMULATOR:
            continue
        key = "NotResource" if "NotResource" in statement else "Resource"
        effect = statement["Effect"] if key == "Resource" else "Deny, but for"
        names = sorted({named(each) for each in leaves(statement[key])})
        rows.add((holder, effect, ", ".join(names), ", ".join(actions_of(statement))))
    return rows


def documented() -> set[Row]:
    """What the document says of it."""
    text = (ROOT / "docs/security.md").read_text()
    _, _, after = text.partition("<!-- policies -->\n")
    table, _, _ = after.partition("\n\n")
    lines = (line.strip("|").split("|") for line in table.splitlines()[2:])
    rows = [[cell.strip() for cell in cells] for cells in lines]
    assert all(len(row) == 5 and row[4] for row in rows), "each row says what for"
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def test_the_document_lists_the_permissions_of_the_template_with_their_reasons() -> None:
    assert sorted(documented() - granted()) == [], "said, but not granted"
    assert sorted(granted() - documented()) == [], "granted, but not said"


def test_the_document_lists_the_functions_with_shared_policies() -> None:
    text = (ROOT / "docs/security.md").read_text()
    for policy in POLICIES.keys() - {EMULATOR}:
        holders = sorted(name for name in FUNCTIONS if policy in shared(name))
        assert f"`{policy}`: {', '.join(holders) or 'no function'}" in text


@pytest.mark.parametrize(("holder", "statement"), list(statements()))
def test_no_policy_allows_whatever_there_is(holder: str, statement: dict[str, Any]) -> None:
    for action in actions_of(statement):
        assert "*" not in action, holder
    if statement["Effect"] == "Allow" and holder != EMULATOR:
        assert "NotResource" not in statement
        if not set(actions_of(statement)) <= WHOLE_ACCOUNT:
            assert "*" not in list(leaves(statement["Resource"])), holder


@pytest.mark.parametrize(("holder", "statement"), list(statements()))
def test_every_resource_is_the_systems_own(holder: str, statement: dict[str, Any]) -> None:
    if holder == EMULATOR or set(actions_of(statement)) <= WHOLE_ACCOUNT:
        return
    for text in leaves(statement.get("Resource") or statement["NotResource"]):
        said = f"{text} {statement.get('Condition', '')}"
        names = {*re.findall(r"\$\{([\w:]+)", said), *re.findall(r"!(?:GetAtt|Ref) (\w+)", said)}
        assert names & {*OURS, "EmailFrom"}, f"{holder}: {text}"


def test_only_the_emulator_gets_its_own_policy() -> None:
    assert read("template.yaml")["Resources"][EMULATOR]["Condition"] == "OnEmulator"
    for function in FUNCTIONS.values():
        for policy in function.get("Policies", ()):
            if isinstance(policy, list) and policy[0] != "InSecretsManager":
                assert policy == ["OnAws", "!Ref AWS::NoValue", f"!Ref {EMULATOR}"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_queues_function_reads_no_other_queue(name: str) -> None:
    """SAM's policy for queues is for all of an account."""
    queues = {
        each["Properties"]["Queue"]
        for each in FUNCTIONS[name].get("Events", {}).values()
        if each["Type"] == "SQS"
    }
    denied = [each for each in own(name) if each["Effect"] == "Deny"]
    of_targets = {TARGET_OUTPUTS.get(str(each)) for each in FUNCTIONS[name].get("Policies", ())}

    assert len(denied) == len(queues - of_targets) <= 1
    for statement in denied:
        assert set(statement["Action"]) == {"sqs:DeleteMessage", "sqs:ReceiveMessage"}
        assert queues <= set(leaves(statement["NotResource"]))


def test_a_targets_policy_lets_its_function_read_no_other_queue() -> None:
    [denied] = [each for each in POLICIES["TargetPolicy"]["Statement"] if denies(each)]

    assert set(denied["Action"]) == {"sqs:DeleteMessage", "sqs:ReceiveMessage"}
    assert denied["NotResource"] == read(TARGET)["Outputs"]["QueueArn"]["Value"]


def denies(statement: Any) -> bool:
    """Whether it is a statement without a condition of the template, and takes a right away."""
    return isinstance(statement, dict) and statement["Effect"] == "Deny"


def test_functions_are_traced_on_request_and_the_api_whose_segments_have_urls_is_not() -> None:
    template = read("template.yaml")

    assert template["Parameters"]["Tracing"]["Default"] == "PassThrough"
    assert template["Globals"]["Function"]["Tracing"] == "!Ref Tracing"
    assert not [name for name, each in FUNCTIONS.items() if "Tracing" in each]
    assert template["Resources"]["RestApi"]["Properties"]["TracingEnabled"] == "false"


RESOURCE_POLICIES = [
    (name, [on_aws(each) for each in policy["PolicyDocument"]["Statement"]])
    for path in ("template.yaml", "infra/templates/target.yaml")
    for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy")
    for name, policy in resources(kind, path).items()
]


#: Whom a resource's policy lets in beside the account's own: service, action, what it must be of.
LET_IN = {
    "AlarmTopicPolicy": ("cloudwatch.amazonaws.com", "sns:Publish", "alarm:${AWS::StackName}-*"),
    "MailEventsQueuePolicy": ("events.amazonaws.com", "sqs:SendMessage", "MailEventsRule.Arn"),
}


@pytest.mark.parametrize(("name", "statements"), RESOURCE_POLICIES)
def test_a_resources_policy_lets_in_only_alarms_and_mail_events_and_demands_tls(
    name: str, statements: list[dict[str, Any]]
) -> None:
    allowed = [each for each in statements if each["Effect"] == "Allow"]
    denied = [each for each in statements if each["Effect"] == "Deny"]

    assert {"Bool": {"aws:SecureTransport": "false"}} in [each["Condition"] for each in denied]
    assert len(allowed) == (name in LET_IN)
    for statement in allowed:
        service, action, source = LET_IN[name]
        assert statement["Principal"] == {"Service": service}
        assert statement["Action"] == action
        [like] = [v for k, v in statement["Condition"].items() if k.startswith("Arn")]
        assert like["aws:SourceArn"].endswith(source)


def test_every_store_is_encrypted() -> None:
    for table in resources("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"] == {"SSEEnabled": "!Ref KmsEncryption"}
    for path in ("template.yaml", "infra/templates/target.yaml"):
        for queue in resources("AWS::SQS::Queue", path).values():
            assert queue["SqsManagedSseEnabled"] == "true"
    for bucket in resources("AWS::S3::Bucket").values():
        assert bucket["BucketEncryption"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {"true"}


def test_every_queue_demands_tls() -> None:
    for path in ("template.yaml", "infra/templates/target.yaml"):
        policies = resources("AWS::SQS::QueuePolicy", path).values()
        told = {queue for policy in policies for queue in policy["Queues"]}

        assert told == {f"!Ref {name}" for name in resources("AWS::SQS::Queue", path)}


OPEN_ROUTES = {
    (event["Properties"]["Method"], event["Properties"]["Path"])
    for function in FUNCTIONS.values()
    for event in function.get("Events", {}).values()
    if event["Type"] == "Api" and "Auth" in event["Properties"]
}


def test_each_open_route_has_a_rate_of_its_own() -> None:
    [api] = resources("AWS::Serverless::Api").values()
    limited = {
        (each["HttpMethod"], each["ResourcePath"].replace("~1", "/").removeprefix("/"))
        for each in api["MethodSettings"]
        if each["ThrottlingRateLimit"] != "!Ref ApiRequestsPerSecond"
    }

    assert limited == OPEN_ROUTES
