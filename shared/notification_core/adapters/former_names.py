"""Names that earlier versions stored, and what they are called now.

Items keep the names that they were written with. A read translates them, and a later write of the
item stores the current names.
"""

from collections.abc import Mapping
from types import MappingProxyType

from notification_core.domain.timeline import EventKind

#: Events of timelines, until 1.0.0.
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
