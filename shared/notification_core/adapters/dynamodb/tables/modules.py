"""Deployed modules, their pauses and the dispatcher's cursors in DynamoDB."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from notification_core.adapters import former_names
from notification_core.adapters.dynamodb.models import ModuleItem
from notification_core.adapters.dynamodb.tables.writes import Transaction, update_if
from notification_core.adapters.recent import Recent
from notification_core.domain.clock import Clock, from_epoch_ms, to_epoch_ms
from notification_core.domain.deployment import DeploymentSettings
from notification_core.domain.due import Progress, WakeUp
from notification_core.domain.error_table import ErrorTable, Row
from notification_core.domain.errors import NotificationError
from notification_core.domain.failures import ErrorClass
from notification_core.domain.modules import Confirmation, Module, Pause, PausedBy
from notification_core.domain.sender_refusals import Refusals, SenderRefusal

#: Fields that need their own conversion, or are stored separately. The others are stored unchanged.
APART = {"errors", "mandatory_categories", "deployment", "confirmation", "pause"}
PLAIN = [field.name for field in fields(Module) if field.name not in APART]
#: Parsed manifests in memory, more than the number of modules of a deployment.
MANIFESTS = 64
#: The fields of an error table's row that this code knows.
ROW = {"class", *(field.name for field in fields(Row))}
CLASSES = frozenset(ErrorClass)
#: The causes of a pause that this code knows.
CAUSES = frozenset(cause.value for cause in PausedBy)

#: The prefix of the name of the item with a module's dispatch progress.
PROGRESS = "progress#"


class DynamoModules:
    """A ModuleStore.

    Args:
        clock: measures the age of cached modules.
    """

    def __init__(self, clock: Clock) -> None:
        self._recent = Recent(self.all, clock)

    def put(self, module: Module) -> None:
        with self._recent.changing():
            ModuleItem(module.name).update(actions=[ModuleItem.manifest.set(manifest_text(module))])

    def remove(self, name: str) -> None:
        with self._recent.changing():
            ModuleItem(name).delete()
            ModuleItem(_progress_name(name)).delete()

    def all(self) -> list[Module]:
        return [module for module, _ in self.deployed()]

    def deployed(self) -> list[tuple[Module, Progress]]:
        # The order in which the two items of a module are read does not matter: wake-ups that a
        # tick sends after a resumption are not dropped, and if the tick started before the
        # resumption, it cannot advance the cursors.
        items = _scanned(consistent=True)
        modules = [(_module(item), _progress(item, moving)) for item, moving in items]
        return sorted(modules, key=lambda pair: pair[0].name)

    def recent(self) -> list[Module]:
        return self._recent.get()

    def get(self, name: str) -> Module | None:
        return next((_module(item) for item in ModuleItem.batch_get([name])), None)

    def progress(self) -> Mapping[str, Progress]:
        return {item.name: _progress(item, moving) for item, moving in _scanned(consistent=False)}

    def save_shards(self, name: str, shards: int) -> None:
        fewer = ModuleItem.shards.does_not_exist() | (ModuleItem.shards < shards)
        actions = [ModuleItem.shards.set(shards)]
        update_if(ModuleItem(name), actions, ModuleItem.manifest.exists() & fewer)

    def advance_cursors(self, name: str, before: Progress, to: Mapping[str, WakeUp]) -> None:
        cursors: Any = ModuleItem.cursors
        as_before = cursors == _cursors_text(before.cursors)
        if not before.cursors:
            as_before |= cursors.does_not_exist()
        not_since = ModuleItem.resumptions == before.resumptions
        if not before.resumptions:
            not_since |= ModuleItem.resumptions.does_not_exist()
        moved = cursors.set(_cursors_text({**before.cursors, **to}))
        update_if(ModuleItem(_progress_name(name)), [moved], as_before & not_since)

    def pause(self, name: str, pause: Pause) -> bool:
        text = json.dumps([pause.reason, pause.code, to_epoch_ms(pause.since)])
        free = ModuleItem.paused_by.does_not_exist()
        if pause.by is PausedBy.PERSON:
            free |= ModuleItem.paused_by != PausedBy.PERSON.value
        who = ModuleItem.paused_who
        actions = [
            ModuleItem.pause.set(text),
            ModuleItem.paused_by.set(pause.by.value),
            who.set(pause.who) if pause.who else who.remove(),
        ]
        if update_if(ModuleItem(name), actions, ModuleItem.manifest.exists() & free):
            return True
        # An earlier attempt of this call may have succeeded.
        items = ModuleItem.batch_get([name], consistent_read=True)
        return any(_pause(item) == pause for item in items)

    def resume(self, name: str, by: PausedBy | None = None) -> bool:
        paused_by = ModuleItem.paused_by
        paused = paused_by.exists() if by is None else paused_by == by.value

        transaction = Transaction()
        running = [ModuleItem.pause.remove(), paused_by.remove(), ModuleItem.paused_who.remove()]
        transaction.update(ModuleItem(name), running, condition=paused, otherwise=_NotPaused)
        begin_anew = [ModuleItem.cursors.remove(), ModuleItem.resumptions.add(1)]
        transaction.update(ModuleItem(_progress_name(name)), begin_anew)
        try:
            transaction.write()
        except _NotPaused:
            return False
        return True

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
    free = begun_at.does_not_exist() | (begun_at <= to_epoch_ms(now - every))
    return update_if(ModuleItem(_progress_name(name)), [begun_at.set(to_epoch_ms(now))], free)


class _NotPaused(NotificationError):
    """The module is not paused, or not by this cause."""


def _progress_name(module: str) -> str:
    return f"{PROGRESS}{module}"


def _scanned(*, consistent: bool) -> list[tuple[ModuleItem, ModuleItem]]:
    """Return the item of each deployed module, and the item of its progress."""
    items = {item.name: item for item in ModuleItem.scan(consistent_read=consistent)}
    return [
        (item, items.get(_progress_name(name)) or ModuleItem(_progress_name(name)))
        for name, item in items.items()
        if item.manifest is not None
    ]


def _progress(item: ModuleItem, moving: ModuleItem) -> Progress:
    cursors = json.loads(moving.cursors or "{}")
    return Progress(
        cursors={shard: WakeUp(*cursor[:2]) for shard, cursor in cursors.items()},
        noted_shards=int(item.shards),
        resumptions=int(moving.resumptions),
        swept_at=from_epoch_ms(int(moving.swept_at)) if moving.swept_at else None,
    )


def _cursors_text(cursors: Mapping[str, WakeUp]) -> str:
    return json.dumps({shard: [at.due_at, at.id] for shard, at in sorted(cursors.items())})


def _refusals_text(refusals: Refusals) -> str:
    return json.dumps([[to_epoch_ms(refusal.at), refusal.domain] for refusal in refusals])


def _refusals(text: str | None) -> Refusals:
    pairs = json.loads(text or "[]")
    return tuple(SenderRefusal(from_epoch_ms(at), domain) for at, domain, *_ in pairs)


def manifest_text(module: Module) -> str:
    """Serialise a module, without the fields that change at run time."""
    values = {name: getattr(module, name) for name in PLAIN}
    if module.channel == module.name:
        values["channel"] = None  # as stored by releases that know only their own channels
    values["errors"] = module.errors.to_dict()
    values["mandatory_categories"] = sorted(module.mandatory_categories)
    values["deployment"] = module.deployment.to_dict()
    if confirmation := module.confirmation:
        times = [confirmation.poll_after, confirmation.give_up_after]
        values["confirmation"] = times
    return json.dumps(values)


def _module(item: ModuleItem) -> Module:
    module, pause = parse_manifest(item.manifest), _pause(item)
    return module if pause is None else replace(module, pause=pause)


@lru_cache(maxsize=MANIFESTS)
def parse_manifest(text: str) -> Module:
    """Parse a module that this, an older or a newer version has stored. Results are cached.

    Functions are updated before `Custom::Targets` writes the manifests again, and functions that
    are still running have the old code. Missing fields have their defaults, and unknown fields are
    ignored.
    """
    stored = json.loads(text)
    times = stored.get("confirmation")
    return Module(
        **{name: stored[name] for name in PLAIN if name in stored},
        errors=_error_table(stored.get("errors", {})),
        mandatory_categories=frozenset(stored.get("mandatory_categories", ())),
        deployment=DeploymentSettings.of(stored.get("deployment", {})),
        confirmation=Confirmation(poll_after=times[0], give_up_after=times[1]) if times else None,
    )


def _error_table(stored: Mapping[str, Any]) -> ErrorTable:
    """Parse an error table. A code with an unknown class is classified by its HTTP status."""
    table = former_names.renamed(stored)
    codes = {
        code: {name: value for name, value in former_names.renamed(row).items() if name in ROW}
        for code, row in table.get("codes", {}).items()
        if row["class"] in CLASSES
    }
    return ErrorTable.of({"docs_url": table.get("docs_url", ""), "codes": codes})


def _pause(item: ModuleItem) -> Pause | None:
    if item.pause is None:
        return None
    reason, code, since = json.loads(item.pause)[:3]
    # A cause that only a newer version knows: nothing but a person may resume the target.
    by = PausedBy(item.paused_by) if item.paused_by in CAUSES else PausedBy.PERSON
    who = item.paused_who or ""
    return Pause(by=by, reason=reason, code=code, since=from_epoch_ms(since), who=who)
