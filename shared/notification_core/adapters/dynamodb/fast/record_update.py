"""The change of a target user record that is written together with a notification's end."""

import json

from notification_core.adapters.dynamodb.fast.attributes import RawItem, number, string
from notification_core.adapters.dynamodb.fast.writes import Update
from notification_core.domain.addresses import Deactivation, TargetUserRecord
from notification_core.domain.clock import to_epoch_ms


def record_update(table: str, before: TargetUserRecord, after: TargetUserRecord) -> Update:
    """Return the write of a record's deactivation and strikes, if the record is unchanged."""
    values: RawItem = {
        "active": {"BOOL": after.active},
        "strikes": number(after.strikes),
        "updated_at": number(to_epoch_ms(after.updated_at)),
    }
    if after.deactivation:
        values["deactivation"] = string(deactivation_text(after.deactivation))
    held = {
        "id": string(before.id),
        "target_user_id": string(before.target_user_id),
        "strikes": number(before.strikes),
        "updated_at": number(to_epoch_ms(before.updated_at)),
    }
    return Update(table, values, held, [] if after.deactivation else ["deactivation"])


def deactivation_text(deactivation: Deactivation) -> str:
    """Serialise why and when a record was deactivated."""
    return json.dumps([deactivation.reason, deactivation.code, to_epoch_ms(deactivation.at)])
