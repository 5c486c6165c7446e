"""Templates: the list, one template with its versions, the differences of two, and publishing."""

from http import HTTPStatus

from notification_core.domain.audit import AuditAction
from notification_core.domain.deployment import DEFAULT_LOCALE, DeploymentSettings
from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.templates import MAX_NOTE, Template, TemplateRef
from notification_core.entrypoints.console.call import NOTICE, Call
from notification_core.entrypoints.console.masking import masked_address
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.administration import templates as use_cases
from notification_core.usecases.administration.addresses import get_target
from notification_core.usecases.console.auditing import audited
from notification_core.usecases.queries import templates as queries
from notification_core.usecases.sending.template_test_send import TemplateTest, send_template_test

#: Templates and versions of one page.
LIMIT = 50

#: How a line of a difference begins, and the element that shows it.
MARKS = {"+": "ins", "-": "del"}


def subject_of(ref: TemplateRef) -> str:
    """Return what the audit log calls a version."""
    return f"template {ref}"


def version_of(given: str | None, name: str = "version") -> int | None:
    """Return the number of a version in the address or in a form; None if it is missing.

    Raises:
        InvalidInput: it is not a number.
    """
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= queries.MAX_DIGITS):
        raise InvalidInput.of(name, "must be the number of a version")
    return int(given)


def deployment_of(call: Call) -> DeploymentSettings:
    """Return what the deployment says about itself."""
    modules = call.ports.modules.recent()
    return modules[0].deployment if modules else DeploymentSettings()


def show(call: Call) -> Response:
    """List the templates by name."""
    page = queries.list_templates(call.ports, LIMIT, call.query("next"))
    return call.page("templates.html", "Templates", heads=page.items, next=page.next)


def new(call: Call) -> Response:
    """Open the editor of a template that does not exist yet.

    Raises:
        InvalidInput: the name is not that of a template.
    """
    name = call.required_query("name")
    use_cases.check_name(name)
    return call.redirect(f"/templates/{name}/edit")


def template(call: Call) -> Response:
    """Show a template with its versions and publications."""
    return _template(call, use_cases.get_template(call.ports, call.parameters["id"]))


def _template(
    call: Call,
    head: Template,
    status: HTTPStatus = HTTPStatus.OK,
    refused: str = "",
    errors: tuple[FieldError, ...] = (),
) -> Response:
    versions = queries.list_versions(call.ports, head.name, LIMIT, call.query("next"))
    latest = use_cases.get_version(call.ports, head, head.latest).document
    channels = {module.name: module.channel for module in call.ports.modules.recent()}
    return call.page(
        "template.html",
        head.name,
        status,
        head=head,
        versions=versions.items,
        next=versions.next,
        publications=head.publications[::-1],
        latest=latest,
        locales=list(latest.content),
        targets=[
            target
            for target in call.ports.targets.all()
            if channels.get(target.notification_module_name) in latest.channels
        ],
        addresses=deployment_of(call).allow_list,
        max_note=MAX_NOTE,
        refused=refused,
        errors=errors,
    )


def publish(call: Call) -> Response:
    """Publish a version, also an older one. The reason is its note too.

    Raises:
        NotFound: no template has this name.
        InvalidInput: the form names no version, or the reason is too long.
    """
    head = use_cases.get_template(call.ports, call.parameters["id"])
    version, note = version_of(call.field("version")), note_of(call, "reason")
    if version is None:
        raise InvalidInput.of("version", "is missing")
    subject = subject_of(TemplateRef(head.name, version))
    try:
        with audited(
            call.console, call.session, AuditAction.PUBLISH_TEMPLATE, subject, note
        ) as change:
            use_cases.publish(call.ports, head.name, version, author=call.by, note=note)
            change.outcome = "published" if head.published != version else "was published already"
            if head.published not in (None, version):
                change.outcome += f"; before it, version {head.published} was"
    except InvalidInput as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _template(call, head, status, error.detail, error.fields)
    return call.redirect(f"/templates/{head.name}", **{NOTICE: "published"})


def note_of(call: Call, name: str) -> str:
    """Return a note of the form. Raises InvalidInput if it is too long."""
    note = call.field(name)
    if len(note) > MAX_NOTE:
        raise InvalidInput.of(name, f"must be at most {MAX_NOTE} characters")
    return note


def send_test(call: Call) -> Response:
    """Send one marked message to an address that the deployment allows for tests."""
    head = use_cases.get_template(call.ports, call.parameters["id"])
    version = version_of(call.field("version")) or head.latest
    target = get_target(call.ports, call.field("target"))
    test = TemplateTest(
        name=head.name,
        target=target.id,
        address=call.field("address"),
        locale=call.field("locale") or None,
        version=version,
    )
    subject = subject_of(TemplateRef(head.name, version))
    try:
        with audited(
            call.console, call.session, AuditAction.TEST_TEMPLATE, subject, call.field("reason")
        ) as change:
            scheduled = send_template_test(call.ports, f"console:{call.session.username}", test)
            ids = ", ".join(notification.id for notification in scheduled.notifications)
            to = f"{target.name} to {masked_address(test.address)}"
            change.outcome = f"sent by {to}: notification {ids}"
    except InvalidInput as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _template(call, head, status, "The test was not sent.", error.fields)
    return call.redirect(f"/templates/{head.name}", **{NOTICE: "test_sent"})


def diff(call: Call) -> Response:
    """Show the differences of two versions: by default of the published one and the latest."""
    before, after, differences = queries.diff(
        call.ports,
        call.parameters["id"],
        version_of(call.query("from"), "from"),
        version_of(call.query("to"), "to"),
    )
    return call.page(
        "template_diff.html",
        f"Changes of {after.name}",
        before=before,
        after=after,
        changes=[
            (change, [(MARKS.get(line[:1], "span"), line) for line in change.diff.split("\n")])
            for change in differences.changes
        ],
    )


def default_locale(call: Call) -> str:
    """Return the language of a new template."""
    return deployment_of(call).default_locale or DEFAULT_LOCALE
