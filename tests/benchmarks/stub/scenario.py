"""Fills the stub's tables with the project's models, so that items and indexes are real."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid4, uuid5

from notification_core.adapters.dynamodb import models
from notification_core.adapters.dynamodb.fast.items import to_raw
from notification_core.adapters.dynamodb.models.counters import CounterItem
from notification_core.adapters.dynamodb.models.notifications import NotificationsByProviderId
from notification_core.adapters.dynamodb.tables.conversions import with_epochs
from notification_core.adapters.dynamodb.tables.modules import manifest_text
from notification_core.domain.addresses import Target, TargetUserRecord
from notification_core.domain.clock import to_epoch_ms, utc_now
from notification_core.domain.content import Content
from notification_core.domain.due import shard_of
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.timeline import EventKind, TimelineEvent
from notification_core.usecases.administration.manifests import read_manifests
from tests.benchmarks.environment import FUNCTIONS, due_shards, function_variables
from tests.benchmarks.stub.names import COUNTERS, record_id
from tests.benchmarks.stub.sizes import Item
from tests.benchmarks.stub.tables import Index, Table
from tests.benchmarks.stub.templates import template_items

BODY = "Your table for two is ready: come in within the next fifteen minutes."

#: The address of the n-th user in each target. No address has a scripted outcome.
ADDRESS: dict[str, Callable[[int], str]] = {
    "email": "user-{}@example.com".format,
    "expo": "ExponentPushToken[bench-{}]".format,
    "twilio": "+1202{:07d}".format,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The content of the tables before a run: modules, targets, users, waiting notifications.

    The users are named by numbers from 0 and have one address each, in the module's target.
    """

    module: str
    users: int = 0
    user_prefix: str = "user-"  #: prefix of every user's id, before the number
    waiting: int = (
        0  #: number of notifications, one for each of the first users, who need not exist
    )
    spread: float = 0.0  #: seconds from now over which they are due; 0 for now
    secret: dict[str, Any] | None = None  #: credentials of the module's provider
    counting: bool = False  #: whether write units are counted
    template: bool = False  #: whether `stub.templates` is published
    provider_id_index: bool = False  #: the template's parameter `ProviderIdIndex`


def fill(scenario: Scenario) -> tuple[dict[str, Table], dict[str, str]]:
    """Create the tables and the secrets."""
    now = utc_now()
    # The measurement is of the consumer's speed, not of a provider's rate limit.
    manifests = read_manifests(FUNCTIONS / "targets")
    modules = [replace(module, max_per_second=None) for module in manifests]
    targets = [_target(module, now) for module in modules]
    own = next(target for target in targets if target.notification_module_name == scenario.module)
    records = [_record(scenario, own, n, now) for n in range(scenario.users)]
    names = function_variables()
    entities: dict[str, Sequence[Any]] = {"TARGETS_TABLE": targets, "RECORDS_TABLE": records}
    # The first model of a table has its indexes.
    first = {model.Meta.variable: model for model in reversed(models.ALL)}
    tables = {
        names[variable]: _table(model, entities.get(variable, ()), scenario)
        for variable, model in first.items()
    }
    tables[COUNTERS] = _table(CounterItem, (), scenario)
    tables[names["RECORDS_TABLE"]].load(_address_book(record) for record in records)
    tables[names["MODULES_TABLE"]].load(_module_item(module) for module in modules)
    if scenario.template:
        tables[names["TEMPLATES_TABLE"]].load(template_items())
    tables[names["NOTIFICATIONS_TABLE"]].load(_waiting(scenario, own, now))
    secrets = {} if scenario.secret is None else {scenario.module: json.dumps(scenario.secret)}
    return tables, secrets


def _table(model: Any, entities: Iterable[Any], scenario: Scenario) -> Table:
    key = model._hash_keyname
    omitted = () if scenario.provider_id_index else (NotificationsByProviderId.Meta.index_name,)
    indexes = [_index(index, key) for name, index in model._indexes.items() if name not in omitted]
    table = Table(key, indexes, sort=model._range_keyname, counting=scenario.counting)
    table.load(model(**with_epochs(asdict(entity))).serialize() for entity in entities)
    return table


def _index(index: Any, own_key: str) -> Index:
    meta = index.Meta
    if meta.projection.projection_type != "KEYS_ONLY":
        raise NotImplementedError(f"the projection of the index {meta.index_name}")
    keys = {attribute.attr_name: attribute.is_hash_key for attribute in meta.attributes.values()}
    return Index(
        name=meta.index_name,
        partition=next(name for name, is_partition in keys.items() if is_partition),
        sort=next((name for name, is_partition in keys.items() if not is_partition), None),
        projected=frozenset({own_key, *keys}),
    )


def _module_item(module: Module) -> Item:
    model = models.ModuleItem(name=module.name, manifest=manifest_text(module))
    return cast("Item", model.serialize())


def _target(module: Module, now: datetime) -> Target:
    return Target(
        id=str(uuid5(NAMESPACE_URL, module.name)),
        name=module.target_name,
        notification_module_name=module.name,
        created_at=now,
        updated_at=now,
    )


def _record(scenario: Scenario, target: Target, number: int, now: datetime) -> TargetUserRecord:
    return TargetUserRecord(
        id=record_id(number),
        user=f"{scenario.user_prefix}{number}",
        target=target.id,
        target_user_id=ADDRESS[scenario.module](number),
        created_at=now,
        updated_at=now,
    )


def _address_book(record: TargetUserRecord) -> Item:
    """Create the address book of a user whose only record is this one."""
    model = models.AddressBookItem(id=f"user#{record.user}", records={record.id})
    return cast("Item", model.serialize())


def _waiting(scenario: Scenario, target: Target, now: datetime) -> Iterable[Item]:
    """Create the first item with the project's code and copy it for the rest, which is faster."""
    if not scenario.waiting:
        return
    first = _notification(scenario, target, now)
    pattern: Item = {**to_raw(first, due_shards=due_shards(), retention=timedelta(days=90))}
    for number in range(scenario.waiting):
        own_id = str(uuid4())
        due = now + timedelta(seconds=scenario.spread * number / scenario.waiting)
        yield pattern | {
            "id": {"S": own_id},
            "user": {"S": f"{scenario.user_prefix}{number}"},
            "target_user_record": {"S": record_id(number)},
            "due_shard": {"S": shard_of(scenario.module, own_id, due_shards())},
            "due_at": {"N": str(to_epoch_ms(due))},
            "scheduled_delivery": {"N": str(to_epoch_ms(due))},
        }


def _notification(scenario: Scenario, target: Target, now: datetime) -> Notification:
    return Notification(
        id=str(uuid4()),
        user=f"{scenario.user_prefix}0",
        target=target.id,
        target_user_record=record_id(0),
        module=scenario.module,
        content=Content(title="Your table", body=BODY),
        scheduled_delivery=now,
        retry_time_interval=60,
        due_at=now,
        timeline=(TimelineEvent(now, EventKind.SCHEDULED),),
        created_at=now,
        updated_at=now,
    )
