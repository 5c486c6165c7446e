"""A target's consumer under test: the real handler, SDK, stores; the simulator as its provider."""

import importlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, cast
from uuid import uuid4

import pytest

from notification_core.adapters.sqs_queues import to_body
from notification_core.domain.addresses import TargetUserRecord, find_target
from notification_core.domain.clock import to_epoch_ms, utc_now
from notification_core.domain.consent import MAX_SCOPES, ConsentSource
from notification_core.domain.consent_scopes import category_scope
from notification_core.domain.due import BEGINNING, WakeUp, shards_of
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll
from notification_core.domain.transitions import ClaimRejected
from notification_core.ports import Ports
from notification_core.runtime import credentials, settings
from notification_core.usecases.administration.addresses import add_record
from notification_core.usecases.consent.opt_out import append_entry
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.enqueue import wake_up_for
from notification_core.usecases.sending.schedule import ScheduleResult, schedule, schedule_all
from tests.builders import SHARDS, a_claim
from tests.emulator import Emulator
from tests.functions.lambda_calls import Context


@dataclass
class Ahead:
    """The real time, put forward as far as a test likes."""

    by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.by

    def until(self, moment: datetime) -> None:
        """Put it forward to a moment; never back."""
        self.by = max(self.by, moment - utc_now())


@dataclass
class Consumer:
    """One target's function; `run(...)` is what SQS would hand it."""

    ports: Ports
    target: str
    handler: ModuleType
    module_name: str
    clock: Ahead
    user: str = field(default_factory=lambda: f"user-{uuid4()}")

    def record(self, address: str) -> TargetUserRecord:
        """Register an address."""
        return add_record(self.ports, user=self.user, target=self.target, target_user_id=address)

    def ask(self, record: TargetUserRecord, **changes: Any) -> Notification:
        """Schedule a notification that is due now."""
        values: dict[str, Any] = {"title": "Hello", "body": "There", "extra": {}} | changes
        draft = Draft(target_user_record=record.id, **values)
        return schedule(self.ports, "test", draft).notifications[0]

    def ask_many(self, count: int, record: TargetUserRecord) -> list[Notification]:
        """Schedule many that are due now, all for one address."""
        draft = Draft(target_user_record=record.id, title="Hello", body="There", extra={})
        results = schedule_all(self.ports, "test", [draft] * count)
        return [each for result in results for each in cast("ScheduleResult", result).notifications]

    def run(self, *wake_ups: WakeUp) -> list[str]:
        """Hand it a batch; returns the message ids that it wants again."""
        records = [
            {"messageId": str(place), "body": to_body([wake_up])}
            for place, wake_up in enumerate(wake_ups)
        ]
        answer = self.handler.lambda_handler({"Records": records}, Context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def deliver(self, address: str, **changes: Any) -> Notification:
        """Schedule for an address and hand over its message."""
        notification = self.ask(self.record(address), **changes)
        assert self.run(wake_up_for(notification)) == []
        return self.stored(notification)

    def again(self, notification: Notification) -> Notification:
        """Let its next turn come, and hand over its message."""
        current = self.stored(notification)
        assert current.due_at is not None
        self.clock.until(current.due_at)
        assert self.run(wake_up_for(current)) == []
        return self.stored(notification)

    def polls_of(self, sent: Sequence[Notification]) -> list[Poll]:
        """Return the polls that name these, as whoever claims them is shown them."""
        shards, until = (
            shards_of(self.module_name, SHARDS),
            to_epoch_ms(self.clock() + timedelta(days=4)),
        )
        store, nobody = self.ports.notifications, a_claim(token="nobody's")
        pages = [page for each in shards for page in store.due(each, BEGINNING, until)]
        owed = [wake_up for page in pages for wake_up in page]
        stored = store.get([each.id for each in owed])
        others = [each for each, found in zip(owed, stored, strict=True) if found is None]
        shown = store.claim(others, nobody, self.clock(), self.module_name)
        polls = [
            each.poll for each in shown if isinstance(each, ClaimRejected) and each.poll is not None
        ]
        ids = {each.id for each in sent}
        of_these = [each for each in polls if ids & {*each.notifications}]
        assert sorted(ids) == sorted(id_ for each in of_these for id_ in each.notifications)
        return of_these

    def fill_ledger(self, *, over: bool) -> None:
        """Let the user have opted out of as many categories as there may be, and in again."""
        categories = [category_scope(f"c{n}") for n in range(MAX_SCOPES)]
        for active in (True, False) if over else (True,):
            append_entry(
                self.ports,
                self.user,
                categories,
                active=active,
                source=ConsentSource.API,
                evidence="page",
            )

    @property
    def module(self) -> Module:
        """The module as it stands."""
        found = self.ports.modules.get(self.module_name)
        assert found is not None
        return found

    @contextmanager
    def changed(self, **changes: Any) -> Iterator[None]:
        """Have the module described otherwise for a while."""
        before = self.module
        self.ports.modules.put(replace(before, **changes))
        yield
        self.ports.modules.put(before)

    def stored(self, notification: Notification) -> Notification:
        """Return it as it stands."""
        found = self.ports.notifications.get([notification.id])[0]
        assert found is not None
        return found

    def get_record(self, notification: Notification) -> TargetUserRecord:
        """Return its address as it stands."""
        found = self.ports.records.get([notification.target_user_record])
        return found[notification.target_user_record]


@contextmanager
def consumer(
    ports: Ports,
    emulator: Emulator,
    target: str,
    provider_url: str = "",
    secret: dict[str, Any] | None = None,
    **environment: str,
) -> Iterator[Consumer]:
    """Wire a target's function in this process."""
    module = find_target(ports.targets.all(), target).notification_module_name
    secrets = emulator.client("secretsmanager")
    name = f"{module}-{uuid4()}"
    secrets.create_secret(Name=name, SecretString=json.dumps(secret or {}))
    with pytest.MonkeyPatch.context() as patch:
        told = {"MODULE": module, "SECRET_ID": name, "PROVIDER_URL": provider_url}
        told |= {"MAX_CONCURRENCY": "10", **environment}
        for variable, value in told.items():
            patch.setenv(variable, value)
        settings.consumer_settings.cache_clear()
        credentials.forget_credentials()
        handler = importlib.import_module(f"functions.targets.{module}.handler")
        if hasattr(handler, "client"):
            handler.client.cache_clear()
        clock = Ahead()
        moved = replace(ports, clock=clock)
        patch.setattr("notification_core.entrypoints.consumer.ports", lambda: moved)
        ports.modules.resume(module)
        yield Consumer(moved, target, handler, module, clock)
    ports.modules.resume(module)
    settings.consumer_settings.cache_clear()
    credentials.forget_credentials()
