"""The input of a handler, and the possible outcomes and reports of a delivery.

A handler returns `Accepted`, or raises one of the failures (`failures.py`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notification_core.domain.deployment import DeploymentSettings
from notification_core.domain.error_table import ErrorTable
from notification_core.domain.failures import (
    DeliveryFailed,
    ProviderError,
    storable,
    storable_id,
)
from notification_core.domain.template_use import TemplateUse


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider accepted the message."""

    provider_message_id: str | None = None
    note: str = ""  #: an additional detail for the timeline
    unconfirmable: bool = False  #: no report will follow, although the target usually confirms

    def __post_init__(self) -> None:
        """Make the texts storable."""
        if self.provider_message_id is not None:
            message_id = storable_id(self.provider_message_id) or None
            object.__setattr__(self, "provider_message_id", message_id)
        object.__setattr__(self, "note", storable(self.note))


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The provider reports that the message was delivered."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """The provider reports that it is still trying."""

    detail: str

    def __post_init__(self) -> None:
        """Make the texts storable."""
        object.__setattr__(self, "detail", storable(self.detail))


@dataclass(frozen=True, slots=True)
class Complained:
    """The recipient received the message and marked it as spam."""

    code: str
    detail: str = ""

    def __post_init__(self) -> None:
        """Make the texts storable."""
        object.__setattr__(self, "code", storable(self.code))
        object.__setattr__(self, "detail", storable(self.detail))


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The provider was not asked about a message, or it did not answer.

    This differs from an answer without a new status.
    """


#: The outcome of one attempt.
Outcome = Accepted | DeliveryFailed


#: A provider's report about a message: in a response, a callback, an event or a receipt.
ReportContent = Accepted | Confirmed | Delayed | Complained | DeliveryFailed


@dataclass(frozen=True, slots=True)
class Unsent:
    """The outcome of a claimed notification that was never passed to the provider.

    `failure` is the reason; None means that its `deliver_before` has passed.
    """

    failure: DeliveryFailed | None = None


def failure_in(end: Outcome | Unsent) -> DeliveryFailed | None:
    """Return the failure of an attempt, if it has one."""
    if isinstance(end, Unsent):
        return end.failure
    return end if isinstance(end, DeliveryFailed) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The input of a handler: one notification for one address, limited to what it needs."""

    id: str  #: the notification's id
    attempt: int  #: 1 for the first
    user: str
    target: str  #: the target's id
    address: str  #: the record's `target_user_id`
    title: str
    body: str
    extra: dict[str, Any]
    text: str | None = None  #: a template's text part of an e-mail; None: it is derived from `body`
    locale: str | None = None  #: BCP 47: the language of a template's content; None: not known
    #: BCP 47: the language in the user's settings, for what a handler adds to a content whose
    #: language is not known. It is read only for e-mails with an unsubscribe link.
    user_locale: str | None = None
    category: str | None = None
    unsubscribable: bool = False  #: whether its category can be opted out of
    #: The brand, the languages and the names of categories, for what a handler adds to a message.
    deployment: DeploymentSettings = field(default_factory=DeploymentSettings)
    scheduled_delivery: datetime
    due_at: datetime | None = None  #: when this attempt was due
    deliver_before: datetime | None = None  #: never sent at or after this time
    #: The key of a large content until it is loaded, just before the send; None afterwards.
    content_key: str | None = None
    #: The template of the texts until they are rendered, just before the send; None afterwards.
    template: TemplateUse | None = None
    #: When an earlier attempt with an unknown outcome began. Handlers search for its message where
    #: the provider supports that.
    possibly_sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingConfirmation:
    """A message whose delivery the provider has not confirmed yet."""

    id: str  #: the notification's id
    provider_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """One statement of a provider about one message."""

    notification_id: str
    provider_message_id: str
    attempt: int | None = None  #: the attempt that sent the message; None when it is not known
    content: ReportContent | ProviderError

    def classified(self, errors: ErrorTable) -> "ClassifiedReport":
        """Return the report, with a provider's error classified by its module's table."""
        return ClassifiedReport(
            notification_id=self.notification_id,
            provider_message_id=self.provider_message_id,
            attempt=self.attempt,
            content=errors.classify(self.content),
        )

    def __post_init__(self) -> None:
        """Make the id equal to the stored id of the same message."""
        object.__setattr__(self, "provider_message_id", storable_id(self.provider_message_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifiedReport(DeliveryReport):
    """A report whose meaning is known."""

    content: ReportContent
