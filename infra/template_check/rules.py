"""What must hold of every deployment on AWS. Each rule yields what is wrong, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.template_check.resolved import Deployment

#: A queue hides a message for so many time limits of the function that reads it (AWS Lambda
#: Developer Guide, "Using Lambda with Amazon SQS", configuring a queue).
VISIBILITY = 6

#: Metrics that one alarm may be computed from (Amazon CloudWatch User Guide, "Service quotas").
METRICS_OF_AN_ALARM = 10

#: Without a schema, whose dimensions would leave out the table or its indexes (Amazon CloudWatch
#: User Guide, "CloudWatch Metrics Insights query components").
WRITE_THROTTLES = (
    'SELECT SUM(WriteThrottleEvents) FROM "AWS/DynamoDB" '
    "WHERE TableName = '${NotificationsTable}'"
)

#: Megabytes: twice what the largest batch of e-mails takes, see
#: tests/entrypoints/test_consumer_memory.py.
EMAIL_MEMORY = 512


def sources(found: Deployment) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each queue that starts a function: the source's name, the queue's, the function."""
    functions = found.of("AWS::Lambda::Function")
    for name, source in found.of("AWS::Lambda::EventSourceMapping").items():
        queue = source["EventSourceArn"]["Fn::GetAtt"][0]
        yield name, queue, functions[source["FunctionName"]["Ref"]]


def references(found: Deployment) -> Iterator[str]:
    """No resource refers to one that this deployment does not create."""
    for name, resource in found.resources.items():
        for target in _named(resource):
            if target not in found.resources:
                yield f"{name} refers to {target}, which is not deployed"


def recursion(found: Deployment) -> Iterator[str]:
    """Lambda drops no message of a function that puts work back on a queue."""
    for source, _, function in sources(found):
        if function.get("RecursiveLoop") != "Allow":
            yield f"{source}: its function must have RecursiveLoop: Allow, or Lambda ends its loops"
    if "RecursiveInvocationsDropped" not in str(found.of("AWS::CloudWatch::Alarm")):
        yield "no alarm watches RecursiveInvocationsDropped"


def visibility(found: Deployment) -> Iterator[str]:
    """A message stays hidden for longer than its function can take."""
    queues = found.of("AWS::SQS::Queue")
    for source, name, function in sources(found):
        hidden, limit = int(queues[name]["VisibilityTimeout"]), int(function["Timeout"])
        if hidden < VISIBILITY * limit:
            yield f"{source}: {name} must hide a message for {VISIBILITY} x {limit} s, not {hidden}"


def queue_policies(found: Deployment) -> Iterator[str]:
    """A queue's policy is for one queue, and what it allows names that queue.

    Source: Amazon SQS Developer Guide (2011-10-01), "Special Information for SQS Policies".
    """
    for name, policy in found.of("AWS::SQS::QueuePolicy").items():
        own = [{"Fn::GetAtt": [each["Ref"], "Arn"]} for each in policy["Queues"]]
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow" and [statement["Resource"]] != own:
                yield f"{name}: what it allows must name its only queue"


def tracing(found: Deployment) -> Iterator[str]:
    """The API is not traced: its segments would contain URLs and addresses."""
    for name, stage in found.of("AWS::ApiGateway::Stage").items():
        if stage.get("TracingEnabled"):
            yield f"{name} must not be traced: URLs name users and contain unsubscribe tokens"


def choices(found: Deployment, tracing: str, architecture: str) -> Iterator[str]:
    """Every function is traced, and runs on a processor, as the parameters say."""
    for name, function in found.of("AWS::Lambda::Function").items():
        if function.get("TracingConfig") != {"Mode": tracing}:
            yield f"{name} must have the tracing {tracing}"
        if function.get("Architectures") != [architecture]:
            yield f"{name} must be for {architecture}"
    for name, layer in found.of("AWS::Lambda::LayerVersion").items():
        if layer.get("CompatibleArchitectures") != [architecture]:
            yield f"{name} must be for {architecture}"


def logging(found: Deployment) -> Iterator[str]:
    """Lambda writes no line of an invocation that succeeded, and lets each metric through.

    A metric is a line without a level, which Lambda takes for INFO (AWS Lambda Developer Guide,
    "Log-level filtering").
    """
    for name, function in found.of("AWS::Lambda::Function").items():
        config = function.get("LoggingConfig", {})
        if (config.get("LogFormat"), config.get("SystemLogLevel")) != ("JSON", "WARN"):
            yield f"{name} must leave out Lambda's own lines of what succeeded"
        if config.get("ApplicationLogLevel") not in {"DEBUG", "INFO"}:
            yield f"{name}: Lambda would hold back its metrics"


def detailed_metrics(found: Deployment) -> Iterator[str]:
    """The API has no metrics of its own for each method: they are charged as custom ones."""
    for name, stage in found.of("AWS::ApiGateway::Stage").items():
        if any(each.get("MetricsEnabled") for each in stage.get("MethodSettings", ())):
            yield f"{name} must have no detailed metrics"


def retention(found: Deployment) -> Iterator[str]:
    """A key that only the deployment knows outlives the stack."""
    for name, secret in found.of("AWS::SecretsManager::Secret").items():
        resource = found.resources[name]
        policies = [resource.get(each) for each in ("DeletionPolicy", "UpdateReplacePolicy")]
        if "GenerateSecretString" in secret and policies != ["RetainExceptOnCreate", "Retain"]:
            yield f"{name}: its key must outlive the stack"


def tables(found: Deployment) -> Iterator[str]:
    """A table can be restored, and what has an expiry leaves by it."""
    for name, table in found.of("AWS::DynamoDB::Table").items():
        recovery = table.get("PointInTimeRecoverySpecification", {})
        if str(recovery.get("PointInTimeRecoveryEnabled")).lower() != "true":
            yield f"{name} must have point-in-time recovery"
    expiring = [each for each in found.of("AWS::DynamoDB::Table").values() if _expires(each)]
    if len(expiring) != len({"NotificationsTable", "JobsTable"}):
        yield "notifications and jobs, and no others, must expire by expires_at"


def registration(found: Deployment) -> Iterator[str]:
    """The targets are registered anew when the function's code or the layer changes."""
    for name, resource in found.of("Custom::Targets").items():
        kinds = {
            found.resources[each]["Type"] for each in _named(resource) if each in found.resources
        }
        for kind in {"AWS::Lambda::Version", "AWS::Lambda::LayerVersion"} - kinds:
            yield f"{name} must refer to the {kind}, or a new one does not run it"


def ticks(found: Deployment) -> Iterator[str]:
    """A tick that failed or came too late is not run again: the next minute repairs it."""
    wanted = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    configs = found.of("AWS::Lambda::EventInvokeConfig").values()
    for name, schedule in found.of("AWS::Scheduler::Schedule").items():
        [function] = _named(schedule["Target"]["Arn"])
        mine = [each for each in configs if each["FunctionName"] == {"Ref": function}]
        if not any(wanted.items() <= each.items() for each in mine):
            yield f"{name}: Lambda must not repeat {function} by itself ({wanted})"


def alarms(found: Deployment) -> Iterator[str]:
    """Throttles ring, whichever index has them, and no alarm has more metrics than it may."""
    known = found.of("AWS::CloudWatch::Alarm")
    for name, alarm in known.items():
        if len(alarm.get("Metrics", ())) > METRICS_OF_AN_ALARM:
            yield f"{name} must have at most {METRICS_OF_AN_ALARM} metrics"
    [query] = [each["Expression"] for each in known["Monitoring.TableThrottlesAlarm"]["Metrics"]]
    if query != WRITE_THROTTLES:
        yield f"TableThrottlesAlarm must watch the table and all its indexes: {WRITE_THROTTLES}"


def memory(found: Deployment) -> Iterator[str]:
    """The function that holds the bodies of e-mails has room for them."""
    has = int(found.of("AWS::Lambda::Function")["DeliverEmail"]["MemorySize"])
    if has < EMAIL_MEMORY:
        yield f"DeliverEmail must have {EMAIL_MEMORY} MB, not {has}"


def _expires(table: Mapping[str, Any]) -> bool:
    return table.get("TimeToLiveSpecification") == {"AttributeName": "expires_at", "Enabled": True}


def _named(value: Any) -> Iterator[str]:
    """Yield the names of the resources that a value refers to."""
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key == "Ref" and not each.startswith("AWS::"):
                yield each
            elif key == "Fn::GetAtt":
                yield each[0]
            elif key == "DependsOn":
                yield from [each] if isinstance(each, str) else each
            else:
                yield from _named(each)
