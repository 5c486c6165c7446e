"""A client of the serverless notification system, and the `notify` command line.

    from notification_system import Client, Recipient

    with Client.local() as client:
        ann = Recipient(target="Email", address="ann@example.com")
        [notification] = client.send(to=[ann], title="Your order", body="It is ready.")
        print(client.wait(notification.id).status)

`AsyncClient` has the same methods as coroutines. The modules are imported when their names are
first used, so `import notification_system` is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from notification_system.version import __version__

if TYPE_CHECKING:
    from notification_system._async.client import AsyncClient
    from notification_system._sync.client import Client
    from notification_system.enums import (
        CancelResult,
        Confirmation,
        ConsentSource,
        JobKind,
        JobState,
        PausedBy,
        Status,
        TargetState,
    )
    from notification_system.errors import (
        ApiError,
        BeingErased,
        ConfigurationError,
        Conflict,
        ConnectionFailed,
        FieldError,
        Forbidden,
        IdempotencyMismatch,
        InternalError,
        InvalidInput,
        InvalidRequest,
        MalformedJson,
        MethodNotAllowed,
        NameTaken,
        NoActiveRecords,
        NotFound,
        NotificationSystemError,
        OptedOut,
        RecordExists,
        SendInterrupted,
        ServerError,
        StillSending,
        TargetInUse,
        TooManyRequests,
        Unavailable,
        UnknownModule,
        UnknownRecord,
        UnknownTarget,
    )
    from notification_system.requests import (
        ChannelContent,
        NewNotification,
        NewRecord,
        Recipient,
    )
    from notification_system.results import (
        BacklogEntry,
        Cancellation,
        Deactivation,
        Decision,
        Explanation,
        ExportPage,
        Job,
        LastError,
        Notification,
        NotificationSummary,
        OptOut,
        OptOutEntry,
        Page,
        Pause,
        RecordResult,
        SendResult,
        Target,
        TargetUserRecord,
        TimelineEvent,
        UserSettings,
    )
    from notification_system.retries import Retries

#: The module of each public name.
_MODULE_OF = {
    "AsyncClient": "_async.client",
    "Client": "_sync.client",
    "CancelResult": "enums",
    "Confirmation": "enums",
    "ConsentSource": "enums",
    "JobKind": "enums",
    "JobState": "enums",
    "PausedBy": "enums",
    "Status": "enums",
    "TargetState": "enums",
    "ApiError": "errors",
    "BeingErased": "errors",
    "ConfigurationError": "errors",
    "Conflict": "errors",
    "ConnectionFailed": "errors",
    "FieldError": "errors",
    "Forbidden": "errors",
    "IdempotencyMismatch": "errors",
    "InternalError": "errors",
    "InvalidInput": "errors",
    "InvalidRequest": "errors",
    "MalformedJson": "errors",
    "MethodNotAllowed": "errors",
    "NameTaken": "errors",
    "NoActiveRecords": "errors",
    "NotFound": "errors",
    "NotificationSystemError": "errors",
    "OptedOut": "errors",
    "RecordExists": "errors",
    "SendInterrupted": "errors",
    "ServerError": "errors",
    "StillSending": "errors",
    "TargetInUse": "errors",
    "TooManyRequests": "errors",
    "Unavailable": "errors",
    "UnknownModule": "errors",
    "UnknownRecord": "errors",
    "UnknownTarget": "errors",
    "ChannelContent": "requests",
    "NewNotification": "requests",
    "NewRecord": "requests",
    "Recipient": "requests",
    "BacklogEntry": "results",
    "Cancellation": "results",
    "Deactivation": "results",
    "Decision": "results",
    "Explanation": "results",
    "ExportPage": "results",
    "Job": "results",
    "LastError": "results",
    "Notification": "results",
    "NotificationSummary": "results",
    "OptOut": "results",
    "OptOutEntry": "results",
    "Page": "results",
    "Pause": "results",
    "RecordResult": "results",
    "SendResult": "results",
    "Target": "results",
    "TargetUserRecord": "results",
    "TimelineEvent": "results",
    "UserSettings": "results",
    "Retries": "retries",
}

__all__ = [
    "ApiError",
    "AsyncClient",
    "BacklogEntry",
    "BeingErased",
    "CancelResult",
    "Cancellation",
    "ChannelContent",
    "Client",
    "ConfigurationError",
    "Confirmation",
    "Conflict",
    "ConnectionFailed",
    "ConsentSource",
    "Deactivation",
    "Decision",
    "Explanation",
    "ExportPage",
    "FieldError",
    "Forbidden",
    "IdempotencyMismatch",
    "InternalError",
    "InvalidInput",
    "InvalidRequest",
    "Job",
    "JobKind",
    "JobState",
    "LastError",
    "MalformedJson",
    "MethodNotAllowed",
    "NameTaken",
    "NewNotification",
    "NewRecord",
    "NoActiveRecords",
    "NotFound",
    "Notification",
    "NotificationSummary",
    "NotificationSystemError",
    "OptOut",
    "OptOutEntry",
    "OptedOut",
    "Page",
    "Pause",
    "PausedBy",
    "Recipient",
    "RecordExists",
    "RecordResult",
    "Retries",
    "SendInterrupted",
    "SendResult",
    "ServerError",
    "Status",
    "StillSending",
    "Target",
    "TargetInUse",
    "TargetState",
    "TargetUserRecord",
    "TimelineEvent",
    "TooManyRequests",
    "Unavailable",
    "UnknownModule",
    "UnknownRecord",
    "UnknownTarget",
    "UserSettings",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import the module of a public name when the name is first used (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
