"""Every operation, as its function does it: over the real adapters, and counted by `cloud.py`.

What a provider does is no request of ours. A job is counted by one step and its bookkeeping.
"""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from notification_core.domain.clock import to_epoch_ms, utc_now
from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.delivery import Complained, Confirmed, DeliveryReport, Outcome
from notification_core.domain.due import WakeUp
from notification_core.domain.erasure import ErasureCursor
from notification_core.domain.failures import ConsentWithdrawn
from notification_core.domain.jobs import JobKind
from notification_core.domain.modules import Module
from notification_core.entrypoints.dispatcher import dispatch_event
from notification_core.entrypoints.jobs import STEPS
from notification_core.ports import Ports
from notification_core.runtime import wiring
from notification_core.usecases.administration import jobs
from notification_core.usecases.consent.opt_out import append_entry
from notification_core.usecases.consent.opt_out_job import OptOutCursor
from notification_core.usecases.consent.replies import reply
from notification_core.usecases.consent.unsubscribe import record_unsubscribe, undo_unsubscribe
from notification_core.usecases.sending import dispatch
from notification_core.usecases.sending.confirm import handle_report, no_status_polling, poll_status
from notification_core.usecases.sending.dead_letters import DeadLetter, mark_dead_letter
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.redrive import Redrive, redrive
from tests.builders import Provider
from tests.functions.lambda_calls import Answer, Api, Context
from tests.scaling.stock import MESSAGE_ID, REFERENCE, Kind, due_at

MODULE = "twilio"


@dataclass
class Scene:
    """What an operation finds: a user with one address, and the notifications that stand."""

    api: Api
    ports: Ports
    table: Any
    ids: list[str]  #: oldest first
    user: str
    record: str
    address: str
    target: str
    kept: dict[str, Any] = field(default_factory=dict)  #: what was made ready

    @property
    def module(self) -> Module:
        """The module of all of it."""
        found = self.ports.modules.get(MODULE)
        assert found is not None
        return found

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Ask the API. Anything but a success is a mistake here."""
        answer = self.api(method, path, body, query=query)
        assert answer.status < 300, answer
        return answer

    def pause(self, *, paused: bool) -> None:
        """Pause the target, or resume it."""
        do = "pause" if paused else "resume"
        self.ask("POST", f"/targets/{self.target}/{do}", {} if paused else None)

    def a_request(self, **more: Any) -> dict[str, Any]:
        """A request for a notification that is due in a day."""
        due = {"scheduled_delivery": (utc_now() + timedelta(days=1)).isoformat()}
        return {"target_user_record": self.record, "title": "t", "body": "b"} | due | more

    def wake_ups(self, count: int) -> list[WakeUp]:
        """The messages of the first ones."""
        return [WakeUp(due_at(self.table, each), each) for each in self.ids[:count]]


Do = Callable[[Scene], object]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One row of the page.

    Attributes:
        do: what is counted.
        ready: what has to stand before, and is not counted.
    """

    kind: Kind
    do: Do
    ready: Do = lambda _: None


OPERATIONS: dict[str, Operation] = {}


def row(name: str, kind: Kind = Kind.WAITING, ready: Do = lambda _: None) -> Callable[[Do], Do]:
    """Name the operation that a function does, as the page has it."""

    def put(do: Do) -> Do:
        OPERATIONS[name] = Operation(kind=kind, do=do, ready=ready)
        return do

    return put


def api(name: str, body: Do | None = None, *, of: str = "", **how: Any) -> None:
    """A route of the API, asked as it is documented; its path names attributes of the scene."""
    method, path = name.split(" ")[:2]
    query = how.pop("query", {})

    def do(scene: Scene) -> object:
        where = path.partition("?")[0].format(**{**asdict_of(scene), **scene.kept})
        filled = {key: value.format(**asdict_of(scene)) for key, value in query.items()}
        return scene.ask(method, where, body(scene) if body else None, **filled)

    row(f"{name}{of}", **how)(do)


def asdict_of(scene: Scene) -> dict[str, Any]:
    """What the paths may name."""
    return {
        "user": scene.user,
        "address": scene.address,
        "record_id": scene.record,
        "target_id": scene.target,
        "notification_id": scene.ids[0],
    }


def _another_target(scene: Scene) -> None:
    body = {"name": f"n{uuid4().hex[:8]}", "notification_module_name": MODULE}
    scene.kept["new_target"] = scene.ask("POST", "/targets", body).body["id"]


def _another_record(scene: Scene) -> None:
    scene.kept["new_record"] = scene.ask("POST", "/target-user-records", _record(scene)).body["id"]


def _record(scene: Scene) -> dict[str, Any]:
    number = f"+1202{uuid4().int % 10**7:07d}"
    return {"user": scene.user, "target": "Twilio", "target_user_id": number}


def _a_job(scene: Scene) -> None:
    scene.kept["job_id"] = redrive(scene.ports, Redrive(ids=["x"])).id


api("GET /targets")
api("POST /targets", lambda _: {"name": uuid4().hex, "notification_module_name": MODULE})
api("GET /targets/{target_id}")
api("PATCH /targets/{target_id}", lambda _: {"notification_module_name": MODULE})
row("DELETE /targets/{target_id}", ready=_another_target)(
    lambda scene: scene.ask("DELETE", f"/targets/{scene.kept['new_target']}")
)
api("POST /targets/{target_id}/pause", lambda _: {}, ready=lambda scene: scene.pause(paused=False))
api("POST /targets/{target_id}/resume", ready=lambda scene: scene.pause(paused=True))
api("GET /backlog", kind=Kind.LOST)
api("GET /target-user-records", query={"user": "{user}"})
api("POST /target-user-records", _record)
for size in (1, 100):
    api(
        "POST /target-user-records/batch",
        lambda scene, size=size: {  # type: ignore[misc]
            "items": [_record(scene) | {"user": uuid4().hex} for _ in range(size)]
        },
        of=f" of {size}",
    )
api("GET /target-user-records/{record_id}")
api("PATCH /target-user-records/{record_id}", lambda _: {"description": uuid4().hex})
row("DELETE /target-user-records/{record_id}", ready=_another_record)(
    lambda scene: scene.ask("DELETE", f"/target-user-records/{scene.kept['new_record']}")
)
api("GET /opt-outs/{user}", ready=lambda scene: _yes(scene))  # noqa: PLW0108 - it stands below
api("PUT /opt-outs/{user}", lambda _: {"active": True}, of=" (no)")
api("PUT /opt-outs/{user}", lambda _: {"active": False}, of=" (yes)")
LISTED = {"user": "{user}", "limit": "100"}
api("GET /notifications", of="?user", query=LISTED)
api("GET /notifications", of="?user&status", query=LISTED | {"status": "DELIVERED"})
FAILURES = {"target": "{target_id}", "limit": "100"}
api("GET /notifications", of="?target", kind=Kind.FAILED, query=FAILURES)
api(
    "GET /notifications",
    of="?target&status",
    kind=Kind.FAILED,
    query=FAILURES | {"status": "UNKNOWN"},
)
api(
    "GET /search",
    of="?address",
    kind=Kind.ELSEWHERE,
    query={"address": "{address}", "limit": "100"},
)
BY_REFERENCE = {"reference": REFERENCE, "limit": "100"}
api("GET /search", of="?reference", kind=Kind.REFERENCED, query=BY_REFERENCE)
BY_MESSAGE_ID = {"provider_id": MESSAGE_ID, "limit": "100"}
api("GET /search", of="?provider_id", kind=Kind.IDENTIFIED, query=BY_MESSAGE_ID)
api("POST /notifications", lambda scene: scene.a_request())
for size in (1, 100):
    api(
        "POST /notifications/batch",
        lambda scene, size=size: {"items": [scene.a_request() for _ in range(size)]},  # type: ignore[misc]
        of=f" of {size}",
    )
api("POST /notifications/redrive", lambda _: {"target": "Twilio"}, kind=Kind.FAILED)
api("GET /notifications/{notification_id}")
api("PATCH /notifications/{notification_id}", lambda _: {"body": uuid4().hex})
api("POST /notifications/{notification_id}/cancel")
api("GET /notifications/{notification_id}/explanation")
api("GET /users/{user}/export", query={"limit": "100"})
SETTINGS = {"locale": "de-AT", "time_zone": "Europe/Vienna"}
api("PUT /users/{user}/settings", lambda _: SETTINGS)
api("GET /users/{user}/settings")
api("DELETE /users/{user}")
api("GET /jobs/{job_id}", ready=_a_job)


def _yes(scene: Scene) -> None:
    _said(scene, active=True)
    _said(scene, active=False)


def _said(scene: Scene, *, active: bool) -> None:
    append_entry(
        scene.ports,
        scene.user,
        [EVERYTHING],
        active=active,
        source=ConsentSource.API,
        evidence=uuid4().hex,
    )


def _resumed(scene: Scene) -> None:
    """Have the dispatcher begin from the start."""
    scene.pause(paused=True)
    scene.pause(paused=False)


def _tick(_: Scene) -> None:
    with patch.object(dispatch, "SWEEP_EVERY", timedelta(hours=1)):
        dispatch_event({}, Context())


def _lost(scene: Scene) -> None:
    """Lose every message, so that the queue is not deep, and pass the cursors over all."""
    sqs = wiring.aws_client("sqs")
    queue = sqs.get_queue_url(QueueName=f"{os.environ['QUEUE_PREFIX']}{MODULE}")
    sqs.purge_queue(QueueUrl=queue["QueueUrl"])
    _tick(scene)


def _sweep(_: Scene) -> None:
    with patch.object(dispatch, "SWEEP_EVERY", timedelta(0)):
        dispatch_event({}, Context())


def _registered(_: Scene) -> None:
    from functions.targets.register import lambda_handler  # noqa: PLC0415

    lambda_handler({"RequestType": "Update"}, Context())


row("deployment: the targets are registered")(_registered)
row("dispatcher: a tick, nothing is due", ready=_tick)(_tick)
row("dispatcher: a tick, all is due", Kind.DUE, _resumed)(_tick)
row("dispatcher: a tick that sweeps, all is lost", Kind.LOST, _lost)(_sweep)


@row("consumer: a notification", Kind.DUE)
def _one(scene: Scene) -> None:
    done = deliver(scene.ports, MODULE, scene.wake_ups(1), Provider())
    assert len(done.settled) == 1, done


@row("consumer: a batch of up to 100", Kind.DUE)
def _hundred(scene: Scene) -> None:
    count = min(100, len(scene.ids))
    done = deliver(scene.ports, MODULE, scene.wake_ups(count), Provider())
    assert len(done.settled) == count, done


@row("consumer: a recipient refuses", Kind.DUE)
def _refusal(scene: Scene) -> None:
    refusal: Outcome = ConsentWithdrawn("21610")
    deliver(scene.ports, MODULE, scene.wake_ups(1), Provider({scene.address: [refusal]}))


@row("consumer: up to 100 confirmations are asked for", Kind.SENT)
def _looks(scene: Scene) -> None:
    found = scene.ports.notifications.get(scene.ids[:100])
    poll_status(scene.ports, scene.module, [each for each in found if each], no_status_polling)


def _heard(news: Any) -> Do:
    def do(scene: Scene) -> None:
        said = DeliveryReport(
            notification_id=scene.ids[0], provider_message_id="SM1", attempt=None, content=news
        )
        handle_report(scene.ports, said, scene.address)

    return do


row("callback: a status, or a mail event", Kind.SENT)(_heard(Confirmed()))
row("callback: a complaint", Kind.SENT)(_heard(Complained("abuse")))
row("callback: a STOP")(
    lambda scene: reply(
        scene.ports, MODULE, scene.address, active=True, evidence=f"SM{uuid4().hex}"
    )
)
row("callback: a START")(
    lambda scene: reply(
        scene.ports, MODULE, scene.address, active=False, evidence=f"SM{uuid4().hex}"
    )
)
row("unsubscribe: the link is clicked")(
    lambda scene: record_unsubscribe(scene.ports, scene.user, [EVERYTHING], scene.ids[0])
)
row(
    "unsubscribe: the click is undone",
    ready=lambda scene: record_unsubscribe(scene.ports, scene.user, [EVERYTHING], scene.ids[0]),
)(lambda scene: undo_unsubscribe(scene.ports, scene.user, scene.ids[0]))


def _steps(count: int) -> Do:
    def do(scene: Scene) -> None:
        left = iter([False] * count)
        jobs.work(scene.ports, scene.kept["job_id"], STEPS, lambda: next(left, True))

    return do


def _begun(kind: JobKind, place: Callable[[Scene], Any]) -> Do:
    def ready(scene: Scene) -> None:
        _said(scene, active=True)
        job = jobs.start_job(scene.ports, kind, {}, cursor=asdict(place(scene)))
        scene.kept["job_id"] = job.id

    return ready


def _redrive(scene: Scene) -> None:
    _yes(scene)
    scene.kept["job_id"] = redrive(scene.ports, Redrive(target="Twilio")).id


row("job: a redrive's first ten steps", Kind.FAILED, _redrive)(_steps(10))


def _erasure(stage: str) -> Do:
    """Have an erasure stand at a stage."""

    def place(scene: Scene) -> ErasureCursor:
        closed_at = to_epoch_ms(scene.ports.clock())
        return ErasureCursor(user=scene.user, stage=stage, closed_at=closed_at)

    return _begun(JobKind.ERASURE, place)


row("job: an erasure's step over addresses", ready=_erasure("records"))(_steps(1))
row("job: an erasure's step over notifications", ready=_erasure("notifications"))(_steps(1))
row("job: an erasure's step over large contents", ready=_erasure("contents"))(_steps(1))
row("job: an erasure's last step", ready=_erasure("opt-out"))(_steps(1))
row(
    "job: an opt-out's step",
    Kind.WAITING,
    _begun(
        JobKind.OPT_OUT, lambda s: OptOutCursor(user=s.user, stored_at=to_epoch_ms(s.ports.clock()))
    ),
)(_steps(1))


@row("dead letter: a message of up to 100", Kind.DUE)
def _dead_letter(scene: Scene) -> None:
    letter = DeadLetter(
        id=uuid4().hex,
        module=MODULE,
        body="",
        wake_ups=scene.wake_ups(100),
        receive_count=4,
        sent_at=scene.ports.clock(),
    )
    mark_dead_letter(scene.ports, letter)
