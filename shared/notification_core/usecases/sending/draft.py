"""A caller's request for notifications, and the ids that they get."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid4, uuid5

from notification_core.domain.addresses import user_of_address
from notification_core.domain.content import as_json


class Recipient(NamedTuple):
    """An address that a request names, registered or not."""

    target: str  #: a name or an id
    address: str
    user: str | None = None  #: None: the user id is derived from the address


def user_of(recipient: Recipient) -> str:
    """Return the user id of a recipient: the given one, or else that of the address."""
    return user_of_address(recipient.address) if recipient.user is None else recipient.user


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A caller's request: `target_user_record`; or `user` and optionally `targets`; or `to`."""

    target_user_record: str | None = None
    to: Sequence[Recipient] | None = None
    user: str | None = None
    targets: Sequence[str] | None = None  #: names or ids; None for all
    title: str | None = None
    body: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    #: `{title?, body, extra?}` by channel; title, body and extra are for the other channels.
    content: dict[str, dict[str, Any]] | None = None
    template: str | None = None  #: a name, or name@version; instead of title, body and content
    data: dict[str, Any] | None = None  #: for the template
    locale: str | None = None  #: for the template; None for the user's, or else the default
    test: bool = False  #: a test send of a template, whose title is marked
    html_to_text: bool = False  #: for the targets that do not render HTML
    category: str | None = None
    reference: str | None = None
    scheduled_delivery: datetime | None = None  #: None or a past time means now
    deliver_before: datetime | None = None
    retry_time_interval: int | None = None  #: seconds; None for the module's own
    max_retries: int | None = None
    idempotency_key: str | None = None

    @property
    def fingerprint(self) -> str:
        """A hash of all fields of the request, which must be equal when the key is repeated.

        An option that is off counts as absent, as in requests from before the option existed.

        Raises:
            InvalidInput: `extra` is not valid JSON.
        """
        fields = {
            name: str(value) if isinstance(value, datetime) else value
            for name in self.__dataclass_fields__
            if (value := getattr(self, name)) is not None and value is not False
        }
        text = as_json("extra", fields)
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def notification_id(caller: str, draft: Draft, record: str | None = None) -> str:
    """Return the id of a request's lead or, given a record's id, of the sibling for the record."""
    if draft.idempotency_key is None:
        return str(uuid4())
    names = [caller, draft.idempotency_key, 0 if record is None else record]
    return str(uuid5(NAMESPACE_URL, as_json("id", names)))
