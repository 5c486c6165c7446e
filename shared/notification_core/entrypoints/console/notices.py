"""What a page says after a change, by the key in its address; no other text gets there."""

from collections.abc import Mapping

NOTICES: Mapping[str, str] = {
    "cancelled": "Cancelled. It will not be sent.",
    "too_late": "Too late to cancel: it is being sent, or was sent and is not confirmed.",
    "already_final": "Nothing was changed, because it had already ended.",
    "changed": "Changed. The page shows the new times.",
    "unchanged": "Nothing was changed, because it has these times already.",
    "too_late_to_change": (
        "Too late to change: it is being sent, or was sent and is not confirmed."
    ),
    "unmasked": "Shown in full for five minutes. The audit log says that you saw it, and why.",
    "paused": "Paused. Its notifications wait until the target is resumed.",
    "resumed": "Resumed. Its waiting notifications are sent from now on.",
    "address_active": "Used again from now on. Notifications that had failed can be retried.",
    "address_active_already": "Nothing was changed, because the address was active already.",
    "opted_out": "Opted out. Nothing more is sent, except in mandatory categories.",
    "opted_in": "Opted in. Notifications that the opt-out ended are not sent again.",
    "stored": "Stored as a new version. It is used once it is published.",
    "stored_draft": "Stored as a draft. It cannot be published until its errors are corrected.",
    "not_stored": "Nothing was stored, because the latest version is the same.",
    "published": "Published. Each request from now on uses this version.",
    "test_sent": "The test is on its way.",
}
