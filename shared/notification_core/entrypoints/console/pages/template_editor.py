"""The editor of a template: a text area for each part, a preview, and storing a new version."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from notification_content.templates.problems import TemplateRejected
from notification_core.domain.audit import AuditAction
from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.templates import MAX_NOTE, Template, TemplateRef
from notification_core.entrypoints.console.call import NOTICE, Call
from notification_core.entrypoints.console.pages.template_preview import shown_parts
from notification_core.entrypoints.console.pages.templates import (
    default_locale,
    note_of,
    subject_of,
    version_of,
)
from notification_core.entrypoints.console.responses import MESSAGE_POLICY, Response
from notification_core.entrypoints.console.template_form import TemplateForm, field_errors_of
from notification_core.usecases.administration import templates as use_cases
from notification_core.usecases.console.auditing import audited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notification_core.usecases.queries.template_preview import PreviewPart


def show(call: Call) -> Response:
    """Open a version, by default the latest one, or a template that does not exist yet."""
    head = _head(call)
    if head is None:
        return _editor(call, TemplateForm.empty(default_locale(call)), None)
    number = version_of(call.query("version")) or head.latest
    document = use_cases.get_version(call.ports, head, number).document
    checked = use_cases.checked_document(call.ports, document)
    form = TemplateForm.of_document(document)
    form.errors = field_errors_of(checked.errors)
    warnings = field_errors_of(checked.warnings)
    return _editor(call, form, head, opened=number, warnings=warnings)


def submit(call: Call) -> Response:
    """Store the form as a new version, or only preview it or add a channel, by the button."""
    head, form = _head(call), TemplateForm.of_request(call.request.form)
    match call.field("action"):
        case "save":
            return _save(call, form, head)
        case "add":
            form.add(call.field("add_locale"), call.field("add_channel"))
            return _editor(call, form, head)
        case _:
            parts = _preview(call, form)
            return _editor(call, form, head, parts=shown_parts(parts), is_previewed=True)


def message(call: Call) -> Response:
    """Return the HTML of one e-mail of the form, for a frame; or what is wrong with it, as text."""
    form = TemplateForm.of_request(call.request.form)
    parts = _preview(call, form, locale=call.field("shown"), channel="email")
    if parts:
        return Response(body=parts[0].content.body, policy=MESSAGE_POLICY)
    text = "\n".join(map(str, form.errors)) or "There is no e-mail in this language."
    return Response(body=text, content_type="text/plain; charset=utf-8", policy=MESSAGE_POLICY)


def _head(call: Call) -> Template | None:
    """Return the head of the template. Raises InvalidInput: there can be none with this name."""
    name = call.parameters["id"]
    use_cases.check_name(name)
    head = call.ports.templates.get(name)
    return head if head is not None and head.exists else None


def _preview(
    call: Call, form: TemplateForm, locale: str | None = None, channel: str | None = None
) -> "Sequence[PreviewPart]":
    """Return the messages of the form; if it has errors, note them in it and return none."""
    from notification_core.usecases.queries.template_preview import (  # noqa: PLC0415
        preview_document,
    )

    try:
        return preview_document(call.ports, form.document(), locale=locale, channel=channel)
    except TemplateRejected as error:
        form.errors = field_errors_of(error.problems)
    except InvalidInput as error:
        form.errors = list(error.fields) or [FieldError("template", error.detail)]
    return ()


def _save(call: Call, form: TemplateForm, head: Template | None) -> Response:
    name, latest = call.parameters["id"], head.latest if head else 0
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        note, document = note_of(call, "note"), form.document()
    except InvalidInput as error:
        form.errors = list(error.fields)
        return _editor(call, form, head, status)
    except TemplateRejected as error:
        form.errors = field_errors_of(error.problems)
        return _editor(call, form, head, status)
    if call.field("base") != str(latest):
        message = (
            f"version {latest} was stored while you edited; compare it, and save again to store"
            " yours after it"
        )
        form.errors = [FieldError("template", message)]
        return _editor(call, form, head, HTTPStatus.CONFLICT)
    subject = subject_of(TemplateRef(name, latest + 1))
    with audited(call.console, call.session, AuditAction.STORE_TEMPLATE, subject, note) as change:
        stored = use_cases.put_version(call.ports, name, document, author=call.by, note=note)
        number, count = stored.version.version, len(stored.errors)
        if stored.is_new:
            change.outcome = f"stored version {number}"
        else:
            change.outcome = f"nothing new: version {number} is the same"
        if count:
            change.outcome += f", with {count} error{'s' if count > 1 else ''}"
    if not stored.errors:
        notice = "stored" if stored.is_new else "not_stored"
        return call.redirect(f"/templates/{name}", **{NOTICE: notice})
    notice = "stored_draft" if stored.is_new else "not_stored"
    return call.redirect(f"/templates/{name}/edit", **{"version": number, NOTICE: notice})


def _editor(
    call: Call,
    form: TemplateForm,
    head: Template | None,
    status: HTTPStatus = HTTPStatus.OK,
    **shown: Any,
) -> Response:
    name = call.parameters["id"]
    values: dict[str, Any] = {"parts": [], "is_previewed": False, "warnings": [], "opened": None}
    return call.page(
        "template_editor.html",
        f"Edit {name}" if head else f"New template {name}",
        status,
        name=name,
        head=head,
        latest=head.latest if head else 0,
        form=form,
        add_errors=[*form.errors_of("add_locale"), *form.errors_of("add_channel")],
        note=call.field("note"),
        max_note=MAX_NOTE,
        **values | shown,
    )
