"""The client covers every operation of the OpenAPI document, and every field of its responses."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from notification_system import results, template_results
from tests.client.api_server import ApiServer, Reply
from tests.client.samples import OPERATIONS, SCHEMAS

MESSAGE = {"user": "ann", "title": "Hi", "body": "Hello"}

#: The method for each operation, and arguments. A method with the operation's name is not named.
CALLS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "list_targets": ("list_targets", (), {}),
    "add_target": ("add_target", (), {"name": "Email", "notification_module_name": "email"}),
    "get_target": ("get_target", ("t 1/2",), {}),
    "change_target": ("change_target", ("t-1",), {"name": "E-mail"}),
    "remove_target": ("remove_target", ("t-1",), {}),
    "pause_target": ("pause_target", ("t-1",), {"reason": "maintenance"}),
    "resume_target": ("resume_target", ("t-1",), {}),
    "get_backlog": ("get_backlog", (), {}),
    "list_records": ("list_records", ("ann",), {}),
    "add_record": (
        "add_record",
        (),
        {"user": "ann", "target": "Email", "target_user_id": "ann@example.com"},
    ),
    "add_records": (
        "add_records",
        ([{"user": "ann", "target": "Email", "target_user_id": "ann@example.com"}],),
        {},
    ),
    "get_record": ("get_record", ("r-1",), {}),
    "change_record": ("change_record", ("r-1",), {"active": False}),
    "remove_record": ("remove_record", ("r-1",), {}),
    "get_opt_out": ("get_opt_out", ("ann",), {}),
    "set_opt_out": ("set_opt_out", ("ann",), {"active": True, "categories": ["marketing"]}),
    "list_notifications": ("list_notifications", (), {"user": "ann", "status": "SENT"}),
    "add_notifications": ("send", (), MESSAGE),
    "add_batch": ("add_batch", ([MESSAGE],), {}),
    "search_notifications": ("search_notifications", (), {"address": "+1591 300"}),
    "redrive_notifications": ("redrive_notifications", (), {"ids": ["n-1"]}),
    "get_notification": ("get_notification", ("n-1",), {}),
    "change_notification": (
        "change_notification",
        ("n-1",),
        {"scheduled_delivery": datetime(2026, 1, 31, 9, tzinfo=UTC), "category": None},
    ),
    "cancel_notification": ("cancel_notification", ("n-1",), {}),
    "explain_notification": ("explain_notification", ("n-1",), {}),
    "get_user_settings": ("get_user_settings", ("ann/& bob",), {}),
    "set_user_settings": ("set_user_settings", ("ann",), {"locale": "de", "time_zone": None}),
    "list_templates": ("list_templates", (), {}),
    "get_template": ("get_template", ("order-shipped",), {}),
    "put_template": (
        "put_template",
        ("order-shipped",),
        {"default_locale": "en", "content": {"en": {"sms": {"body": "It is on its way."}}}},
    ),
    "remove_template": ("remove_template", ("order-shipped",), {}),
    "publish_template": ("publish_template", ("order-shipped",), {"version": 1}),
    "list_template_versions": ("list_template_versions", ("order-shipped",), {}),
    "get_template_version": ("get_template_version", ("order-shipped", 1), {}),
    "diff_template": ("diff_template", ("order-shipped",), {"before": 1, "after": 2}),
    "preview_template": ("preview_template", ("order-shipped",), {"data": {"order": "A-17"}}),
    "send_template_test": (
        "send_template_test",
        ("order-shipped",),
        {"target": "Email", "address": "qa@example.com"},
    ),
    "export_user": ("export_user", ("ann/& bob",), {}),
    "erase_user": ("erase_user", ("ann",), {}),
    "get_job": ("get_job", ("j-1",), {}),
    "import_entities": (
        "import_batch",
        ("django", [{"kind": "opt_out", "key": "3", "user": "8", "at": "2020-05-06T07:08:09Z"}]),
        {},
    ),
    "undo_import": ("undo_import", ("django", [{"kind": "record", "key": "17"}]), {}),
}

#: The schema of each result class whose name differs from its schema's.
SCHEMA_OF = {
    "BacklogEntry": "BacklogEntry",
    "Cancellation": "CancelResponse",
    "Change": "ChangedResponse",
    "ExportPage": "ExportResponse",
    "NotificationSummary": "BriefNotification",
    "OptOut": "OptOutSetResponse",
    "TargetUserRecord": "RecordResponse",
    "TimelineEvent": "EventResponse",
    "FieldError": "FieldProblem",
    "StoredTemplateVersion": "StoredVersionResponse",
    "TemplateChange": "ChangeResponse",
    "TemplateDiff": "DiffResponse",
    "TemplatePreview": "PreviewResponse",
    "TemplateVersion": "VersionResponse",
    "TemplateVersionSummary": "VersionSummaryResponse",
}

#: Classes without a schema: the listings, and the result of an item.
WITHOUT_SCHEMA = {"Page", "RecordResult", "SendResult"}

RESULTS = [
    value
    for name, value in {**vars(results), **vars(template_results)}.items()
    if is_dataclass(value) and isinstance(value, type) and name not in WITHOUT_SCHEMA
]


def test_there_is_a_call_for_every_operation() -> None:
    assert set(CALLS) == set(OPERATIONS)


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_a_call_sends_the_operations_request_and_reads_its_response(
    api: ApiServer, call: Callable[..., Any], operation: str
) -> None:
    status, body = OPERATIONS[operation].sample()
    api.replies = [Reply(status, body)]
    method, arguments, named = CALLS[operation]

    result = call(method, *arguments, **named)

    [request] = api.requests
    assert OPERATIONS[operation].matches(request.method, request.path), request.path
    assert (result is None) == (body is None)


@pytest.mark.parametrize("result_class", RESULTS, ids=lambda value: value.__name__)
def test_a_result_has_the_fields_of_its_schema(result_class: Any) -> None:
    name = result_class.__name__
    schema = SCHEMAS[SCHEMA_OF.get(name, f"{name}Response")]

    assert {field.metadata.get("name", field.name) for field in fields(result_class)} == set(
        schema["properties"]
    )


def test_a_listing_is_read_page_after_page(api: ApiServer, call: Callable[..., Any]) -> None:
    target = OPERATIONS["get_target"].sample()[1]
    api.replies = [
        Reply(200, {"items": [target, target], "next": "a&b"}),
        Reply(200, {"items": [], "next": "c"}),
        Reply(200, {"items": [target], "next": None}),
    ]

    assert len(call("targets")) == 3

    assert [request.path for request in api.requests] == [
        "/v1/targets?limit=100",
        "/v1/targets?limit=100&next=a%26b",
        "/v1/targets?limit=100&next=c",
    ]


def test_an_export_is_read_page_after_page(api: ApiServer, call: Callable[..., Any]) -> None:
    page = OPERATIONS["export_user"].sample()[1]
    api.replies = [Reply(200, page | {"next": "a"}), Reply(200, page)]

    assert len(call("exported_notifications", "ann")) == 2

    assert [request.path for request in api.requests] == [
        "/v1/users/ann/export?limit=50",
        "/v1/users/ann/export?limit=50&next=a",
    ]
