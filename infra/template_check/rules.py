"""Rules for every deployment on AWS. Each rule yields its violations as sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.template_check.resolved import Deployment

#: Minimum visibility timeout of a queue, in time limits of the function that reads it (AWS Lambda
#: Developer Guide, "Using Lambda with Amazon SQS", configuring a queue).
VISIBILITY = 6

#: Maximum number of metrics of an alarm (Amazon CloudWatch User Guide, "Service quotas").
METRICS_OF_AN_ALARM = 10

#: The query has no schema, because its dimensions would exclude the table or its indexes (Amazon
#: CloudWatch User Guide, "CloudWatch Metrics Insights query components").
WRITE_THROTTLES = (
    'SELECT SUM(WriteThrottleEvents) FROM "AWS/DynamoDB" '
    "WHERE TableName = '${NotificationsTable}'"
)

#: The tables whose items expire; the last three exist only with the console.
EXPIRING = {
    *("NotificationsTable", "JobsTable", "TemplatesTable"),
    *("SessionsTable", "AuditTable", "CountersTable"),
}

#: Megabytes: twice the memory that the largest batch of e-mails needs, see
#: tests/entrypoints/test_consumer_memory.py.
EMAIL_MEMORY = 512


def sources(deployment: Deployment) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each event source: its name, the name of its queue, and its function."""
    functions = deployment.of("AWS::Lambda::Function")
    for name, source in deployment.of("AWS::Lambda::EventSourceMapping").items():
        queue = source["EventSourceArn"]["Fn::GetAtt"][0]
        yield name, queue, functions[source["FunctionName"]["Ref"]]


def references(deployment: Deployment) -> Iterator[str]:
    """Check that every referenced resource is part of the deployment."""
    for name, resource in deployment.resources.items():
        for target in _named(resource):
            if target not in deployment.resources:
                yield f"{name} refers to {target}, which is not deployed"


def recursion(deployment: Deployment) -> Iterator[str]:
    """Check that Lambda does not drop messages of functions that put work back on a queue."""
    for source, _, function in sources(deployment):
        if function.get("RecursiveLoop") != "Allow":
            yield f"{source}: its function must have RecursiveLoop: Allow, or Lambda stops loops"
    if "RecursiveInvocationsDropped" not in str(deployment.of("AWS::CloudWatch::Alarm")):
        yield "no alarm watches RecursiveInvocationsDropped"


def visibility(deployment: Deployment) -> Iterator[str]:
    """Check that a message stays invisible for longer than its function can run."""
    queues = deployment.of("AWS::SQS::Queue")
    for source, name, function in sources(deployment):
        hidden, limit = int(queues[name]["VisibilityTimeout"]), int(function["Timeout"])
        if hidden < VISIBILITY * limit:
            yield f"{source}: {name} must hide a message for {VISIBILITY} x {limit} s, not {hidden}"


def queue_policies(deployment: Deployment) -> Iterator[str]:
    """Check that a queue policy is for one queue and that its statements name that queue.

    Source: Amazon SQS Developer Guide (2011-10-01), "Special Information for SQS Policies".
    """
    for name, policy in deployment.of("AWS::SQS::QueuePolicy").items():
        own = [{"Fn::GetAtt": [queue["Ref"], "Arn"]} for queue in policy["Queues"]]
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow" and [statement["Resource"]] != own:
                yield f"{name}: allowed actions must name its only queue"


def tracing(deployment: Deployment) -> Iterator[str]:
    """Check that the API is not traced, because segments would contain URLs and addresses."""
    for name, stage in deployment.of("AWS::ApiGateway::Stage").items():
        if stage.get("TracingEnabled"):
            yield f"{name} must not be traced: URLs name users and contain unsubscribe tokens"


def choices(deployment: Deployment, tracing: str, architecture: str) -> Iterator[str]:
    """Check that all functions follow the parameters for tracing and architecture."""
    for name, function in deployment.of("AWS::Lambda::Function").items():
        if function.get("TracingConfig") != {"Mode": tracing}:
            yield f"{name} must have the tracing {tracing}"
        if function.get("Architectures") != [architecture]:
            yield f"{name} must be for {architecture}"
    for name, layer in deployment.of("AWS::Lambda::LayerVersion").items():
        if layer.get("CompatibleArchitectures") != [architecture]:
            yield f"{name} must be for {architecture}"


def logging(deployment: Deployment) -> Iterator[str]:
    """Check that Lambda logs no successful invocations and does not filter out metrics.

    A metric is a line without a level, which Lambda treats as INFO (AWS Lambda Developer Guide,
    "Log-level filtering").
    """
    for name, function in deployment.of("AWS::Lambda::Function").items():
        config = function.get("LoggingConfig", {})
        if (config.get("LogFormat"), config.get("SystemLogLevel")) != ("JSON", "WARN"):
            yield f"{name} must omit Lambda's lines about successful invocations"
        if config.get("ApplicationLogLevel") not in {"DEBUG", "INFO"}:
            yield f"{name}: Lambda would filter out its metrics"


def detailed_metrics(deployment: Deployment) -> Iterator[str]:
    """Check that the API has no metrics per method, because they are charged as custom metrics."""
    for name, stage in deployment.of("AWS::ApiGateway::Stage").items():
        if any(settings.get("MetricsEnabled") for settings in stage.get("MethodSettings", ())):
            yield f"{name} must have no detailed metrics"


def retention(deployment: Deployment) -> Iterator[str]:
    """Check that generated keys outlive the stack."""
    for name, secret in deployment.of("AWS::SecretsManager::Secret").items():
        resource = deployment.resources[name]
        policies = [
            resource.get(attribute) for attribute in ("DeletionPolicy", "UpdateReplacePolicy")
        ]
        if "GenerateSecretString" in secret and policies != ["RetainExceptOnCreate", "Retain"]:
            yield f"{name}: its key must outlive the stack"


def tables(deployment: Deployment) -> Iterator[str]:
    """Check that tables can be restored and that items with an expiry time expire."""
    for name, table in deployment.of("AWS::DynamoDB::Table").items():
        recovery = table.get("PointInTimeRecoverySpecification", {})
        if str(recovery.get("PointInTimeRecoveryEnabled")).lower() != "true":
            yield f"{name} must have point-in-time recovery"
    tables = deployment.of("AWS::DynamoDB::Table")
    expiring = {name for name, table in tables.items() if _expires(table)}
    if expiring != EXPIRING & tables.keys():
        yield f"{', '.join(sorted(EXPIRING))}, and no others, must expire by expires_at"


def registration(deployment: Deployment) -> Iterator[str]:
    """Check that a new layer or new code registers the targets again."""
    for name, resource in deployment.of("Custom::Targets").items():
        kinds = {
            deployment.resources[reference]["Type"]
            for reference in _named(resource)
            if reference in deployment.resources
        }
        for kind in {"AWS::Lambda::Version", "AWS::Lambda::LayerVersion"} - kinds:
            yield f"{name} must refer to the {kind}, or a new version does not run it"


def ticks(deployment: Deployment) -> Iterator[str]:
    """Check that a failed or late tick is not retried, because the next tick repairs it."""
    wanted = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    configs = deployment.of("AWS::Lambda::EventInvokeConfig").values()
    for name, schedule in deployment.of("AWS::Scheduler::Schedule").items():
        [function] = _named(schedule["Target"]["Arn"])
        mine = [config for config in configs if config["FunctionName"] == {"Ref": function}]
        if not any(wanted.items() <= config.items() for config in mine):
            yield f"{name}: Lambda must not retry {function} by itself ({wanted})"


def alarms(deployment: Deployment) -> Iterator[str]:
    """Check that throttles of any index raise an alarm, and the number of metrics per alarm."""
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
    """Check that the function for e-mails has enough memory for their bodies."""
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
