"""Entities that are valid by default; a test names only what matters to it."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from notification_content.templates.compiling import compile_template
from notification_content.templates.document import TemplateDocument
from notification_core.adapters.json_schema import check_extra
from notification_core.adapters.memory import stores
from notification_core.adapters.memory.contents import MemoryContents
from notification_core.adapters.memory.counters import MemoryCounters
from notification_core.adapters.memory.modules import MemoryModules
from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.adapters.memory.templates import MemoryTemplates
from notification_core.domain.addresses import Target, TargetUserRecord
from notification_core.domain.claim import Claim
from notification_core.domain.consent import ConsentEntry, ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.content import Content
from notification_core.domain.delivery import Accepted, Delivery, Outcome
from notification_core.domain.due import WakeUp
from notification_core.domain.error_table import ErrorTable
from notification_core.domain.modules import Confirmation, Module, Pause, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.notification_attributes import SearchIndex
from notification_core.domain.templates import TemplateVersion
from notification_core.domain.timeline import EventKind, TimelineEvent
from notification_core.domain.timing import LEASE
from notification_core.ports import Ports
from notification_core.usecases.sending.draft import Draft

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHARDS = 4
CONTAINERS = 10


def a_module(**changes: Any) -> Module:
    """A module whose addresses are numbers."""
    values: dict[str, Any] = {
        "name": "pigeon",
        "target_name": "Pigeon",
        "address_pattern": "[0-9]+",
        "address_hint": "a number",
        "extra_schema": {
            "type": "object",
            "properties": {"perch": {"type": "string"}},
            "additionalProperties": False,
        },
    }
    return Module(**values | changes)


def a_target(**changes: Any) -> Target:
    """A target of the module above."""
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "name": "Pigeon",
        "notification_module_name": "pigeon",
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Target(**values | changes)


def a_record(**changes: Any) -> TargetUserRecord:
    """An active address."""
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "user": "eggs",
        "target": "target",
        "target_user_id": "123",
        "created_at": NOON,
        "updated_at": NOON,
    }
    return TargetUserRecord(**values | changes)


def an_entry(**changes: Any) -> ConsentEntry:
    """A no to everything, said over the API."""
    values: dict[str, Any] = {
        "scope": EVERYTHING,
        "active": True,
        "at": NOON,
        "source": ConsentSource.API,
        "evidence": "caller",
    }
    return ConsentEntry(**values | changes)


def an_opt_out(*scopes: str, **changes: Any) -> OptOut:
    """An opt-out of these scopes, or of everything."""
    entries = tuple(an_entry(scope=scope) for scope in scopes or [EVERYTHING])
    values: dict[str, Any] = {
        "user": "eggs",
        "entries": entries,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return OptOut(**values | changes)


def an_ended_opt_out(*scopes: str, **changes: Any) -> OptOut:
    """An opt-out of these scopes, or of everything, that was over by yesterday."""
    given = an_opt_out(*scopes, **changes)
    said = tuple(replace(each, at=NOON - timedelta(days=2)) for each in given.entries)
    ended = tuple(replace(each, at=NOON - timedelta(days=1), active=False) for each in said)
    return replace(given, entries=said + ended)


def a_pause(**changes: Any) -> Pause:
    """A pause since noon: the provider refuses us."""
    values: dict[str, Any] = {
        "by": PausedBy.FAULT,
        "reason": "authenticate",
        "code": "20003",
        "since": NOON,
    }
    return Pause(**values | changes)


def a_table(**rows: dict[str, Any]) -> ErrorTable:
    """A table of errors; a code may begin with an underscore, which it loses."""
    codes = {code.removeprefix("_"): row for code, row in rows.items()}
    return ErrorTable.of({"docs_url": "https://pigeon.example/errors/{code}", "codes": codes})


#: A provider that is asked after a minute, and given up after an hour.
ASKED = Confirmation(poll_after=60, give_up_after=3600)
#: One that tells by itself, within an hour.
TELLING = Confirmation(poll_after=None, give_up_after=3600)


def a_notification(**changes: Any) -> Notification:
    """A notification that waits for noon."""
    due = changes.get("scheduled_delivery", NOON)
    values: dict[str, Any] = {
        "id": str(uuid4()),
        "user": "eggs",
        "target": "target",
        "target_user_record": "record",
        "module": "pigeon",
        "content": Content(title="Good morning", body="lorem ipsum"),
        "scheduled_delivery": due,
        "retry_time_interval": 60,
        "due_at": due,
        "timeline": (TimelineEvent(NOON - timedelta(hours=1), EventKind.SCHEDULED),),
        "created_at": NOON - timedelta(hours=1),
        "updated_at": NOON - timedelta(hours=1),
    }
    return Notification(**values | changes)


def a_claim(now: datetime = NOON, token: str = "token") -> Claim:
    """A claim made at noon."""
    return Claim(token, now + LEASE)


def a_claimed(now: datetime = NOON, **changes: Any) -> Notification:
    """A notification that is being sent."""
    return a_notification(**changes).claimed(a_claim(now), now)


def a_delivery(**changes: Any) -> Delivery:
    """A first attempt, as a handler is given it."""
    values: dict[str, Any] = {
        "id": "0b9cf1a8",
        "attempt": 1,
        "user": "eggs",
        "target": "target",
        "address": "coolkid@nd.edu",
        "title": "Good morning",
        "body": "lorem ipsum",
        "extra": {},
        "scheduled_delivery": NOON,
    }
    return Delivery(**values | changes)


def a_draft(**changes: Any) -> Draft:
    """A request for all of a user's addresses."""
    values: dict[str, Any] = {"title": "Good morning", "body": "lorem ipsum", "extra": {}}
    if "target_user_record" not in changes:
        values["user"] = "eggs"
    return Draft(**values | changes)


def a_template_document(**changes: Any) -> TemplateDocument:
    """A text message about an order."""
    values: dict[str, Any] = {
        "default_locale": "en",
        "category": "orders",
        "schema": {
            "type": "object",
            "properties": {"order": {"type": "string"}},
            "required": ["order"],
        },
        "content": {"en": {"sms": {"body": "Your order {{ order }} is ready."}}},
        "examples": [{"order": "A-17"}],
    }
    return TemplateDocument.of(values | changes)


def a_template_version(**changes: Any) -> TemplateVersion:
    """The first version of a template, compiled."""
    document = changes.pop("document", None) or a_template_document()
    values: dict[str, Any] = {
        "name": "order-ready",
        "version": 1,
        "document": document,
        "compiled": compile_template(document, {}),
        "author": "arn:aws:iam::123456789012:user/author",
        "note": "",
        "created_at": NOON,
    }
    return TemplateVersion(**values | changes)


def move_cursor(ports: Ports, module: str, shard: str, to: WakeUp) -> None:
    """Have a dispatcher come so far with a shard."""
    ports.modules.advance_cursors(module, ports.modules.progress()[module], {shard: to})


def hash_identifier(text: str) -> list[str]:
    """A keyed hash, of a key that everybody knows."""
    return [hmac.digest(b"a key that everybody knows", text.encode(), "sha512").hex()]


@dataclass
class Watch:
    """A clock that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Move it."""
        self.now += timedelta(**by)


@dataclass
class Provider:
    """A provider that answers as told: an outcome an address, or acceptance."""

    answers: dict[str, list[Outcome]] = field(default_factory=dict)
    seen: list[Delivery] = field(default_factory=list)

    def __call__(self, deliveries: Sequence[Delivery], _module: Module) -> list[list[Outcome]]:
        self.seen += deliveries
        return [[self._answer(each) for each in deliveries]]

    def _answer(self, delivery: Delivery) -> Outcome:
        waiting = self.answers.get(delivery.address)
        return waiting.pop(0) if waiting else Accepted(f"accepted-{delivery.id}")


@dataclass
class World:
    """The whole system in memory: one user, one address, one module, a watch, a provider."""

    watch: Watch = field(default_factory=Watch)
    provider: Provider = field(default_factory=Provider)
    module: Module = field(default_factory=a_module)

    def __post_init__(self) -> None:
        self.targets = stores.MemoryTargets()
        self.records = stores.MemoryRecords(self.targets)
        self.user_settings = stores.MemoryUserSettings()
        self.notifications = MemoryNotifications(SHARDS, self.records)
        self.opt_outs = stores.MemoryOptOuts()
        self.suppressions = stores.MemorySuppressionList()
        self.modules = MemoryModules()
        self.templates = MemoryTemplates()
        self.queues = stores.MemoryQueues()
        self.jobs = stores.MemoryJobs()
        self.evidence = stores.MemoryEvidence()
        self.contents = MemoryContents()
        self.counters = MemoryCounters()
        self.waits: list[float] = []
        #: What happens while somebody waits: the watch moves.
        self.on_sleep: Callable[[float], None] = self._forward
        self.ports = Ports(
            notifications=self.notifications,
            contents=self.contents,
            targets=self.targets,
            modules=self.modules,
            templates=self.templates,
            records=self.records,
            user_settings=self.user_settings,
            opt_outs=self.opt_outs,
            suppressions=self.suppressions,
            hash_identifier=hash_identifier,
            queues=self.queues,
            jobs=self.jobs,
            evidence=self.evidence,
            counters=self.counters,
            clock=self.watch,
            sleep=self._sleep,
            check_extra=check_extra,
            due_shards=SHARDS,
            containers=CONTAINERS,
            search_indexes=frozenset(SearchIndex),
        )
        self.modules.put(self.module)
        self.target = a_target()
        self.targets.add(self.target)
        self.record = a_record(target=self.target.id)
        self.records.add(self.record)

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.on_sleep(seconds)

    def _forward(self, seconds: float) -> None:
        self.watch.forward(seconds=seconds)

    def add_record(self, **changes: Any) -> TargetUserRecord:
        """Register another address."""
        record = a_record(**{"target": self.target.id} | changes)
        self.records.add(record)
        return record

    def stored(self, notification: Notification) -> Notification:
        """Return a notification as it stands now."""
        return self.notifications.stored[notification.id]
