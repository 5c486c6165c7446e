"""How a notification uses a template: the pinned version, the locale with its reason, the data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from notification_content.locales import lookup
from notification_content.templates.compiled import CompiledTemplate
from notification_core.domain.content import as_json, check_size
from notification_core.domain.errors import FieldError
from notification_core.domain.templates import TemplateRef

MAX_DATA = 200 * 1024  #: bytes of JSON


class LocaleSource(StrEnum):
    """What decided the locale of a notification."""

    REQUEST = "request"  #: the locale in the request, by the lookup of RFC 4647
    USER = "user"  #: the locale in the user's settings, by the same lookup
    DEFAULT = "default"  #: the template's default, because no locale was wanted or available


@dataclass(frozen=True, slots=True)
class LocaleChoice:
    """The locale that a template is rendered in, and why."""

    locale: str  #: one of the template's locales
    source: LocaleSource = LocaleSource.DEFAULT
    wanted: str | None = None  #: the locale in the request, else that in the user's settings

    @property
    def reason(self) -> str:
        """The reason, as the rest of a sentence."""
        if self.wanted is None:
            return "the template's default"
        if self.source is LocaleSource.DEFAULT:
            return f"the template's default, because it has no {self.wanted}"
        return f"because the {self.source.value}'s locale is {self.wanted}"


def choose(
    compiled: CompiledTemplate, channel: str, requested: str | None, users: str | None
) -> LocaleChoice | None:
    """Return the locale for a channel: the request's, else the user's, else the default.

    The lookup of RFC 4647 finds the template's locale for the one that is wanted. Only locales with
    content for the channel are considered; None means that no such locale is acceptable.
    """
    wanted = requested or users
    available = compiled.locales_of(channel)
    locale = lookup(wanted, available) if wanted is not None else None
    if locale is not None:
        source = LocaleSource.REQUEST if requested else LocaleSource.USER
        return LocaleChoice(locale, source, wanted)
    default = compiled.document.default_locale
    return LocaleChoice(default, wanted=wanted) if default in available else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """What a notification is rendered from, just before it is sent."""

    ref: TemplateRef  #: pinned when the notification was created
    choice: LocaleChoice
    data: Mapping[str, Any] = field(default_factory=dict)  #: empty while large data is not loaded
    time_zone: str = "UTC"  #: an IANA name
    test: bool = False  #: a test send, whose title is marked

    @property
    def locale(self) -> str:
        """The locale of the template in which it is rendered."""
        return self.choice.locale

    @property
    def explanation(self) -> str:
        """The template and the locale with its reason, for the timeline."""
        return f"template {self.ref} in {self.locale}, {self.choice.reason}"


def data_field_errors(schema: Mapping[str, Any], data: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with data by a template's schema; the fields are as `data.order.id`."""
    # Imported here, because consumers validate no data.
    from notification_content.templates.data import data_errors  # noqa: PLC0415

    return [
        FieldError(f"data.{error.path}" if error.path else "data", error.message)
        for error in data_errors(schema, data)
    ]


def check_data_size(data: Mapping[str, Any]) -> None:
    """Check that data is valid JSON and not too long.

    Raises:
        InvalidInput: it names the limit and the size.
    """
    check_size("data", as_json("data", data), MAX_DATA)
