"""Deployed modules, their pauses and the dispatcher's cursors in DynamoDB."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from notifications.adapters.dynamodb.tables import ModuleItem
from notifications.adapters.dynamodb.writes import update_if
from notifications.adapters.recent import Recent
from notifications.domain.clock import Clock, from_epoch_ms, to_epoch_ms
from notifications.domain.error_table import ErrorTable, Row
from notifications.domain.modules import Confirmation, Module, Pause, PausedBy
from notifications.domain.outcome import ErrorClass
from notifications.domain.sender_refusals import Refusals, SenderRefusal
from notifications.ports import Progress, WakeUp

#: What is turned into JSON and back one by one, or kept beside; the others are kept as they are.
APART = {"errors", "mandatory_categories", "confirmation", "pause"}
PLAIN = [each.name for each in fields(Module) if each.name not in APART]
#: Parsed manifests in memory: more than a deployment has modules.
MANIFESTS = 64
#: What this code knows of a row of a table of errors.
ROW = {"class", *(each.name for each in fields(Row))}
CLASSES = frozenset(ErrorClass)


class DynamoModules:
    """A ModuleStore.

    Args:
        clock: tells how old what was read is.
    """

    def __init__(self, clock: Clock) -> None:
        self._recent = Recent(self.all, clock)

    def put(self, module: Module) -> None:
        with self._recent.changing():
            ModuleItem(module.name).update(
                actions=[
                    ModuleItem.manifest.set(manifest_text(module)),
                    ModuleItem.cursors.set(ModuleItem.cursors | {}),
                    ModuleItem.swept_at.set(ModuleItem.swept_at | 0),
                    ModuleItem.probed_at.set(ModuleItem.probed_at | 0),
                ]
            )

    def remove(self, name: str) -> None:
        with self._recent.changing():
            ModuleItem(name).delete()

    def all(self) -> list[Module]:
        modules = [_module(item) for item in ModuleItem.scan(consistent_read=True)]
        return sorted(modules, key=lambda each: each.name)

    def recent(self) -> list[Module]:
        return self._recent.get()

    def get(self, name: str) -> Module | None:
        return next((_module(item) for item in ModuleItem.batch_get([name])), None)

    def progress(self) -> Mapping[str, Progress]:
        return {item.name: _progress(item) for item in ModuleItem.scan()}

    def note_shards(self, name: str, shards: int) -> None:
        fewer = ModuleItem.shards.does_not_exist() | (ModuleItem.shards < shards)
        actions = [ModuleItem.shards.set(shards)]
        update_if(ModuleItem(name), actions, ModuleItem.manifest.exists() & fewer)

    def advance_cursor(self, name: str, shard: str, to: WakeUp, *, resumptions: int) -> None:
        cursor: Any = ModuleItem.cursors[shard]
        text = f"{to.due_at:015d} {to.id}"
        ahead = cursor.does_not_exist() | (cursor < text)
        not_since = ModuleItem.resumptions == resumptions
        if not resumptions:
            not_since |= ModuleItem.resumptions.does_not_exist()
        update_if(ModuleItem(name), [cursor.set(text)], not_since & ahead)

    def pause(self, name: str, pause: Pause) -> bool:
        said = json.dumps([pause.reason, pause.code, to_epoch_ms(pause.since)])
        free = ModuleItem.paused_by.does_not_exist()
        if pause.by is PausedBy.PERSON:
            free |= ModuleItem.paused_by != PausedBy.PERSON.value
        actions = [ModuleItem.pause.set(said), ModuleItem.paused_by.set(pause.by.value)]
        if update_if(ModuleItem(name), actions, ModuleItem.manifest.exists() & free):
            return True
        # An earlier attempt of this very call may have been carried out.
        items = ModuleItem.batch_get([name], consistent_read=True)
        return any(_pause(item) == pause for item in items)

    def resume(self, name: str, by: PausedBy | None = None) -> bool:
        actions = [
            ModuleItem.pause.remove(),
            ModuleItem.paused_by.remove(),
            ModuleItem.cursors.set({}),
            ModuleItem.resumptions.add(1),
        ]
        paused_by = ModuleItem.paused_by
        paused = paused_by.exists() if by is None else paused_by == by.value
        return update_if(ModuleItem(name), actions, paused)

    def sender_refusals(self, name: str) -> Refusals:
        for item in ModuleItem.batch_get([name], consistent_read=True):
            return _refusals(item.sender_refusals)
        return ()

    def replace_sender_refusals(self, name: str, before: Refusals, after: Refusals) -> bool:
        kept: Any = ModuleItem.sender_refusals
        as_before = kept == _refusals_text(before) if before else kept.does_not_exist()
        action = kept.set(_refusals_text(after)) if after else kept.remove()
        return update_if(ModuleItem(name), [action], ModuleItem.manifest.exists() & as_before)

    def begin_probe(self, name: str, now: datetime, every: timedelta) -> bool:
        return _begin(ModuleItem.probed_at, name, now, every)

    def begin_sweep(self, name: str, now: datetime, every: timedelta) -> bool:
        return _begin(ModuleItem.swept_at, name, now, every)


def _begin(begun_at: Any, name: str, now: datetime, every: timedelta) -> bool:
    last = to_epoch_ms(now - every)
    return update_if(ModuleItem(name), [begun_at.set(to_epoch_ms(now))], begun_at <= last)


def _progress(item: ModuleItem) -> Progress:
    cursors: dict[str, str] = item.cursors.as_dict()
    return Progress(
        cursors={shard: _cursor(text) for shard, text in cursors.items()},
        noted_shards=int(item.shards),
        resumptions=int(item.resumptions),
        swept_at=from_epoch_ms(int(item.swept_at)) if item.swept_at else None,
    )


def _refusals_text(refusals: Refusals) -> str:
    return json.dumps([[to_epoch_ms(each.at), each.domain] for each in refusals])


def _refusals(text: str | None) -> Refusals:
    said = json.loads(text or "[]")
    return tuple(SenderRefusal(from_epoch_ms(at), domain) for at, domain in said)


def _cursor(text: str) -> WakeUp:
    due_at, _, notification_id = text.partition(" ")
    return WakeUp(int(due_at), notification_id)


def manifest_text(module: Module) -> str:
    """Return what is kept of a module, but for what changes while it runs."""
    values = {name: getattr(module, name) for name in PLAIN}
    values["errors"] = module.errors.said()
    values["mandatory_categories"] = sorted(module.mandatory_categories)
    if confirmation := module.confirmation:
        times = [confirmation.look_after, confirmation.give_up_after]
        values["confirmation"] = times
    return json.dumps(values)


def _module(item: ModuleItem) -> Module:
    module, pause = parse_manifest(item.manifest), _pause(item)
    return module if pause is None else replace(module, pause=pause)


@lru_cache(maxsize=MANIFESTS)
def parse_manifest(text: str) -> Module:
    """Read a module that this code, an older or a newer one has stored. Each text is read once.

    Functions are updated before `Custom::Targets` writes the manifests again, and those that still
    run have the old code. A field that is missing has its default, one that is unknown is ignored.
    """
    said = json.loads(text)
    times = said.get("confirmation")
    return Module(
        **{name: said[name] for name in PLAIN if name in said},
        errors=_error_table(said.get("errors", {})),
        mandatory_categories=frozenset(said.get("mandatory_categories", ())),
        confirmation=Confirmation(look_after=times[0], give_up_after=times[1]) if times else None,
    )


def _error_table(said: Mapping[str, Any]) -> ErrorTable:
    """Read a table of errors; a code whose class is unknown is judged by its HTTP status."""
    codes = {
        code: {name: value for name, value in row.items() if name in ROW}
        for code, row in said.get("codes", {}).items()
        if row["class"] in CLASSES
    }
    return ErrorTable.of({"docs": said.get("docs", ""), "codes": codes})


def _pause(item: ModuleItem) -> Pause | None:
    if item.pause is None:
        return None
    reason, code, since = json.loads(item.pause)
    by = PausedBy(item.paused_by)
    return Pause(by=by, reason=reason, code=code, since=from_epoch_ms(since))
