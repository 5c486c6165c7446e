"""Names that earlier versions stored, and their current names.

Stored items keep the names that they were written with. A read translates them, and a later write
of the item stores the current names.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from notification_core.domain.consent import ConsentSource
from notification_core.domain.timeline import EventKind

#: Timeline events before 1.0.0.
EVENTS: Mapping[str, EventKind] = MappingProxyType(
    {
        "dead letter": EventKind.DEAD_LETTER,
        "delivery failure": EventKind.DELIVERY_FAILURE,
        "inactive device": EventKind.INACTIVE_DEVICE,
        "may have gone": EventKind.POSSIBLY_SENT,
        "no confirmation": EventKind.UNCONFIRMED,
        "opted out": EventKind.OPTED_OUT,
    }
)

#: Sources in the consent ledger before 1.0.0.
SOURCES: Mapping[str, ConsentSource] = MappingProxyType(
    {"tombstone": ConsentSource.SUPPRESSION_LIST}
)

#: Fields of a manifest's error table before 1.0.0.
ERROR_FIELDS: Mapping[str, str] = MappingProxyType({"docs": "docs_url", "means": "description"})


def renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of an error table under their current names."""
    return {ERROR_FIELDS.get(name, name): value for name, value in fields.items()}
