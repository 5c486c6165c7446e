"""Deployed modules and the dispatcher's cursors in DynamoDB."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from notifications.adapters.dynamodb.tables import ModuleItem
from notifications.adapters.dynamodb.writes import update_if
from notifications.domain.clock import to_epoch_ms
from notifications.domain.recipients import Module
from notifications.ports import WakeUp


class DynamoModules:
    """A ModuleStore."""

    def put(self, module: Module) -> None:
        manifest = {name: value for name, value in asdict(module).items() if name != "paused"}
        ModuleItem(module.name).update(
            actions=[
                ModuleItem.manifest.set(json.dumps(manifest)),
                ModuleItem.paused.set(ModuleItem.paused | False),
                ModuleItem.cursors.set(ModuleItem.cursors | {}),
                ModuleItem.swept_at.set(ModuleItem.swept_at | 0),
            ]
        )

    def remove(self, name: str) -> None:
        ModuleItem(name).delete()

    def all(self) -> list[Module]:
        modules = [_module(item) for item in ModuleItem.scan(consistent_read=True)]
        return sorted(modules, key=lambda each: each.name)

    def get(self, name: str) -> Module | None:
        return next((_module(item) for item in ModuleItem.batch_get([name])), None)

    def cursors(self, name: str) -> Mapping[str, WakeUp]:
        for item in ModuleItem.batch_get([name], consistent_read=True):
            cursors: dict[str, str] = item.cursors.as_dict()
            return {shard: _cursor(text) for shard, text in cursors.items()}
        return {}

    def advance_cursor(self, name: str, shard: str, to: WakeUp) -> None:
        cursor: Any = ModuleItem.cursors[shard]
        text = f"{to.due_at:015d} {to.id}"
        update_if(ModuleItem(name), [cursor.set(text)], cursor.does_not_exist() | (cursor < text))

    def begin_sweep(self, name: str, now: datetime, every: timedelta) -> bool:
        return update_if(
            ModuleItem(name),
            [ModuleItem.swept_at.set(to_epoch_ms(now))],
            ModuleItem.swept_at <= to_epoch_ms(now - every),
        )


def _cursor(text: str) -> WakeUp:
    due_at, _, notification_id = text.partition(" ")
    return WakeUp(int(due_at), notification_id)


def _module(item: ModuleItem) -> Module:
    return Module(**json.loads(item.manifest), paused=item.paused)
