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


def sources(deployment: Deployment) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each queue that starts a function: the source's name, the queue's, the function."""
    functions = deployment.of("AWS::Lambda::Function")
    for name, source in deployment.of("AWS::Lambda::EventSourceMapping").items():
        queue = source["EventSourceArn"]["Fn::GetAtt"][0]
        yield name, queue, functions[source["FunctionName"]["Ref"]]


def references(deployment: Deployment) -> Iterator[str]:
    """No resource refers to one that this deployment does not create."""
    for name, resource in deployment.resources.items():
        for target in _named(resource):
            if target not in deployment.resources:
                yield f"{name} refers to {target}, which is not deployed"


def recursion(deployment: Deployment) -> Iterator[str]:
    """Lambda drops no message of a function that puts work back on a queue."""
    for source, _, function in sources(deployment):
        if function.get("RecursiveLoop") != "Allow":
            yield f"{source}: its function must have RecursiveLoop: Allow, or Lambda ends its loops"
    if "RecursiveInvocationsDropped" not in str(deployment.of("AWS::CloudWatch::Alarm")):
        yield "no alarm watches RecursiveInvocationsDropped"


def visibility(deployment: Deployment) -> Iterator[str]:
    """A message stays hidden for longer than its function can take."""
    queues = deployment.of("AWS::SQS::Queue")
    for source, name, function in sources(deployment):
        hidden, limit = int(queues[name]["VisibilityTimeout"]), int(function["Timeout"])
        if hidden < VISIBILITY * limit:
            yield f"{source}: {name} must hide a message for {VISIBILITY} x {limit} s, not {hidden}"


def queue_policies(deployment: Deployment) -> Iterator[str]:
    """A queue's policy is for one queue, and what it allows names that queue.

    Source: Amazon SQS Developer Guide (2011-10-01), "Special Information for SQS Policies".
    """
    for name, policy in deployment.of("AWS::SQS::QueuePolicy").items():
        own = [{"Fn::GetAtt": [queue["Ref"], "Arn"]} for queue in policy["Queues"]]
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow" and [statement["Resource"]] != own:
                yield f"{name}: what it allows must name its only queue"


def tracing(deployment: Deployment) -> Iterator[str]:
    """The API is not traced: its segments would contain URLs and addresses."""
    for name, stage in deployment.of("AWS::ApiGateway::Stage").items():
        if stage.get("TracingEnabled"):
            yield f"{name} must not be traced: URLs name users and contain unsubscribe tokens"


def choices(deployment: Deployment, tracing: str, architecture: str) -> Iterator[str]:
    """Every function is traced, and runs on a processor, as the parameters say."""
    for name, function in deployment.of("AWS::Lambda::Function").items():
        if function.get("TracingConfig") != {"Mode": tracing}:
            yield f"{name} must have the tracing {tracing}"
        if function.get("Architectures") != [architecture]:
            yield f"{name} must be for {architecture}"
    for name, layer in deployment.of("AWS::Lambda::LayerVersion").items():
        if layer.get("CompatibleArchitectures") != [architecture]:
            yield f"{name} must be for {architecture}"


def logging(deployment: Deployment) -> Iterator[str]:
    """Lambda writes no line of an invocation that succeeded, and lets each metric through.

    A metric is a line without a level, which Lambda takes for INFO (AWS Lambda Developer Guide,
    "Log-level filtering").
    """
    for name, function in deployment.of("AWS::Lambda::Function").items():
        config = function.get("LoggingConfig", {})
        if (config.get("LogFormat"), config.get("SystemLogLevel")) != ("JSON", "WARN"):
            yield f"{name} must leave out Lambda's own lines of what succeeded"
        if config.get("ApplicationLogLevel") not in {"DEBUG", "INFO"}:
            yield f"{name}: Lambda would hold back its metrics"


def detailed_metrics(deployment: Deployment) -> Iterator[str]:
    """The API has no metrics of its own for each method: they are charged as custom ones."""
    for name, stage in deployment.of("AWS::ApiGateway::Stage").items():
        if any(settings.get("MetricsEnabled") for settings in stage.get("MethodSettings", ())):
            yield f"{name} must have no detailed metrics"


def retention(deployment: Deployment) -> Iterator[str]:
    """A key that only the deployment knows outlives the stack."""
    for name, secret in deployment.of("AWS::SecretsManager::Secret").items():
        resource = deployment.resources[name]
        policies = [
            resource.get(attribute) for attribute in ("DeletionPolicy", "UpdateReplacePolicy")
        ]
        if "GenerateSecretString" in secret and policies != ["RetainExceptOnCreate", "Retain"]:
            yield f"{name}: its key must outlive the stack"


def tables(deployment: Deployment) -> Iterator[str]:
    """A table can be restored, and what has an expiry leaves by it."""
    for name, table in deployment.of("AWS::DynamoDB::Table").items():
        recovery = table.get("PointInTimeRecoverySpecification", {})
        if str(recovery.get("PointInTimeRecoveryEnabled")).lower() != "true":
            yield f"{name} must have point-in-time recovery"
    expiring = [
        table for table in deployment.of("AWS::DynamoDB::Table").values() if _expires(table)
    ]
    if len(expiring) != len({"NotificationsTable", "JobsTable"}):
        yield "notifications and jobs, and no others, must expire by expires_at"


def registration(deployment: Deployment) -> Iterator[str]:
    """The targets are registered anew when the function's code or the layer changes."""
    for name, resource in deployment.of("Custom::Targets").items():
        kinds = {
            deployment.resources[reference]["Type"]
            for reference in _named(resource)
            if reference in deployment.resources
        }
        for kind in {"AWS::Lambda::Version", "AWS::Lambda::LayerVersion"} - kinds:
            yield f"{name} must refer to the {kind}, or a new one does not run it"


def ticks(deployment: Deployment) -> Iterator[str]:
    """A tick that failed or came too late is not run again: the next minute repairs it."""
    wanted = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    configs = deployment.of("AWS::Lambda::EventInvokeConfig").values()
    for name, schedule in deployment.of("AWS::Scheduler::Schedule").items():
        [function] = _named(schedule["Target"]["Arn"])
        mine = [config for config in configs if config["FunctionName"] == {"Ref": function}]
        if not any(wanted.items() <= config.items() for config in mine):
            yield f"{name}: Lambda must not repeat {function} by itself ({wanted})"


def alarms(deployment: Deployment) -> Iterator[str]:
    """Throttles ring, whichever index has them, and no alarm has more metrics than it may."""
    alarms_by_name = deployment.of("AWS::CloudWatch::Alarm")
    for name, alarm in alarms_by_name.items():
        if len(alarm.get("Metrics", ())) > METRICS_OF_AN_ALARM:
            yield f"{name} must have at most {METRICS_OF_AN_ALARM} metrics"
    [query] = [
        metric["Expression"]
        for metric in alarms_by_name["Monitoring.TableThrottlesAlarm"]["Metrics"]
    ]
    if query != WRITE_THROTTLES:
        yield f"TableThrottlesAlarm must watch the table and all its indexes: {WRITE_THROTTLES}"


def memory(deployment: Deployment) -> Iterator[str]:
    """The function that holds the bodies of e-mails has room for them."""
    has = int(deployment.of("AWS::Lambda::Function")["DeliverEmail"]["MemorySize"])
    if has < EMAIL_MEMORY:
        yield f"DeliverEmail must have {EMAIL_MEMORY} MB, not {has}"


def _expires(table: Mapping[str, Any]) -> bool:
    return table.get("TimeToLiveSpecification") == {"AttributeName": "expires_at", "Enabled": True}


def _named(value: Any) -> Iterator[str]:
    """Yield the names of the resources that a value refers to."""
    if isinstance(value, list):
        for element in value:
            yield from _named(element)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            if key == "Ref" and not member.startswith("AWS::"):
                yield member
            elif key == "Fn::GetAtt":
                yield member[0]
            elif key == "DependsOn":
                yield from [member] if isinstance(member, str) else member
            else:
                yield from _named(member)
