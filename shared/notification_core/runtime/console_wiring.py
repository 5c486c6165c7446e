"""Connects the ports of the console to their adapters. Only the console's function imports it."""

from functools import cache

from notification_core.adapters.cloudwatch_alarms import CONFIG as ALARMS_CONFIG
from notification_core.adapters.cloudwatch_alarms import CloudWatchAlarms, RecentAlarms
from notification_core.adapters.cognito import AppClient, CognitoDirectory, find_app_client
from notification_core.adapters.dynamodb.models import console
from notification_core.adapters.dynamodb.tables.console import DynamoAuditLog, DynamoSessions
from notification_core.ports.console import ConsolePorts
from notification_core.runtime.clock import clock
from notification_core.runtime.settings import read_variables
from notification_core.runtime.wiring import aws_client, use_tables


@cache
def console_ports() -> ConsolePorts:
    """Return this process's ports, with the tables and the user pool that the environment names."""
    values = read_variables([*console.VARIABLES, "USER_POOL_ID", "ALARM_PREFIX"])
    tables = {variable: values[variable.lower()] for variable in console.VARIABLES}
    use_tables(tables, aws_client("dynamodb"), console.ALL)
    alarms = CloudWatchAlarms(
        lambda: aws_client("cloudwatch", ALARMS_CONFIG), values["alarm_prefix"]
    )
    return ConsolePorts(
        sessions=DynamoSessions(),
        audit_log=DynamoAuditLog(),
        directory=CognitoDirectory(lambda: aws_client("cognito-idp"), values["user_pool_id"]),
        alarms=RecentAlarms(alarms, clock()),
        clock=clock(),
    )


def app_client(pool: str, name: str) -> AppClient:
    """Return the console's app client in a user pool. Raises Unavailable."""
    return find_app_client(aws_client("cognito-idp"), pool, name)
