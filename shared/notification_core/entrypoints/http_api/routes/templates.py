"""Templates, their versions, and previews."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response as HttpResponse
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from notification_core.domain.errors import (
    InvalidInput,
    NotFound,
    TemplateInUse,
)
from notification_core.entrypoints.http_api.accepted import AcceptedList
from notification_core.entrypoints.http_api.answers import MAX_ANSWER, size_of
from notification_core.entrypoints.http_api.current_request import current_event, log_accepted
from notification_core.entrypoints.http_api.identity import caller_of, key_scope_of
from notification_core.entrypoints.http_api.parameters import Limit, Next
from notification_core.entrypoints.http_api.routes.creation import (
    CREATION_PROBLEMS,
    FIRST_ID,
    REPEATED,
    IdempotencyKey,
)
from notification_core.entrypoints.http_api.routing import Reply, Routes
from notification_core.entrypoints.http_api.template_responses import (
    DiffResponse,
    PreviewResponse,
    StoredVersionResponse,
    TemplateList,
    TemplateResponse,
    VersionList,
    VersionResponse,
    VersionSummaryResponse,
)
from notification_core.entrypoints.http_api.templates import (
    NewTemplateVersion,
    PreviewRequest,
    PublishRequest,
    TemplateTestRequest,
)
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration import template_removal, templates
from notification_core.usecases.queries import templates as queries
from notification_core.usecases.sending import template_test_send

routes = Routes("Templates")

UNCHANGED = "The latest version already has this content"
UNCHANGED_EXAMPLE = {**StoredVersionResponse.EXAMPLE, "is_new": False}

#: The number of a version in a path or a query.
InPath = Annotated[int, Path(ge=1, le=999_999_999)]
From = Annotated[int | None, Query(alias="from", ge=1, le=999_999_999)]
To = Annotated[int | None, Query(ge=1, le=999_999_999)]


@routes.get("/templates")
def list_templates(limit: Limit = 50, next: Next = None) -> TemplateList:
    """List the templates by name."""
    page = queries.list_templates(ports(), limit, next)
    return TemplateList(items=[TemplateResponse.of(head) for head in page.items], next=page.next)


@routes.get("/templates/<name>", problems=[NotFound])
def get_template(name: str) -> TemplateResponse:
    """Read a template: its published and its latest version, and its last publications."""
    return TemplateResponse.of(templates.get_template(ports(), name))


@routes.put(
    "/templates/<name>",
    problems=[NotFound],
    replies={
        HTTPStatus.CREATED: Reply(StoredVersionResponse),
        HTTPStatus.OK: Reply(StoredVersionResponse, UNCHANGED, example=UNCHANGED_EXAMPLE),
    },
)
def put_template(name: str, body: NewTemplateVersion) -> HttpResponse[StoredVersionResponse]:
    """Store a template's next version. It is used once it is published."""
    stored = templates.put_version(
        ports(), name, body.document(), author=caller_of(current_event()), note=body.note or ""
    )
    return HttpResponse(
        status_code=HTTPStatus.CREATED if stored.is_new else HTTPStatus.OK,
        content_type="application/json",
        body=StoredVersionResponse.of_stored(stored),
    )


@routes.post("/templates/<name>/publish", problems=[NotFound])
def publish_template(name: str, body: PublishRequest | None = None) -> TemplateResponse:
    """Publish a version, also an older one. Each request from now on uses it."""
    wanted = body or PublishRequest()
    head = templates.publish(
        ports(),
        name,
        wanted.version,
        author=caller_of(current_event()),
        note=wanted.note or "",
    )
    return TemplateResponse.of(head)


@routes.delete(
    "/templates/<name>", status=HTTPStatus.NO_CONTENT, problems=[NotFound, TemplateInUse]
)
def remove_template(name: str) -> None:
    """Remove a template that no waiting notification needs."""
    template_removal.remove_template(ports(), name)


@routes.get("/templates/<name>/versions", problems=[NotFound])
def list_template_versions(name: str, limit: Limit = 50, next: Next = None) -> VersionList:
    """List a template's versions, newest first, without their content."""
    page = queries.list_versions(ports(), name, limit, next)
    items = [VersionSummaryResponse.of(version) for version in page.items]
    return VersionList(items=items, next=page.next)


@routes.get("/templates/<name>/versions/<version>", problems=[NotFound])
def get_template_version(name: str, version: InPath) -> VersionResponse:
    """Read a version of a template."""
    return VersionResponse.of_version(*queries.read_version(ports(), name, version))


@routes.get("/templates/<name>/diff", problems=[NotFound])
def diff_template(name: str, from_: From = None, to: To = None) -> DiffResponse:
    """Compare two versions: by default the published one and the latest."""
    before, after, diff = queries.diff(ports(), name, from_, to)
    return DiffResponse.of_diff(before.version, after.version, diff)


@routes.post("/templates/<name>/preview", problems=[NotFound])
def preview_template(name: str, body: PreviewRequest | None = None) -> PreviewResponse:
    """Render a version in each channel and locale, and store nothing."""
    # Imported here, because most requests render no template.
    from notification_core.usecases.queries import template_preview  # noqa: PLC0415

    wanted = (body or PreviewRequest()).model_dump()
    version, parts = template_preview.preview(ports(), name, **wanted)
    answer = PreviewResponse.of_parts(version.version, parts)
    if size_of(answer) > MAX_ANSWER:
        raise InvalidInput.of("locale", "the preview is too large; name a locale and a channel")
    return answer


@routes.post(
    "/templates/<name>/test",
    status=HTTPStatus.CREATED,
    problems=[NotFound, *CREATION_PROBLEMS],
    new_id=FIRST_ID,
    replies={HTTPStatus.OK: Reply(AcceptedList, REPEATED, FIRST_ID)},
)
def send_template_test(
    name: str, body: TemplateTestRequest, idempotency_key: IdempotencyKey = None
) -> HttpResponse[AcceptedList]:
    """Send one marked message to an address that the deployment allows for tests."""
    test = template_test_send.TemplateTest(
        name=name,
        target=body.to.target,
        address=body.to.address,
        data=body.data,
        locale=body.locale,
        version=body.version,
        idempotency_key=idempotency_key,
    )
    scheduled = template_test_send.send_template_test(ports(), key_scope_of(current_event()), test)
    log_accepted(notification.id for notification in scheduled.notifications)
    return HttpResponse(
        status_code=HTTPStatus.CREATED if scheduled.created else HTTPStatus.OK,
        content_type="application/json",
        body=AcceptedList.fitting(scheduled.notifications),
    )
