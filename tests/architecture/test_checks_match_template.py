"""What `notify doctor` and `notify smoke` expect of a deployment is what the template deploys."""

from typing import Any

from notification_core.domain.timing import LOOK_AHEAD, SELF_ENQUEUE
from notification_system.cli.checks.limits import CONSUMERS
from notification_system.cli.checks.mail import DESTINATION, EVENTS, QUEUE, RULE
from notification_system.cli.checks.names import LONGEST_NAME, QUEUE_NAME, SECRETS
from notification_system.cli.checks.permissions import PERMISSIONS
from notification_system.cli.checks.programs import RUNTIMES
from notification_system.cli.checks.tables import EXPIRING, EXPIRY, INDEXES
from notification_system.cli.smoke import timing
from tests.architecture.templates import read, resources

TABLES = resources("AWS::DynamoDB::Table")
TARGET = "infra/templates/target.yaml"


def test_the_indexes_are_those_of_the_template() -> None:
    deployed: dict[str, dict[str, Any]] = {}
    for table, properties in TABLES.items():
        for entry in properties.get("GlobalSecondaryIndexes", ()):
            [index] = [part for part in [entry, *entry] if isinstance(part, dict)]
            keys = tuple(key["AttributeName"] for key in index["KeySchema"])
            condition = entry[0] if isinstance(entry, list) else ""
            assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
            deployed.setdefault(table, {})[index["IndexName"]] = (keys, condition)

    expected = {
        table: {
            index.name: (
                tuple(key.split()[0] for key in (index.hash_key, index.range_key) if key),
                f"Has{index.parameter}" if index.parameter else "",
            )
            for index in indexes
        }
        for table, indexes in INDEXES.items()
    }
    assert deployed == expected


def test_the_types_of_the_keys_are_those_of_the_template() -> None:
    for table, indexes in INDEXES.items():
        listed = TABLES[table]["AttributeDefinitions"]
        definitions = [entry[1] if isinstance(entry, list) else entry for entry in listed]
        types = {entry["AttributeName"]: entry["AttributeType"] for entry in definitions}
        for index in indexes:
            for key in filter(None, (index.hash_key, index.range_key)):
                name, kind = key.split()
                assert types[name] == kind


def test_the_tables_that_expire_are_those_of_the_template() -> None:
    names = {
        name: properties["TimeToLiveSpecification"]["AttributeName"]
        for name, properties in TABLES.items()
        if "TimeToLiveSpecification" in properties
    }

    assert names == dict.fromkeys(EXPIRING, EXPIRY)


def test_the_way_of_mail_events_is_that_of_the_template() -> None:
    [destination] = resources("AWS::SES::ConfigurationSetEventDestination").values()
    [(name, rule)] = resources("AWS::Events::Rule").items()
    queues = resources("AWS::SQS::Queue")
    expected = {kind.upper() for kind in destination["EventDestination"]["MatchingEventTypes"]}

    assert destination["EventDestination"]["Name"] == DESTINATION
    assert {kind.replace("_", "") for kind in EVENTS} == expected
    assert name == RULE
    assert rule["Targets"][0]["Arn"] == "!GetAtt MailEventsQueue.Arn"
    assert queues["MailEventsQueue"]["QueueName"] == f"!Sub ${{AWS::StackName}}-{QUEUE}"


def test_the_number_of_consumers_is_that_of_the_template() -> None:
    containers = int(read("template.yaml")["Mappings"]["Sizes"]["cloud"]["Containers"])
    total = 0
    for function in resources("AWS::Serverless::Function").values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                limit = event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
                total += int(limit) if isinstance(limit, str) else containers
            total += event["Type"] == "ScheduleV2"

    assert total == CONSUMERS


def test_the_longest_stack_name_leaves_room_for_every_queue() -> None:
    names = [queue["QueueName"] for queue in resources("AWS::SQS::Queue").values()]
    names += [
        queue["QueueName"].replace("${Target}", target["Parameters"]["Target"])
        for queue in resources("AWS::SQS::Queue", TARGET).values()
        for target in resources("AWS::Serverless::Application").values()
        if target["Location"] == TARGET
    ]
    suffixes = [name.partition("}")[2] for name in names]

    assert len(suffixes) > len(SECRETS)
    assert max(map(len, suffixes)) == QUEUE_NAME - LONGEST_NAME


def test_the_secrets_are_those_of_the_template() -> None:
    names = [secret["Name"] for secret in resources("AWS::SecretsManager::Secret").values()]

    assert {name.rpartition("/")[2] for name in names} == set(SECRETS)


def test_the_runtimes_are_those_of_the_template() -> None:
    allowed = read("template.yaml")["Parameters"]["PythonRuntime"]["AllowedValues"]

    assert sorted(allowed) == sorted(RUNTIMES)


def test_the_functions_whose_permissions_are_checked_exist() -> None:
    assert PERMISSIONS.keys() <= resources("AWS::Serverless::Function").keys()


def test_one_notification_of_a_smoke_check_waits_on_the_queue_and_one_for_the_dispatcher() -> None:
    assert timing.QUEUED < LOOK_AHEAD
    assert timing.DISPATCHED > SELF_ENQUEUE


def test_a_notification_of_a_smoke_check_may_be_as_late_as_the_alarm_permits() -> None:
    limit = read(TARGET)["Parameters"]["LatenessLimit"]["Default"]

    assert int(limit) / 1000 == timing.LATEST
