"""Send one marked message from a template to an address of the team."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from notification_core.domain.deployment import DeploymentSettings
from notification_core.domain.errors import InvalidInput, NotificationError
from notification_core.ports import HasModules
from notification_core.usecases.administration.templates import (
    TemplatePorts,
    get_template,
    get_version,
)
from notification_core.usecases.sending.draft import Draft, Recipient
from notification_core.usecases.sending.schedule import SchedulePorts, ScheduleResult, schedule


class TemplateTestPorts(SchedulePorts, TemplatePorts, Protocol):
    """The ports that this use case needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateTest:
    """A test of a version of a template, by default of the latest one with its first example."""

    name: str
    target: str  #: a name or an id
    address: str
    data: Mapping[str, Any] | None = None
    locale: str | None = None
    version: int | None = None
    idempotency_key: str | None = None


def send_template_test(ports: TemplateTestPorts, caller: str, test: TemplateTest) -> ScheduleResult:
    """Create the notification of a test. Its title, or else its body, begins with `[Test]`.

    Raises:
        NotFound: no template has this name.
        InvalidInput: the address is not on the deployment's allow list; the template has no such
            version; or the data does not fit.
        NotificationError: as `schedule`.
    """
    head = get_template(ports, test.name)
    version = get_version(ports, head, head.latest if test.version is None else test.version)
    _check_allowed(ports, test.address)
    data = test.data
    if data is None:
        data = next(iter(version.document.examples), {})
    draft = Draft(
        to=[Recipient(test.target, test.address)],
        template=str(version.ref),
        data=dict(data),
        locale=test.locale,
        test=True,
        idempotency_key=test.idempotency_key,
    )
    try:
        return schedule(ports, caller, draft)
    except NotificationError as error:
        raise _of_one_recipient(error) from error


def _check_allowed(ports: HasModules, address: str) -> None:
    modules = ports.modules.recent()
    deployment = modules[0].deployment if modules else DeploymentSettings()
    if not deployment.allows(address):
        raise InvalidInput.of(
            "to.address",
            "is not on the list of addresses for tests; add it to allow_list in"
            " functions/targets/configuration.json and deploy",
        )


def _of_one_recipient(error: NotificationError) -> NotificationError:
    """Return an error about the first of several recipients as one about the only one."""
    fields = tuple(
        replace(field, field=field.field.replace("to.0", "to", 1))
        if field.field.startswith("to.0")
        else field
        for field in error.fields
    )
    detail = "; ".join(f"{field.field}: {field.message}" for field in fields) or error.detail
    return type(error)(detail, fields)
