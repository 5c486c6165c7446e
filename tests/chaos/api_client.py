"""The run's requests to the API, which are repeated until they are answered.

Requests fail during the faults, so each is sent again until it is acknowledged, as an application
would. With an idempotency key that is safe; without one, it is a different request.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import chain
from threading import Event, Semaphore
from typing import Any
from urllib.parse import urlencode

from infra.local.caller import Answer, Caller, loopback_session
from infra.local.layout import StackError
from notification_system import ConnectionFailed
from tests.chaos.load import Order, Recipient
from tests.chaos.verifier import Moved, Notification, Response

#: Items of one batch request, and seconds during which a request is repeated.
BATCH = 25
PATIENCE = 240
PAUSE = 1
#: Concurrent requests; the emulator unpacks and starts a worker of the API for each.
PARALLEL = 3

OK, CREATED, CONFLICT = HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT
ACCEPTED = HTTPStatus.ACCEPTED


class ApiClient:
    """The application, and the people who receive its notifications.

    Args:
        access: the stack's access data.
    """

    def __init__(self, access: dict[str, Any]) -> None:
        self._access = access
        self._caller = Caller(access)
        self._turns = Semaphore(PARALLEL)
        self._over = Event()

    def register(self, recipients: Sequence[Recipient]) -> None:
        """Register every address. Raises StackError."""

        def one(recipient: Recipient) -> None:
            body = {
                "user": recipient.user,
                "target": recipient.target,
                "target_user_id": recipient.address,
            }
            self.ask("POST", "/target-user-records", body, {CREATED, CONFLICT})

        _in_parallel(one, recipients)

    def order(self, orders: Sequence[Order]) -> None:
        """Create notifications; repeat until each is accepted or rejected. Raises StackError."""
        now = datetime.now(UTC)

        def some(batch: Sequence[Order]) -> None:
            waiting, deadline = list(batch), time.monotonic() + PATIENCE
            while True:
                items = [order.payload(now) for order in waiting]
                answer = self._ask_once("POST", "/notifications/batch", {"items": items})
                record_answers(waiting, answer)
                waiting = [order for order in waiting if not order.is_answered]
                if not waiting:
                    return
                self._wait(deadline, f"The API never answered {len(waiting)} items: {answer.body}")

        _in_parallel(some, [orders[at : at + BATCH] for at in range(0, len(orders), BATCH)])

    def cancel(self, order: Order) -> bool:
        """Cancel a notification; return whether it was in time."""
        answer = self.ask("POST", f"/notifications/{order.request.id}/cancel", None, {OK})
        # If this is a repeated request, because an answer was lost, the first one cancelled it.
        if answer.body["notification"]["status"] != "CANCELLED":
            return False
        order.request.withdrawn_at = datetime.now(UTC)
        return True

    def move(self, order: Order, ahead: timedelta) -> bool:
        """Give a notification another time and text; return whether it was in time."""
        at = datetime.now(UTC) + ahead
        changes = {
            "scheduled_delivery": at.isoformat(),
            "body": f"{order.request.token} changed {order.filling}",
        }
        answer = self.ask("PATCH", f"/notifications/{order.request.id}", changes, {OK})
        # If this is a repeated request, because an answer was lost, the first one changed it.
        if answer.body["result"] not in {"changed", "unchanged"}:
            return False
        order.request.moved = Moved(datetime.now(UTC), at)
        return True

    def opt_out(self, recipient: Recipient) -> None:
        """Opt out of everything; after the acknowledgement no further messages are allowed."""
        path, body = f"/opt-outs/{recipient.user}", {"active": True}
        answer = self.ask("PUT", path, body, {OK, ACCEPTED})
        if answer.status == ACCEPTED:
            self._follow(answer.body["id"])
        recipient.opted_out_at = datetime.now(UTC)

    def _follow(self, job_id: str) -> None:
        """Wait until a job has finished. Raises StackError."""
        deadline = time.monotonic() + PATIENCE
        while self.ask("GET", f"/jobs/{job_id}", None, {OK}).body["state"] != "done":
            self._wait(deadline, f"The job {job_id} did not finish.")

    def notifications(self, recipients: Sequence[Recipient]) -> dict[str, list[Notification]]:
        """Return all notifications from the API, by title."""

        def of_one(recipient: Recipient) -> list[Notification]:
            items, query = list[Notification](), {"user": recipient.user, "limit": 100}
            while True:
                page = self.ask("GET", f"/notifications?{urlencode(query)}", None, {OK}).body
                items += page["items"]
                if page["next"] is None:
                    return items
                query["next"] = page["next"]

        by_title: dict[str, list[Notification]] = {}
        for notification in chain.from_iterable(_in_parallel(of_one, recipients)):
            by_title.setdefault(notification["title"], []).append(notification)
        return by_title

    def targets(self) -> list[dict[str, Any]]:
        """List the targets."""
        items: list[dict[str, Any]] = self.ask("GET", "/targets", None, {OK}).body["items"]
        return items

    def received(self) -> dict[str, list[datetime]]:
        """Return the times at which each title was received. Raises StackError."""
        with loopback_session() as session:
            inbox = session.get(f"{self._access['simulator_url']}/inbox", timeout=60).json()
        if inbox["problems"]:
            raise StackError(f"The inbox cannot be read: {inbox['problems']}")
        times_by_title: dict[str, list[datetime]] = {}
        for item in inbox["items"]:
            # An SMS does not have a title: the first word of its text is the title.
            token = (item["title"] or item["body"]).split()[0]
            times_by_title.setdefault(token, []).append(datetime.fromisoformat(item["at"]))
        return times_by_title

    def stop(self) -> None:
        """Stop all requests: those that wait for an answer raise StackError."""
        self._over.set()

    def ask(self, method: str, path: str, body: Any, wanted: set[HTTPStatus]) -> Answer:
        """Repeat a request until its status is wanted. Raises StackError after a time-out."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._ask_once(method, path, body)
            if answer.status in wanted:
                return answer
            self._wait(deadline, f"{method} {path} was answered {answer.status}: {answer.body}")

    def _ask_once(self, method: str, path: str, body: Any) -> Answer:
        """Send a request once; the status of a lost response is 0."""
        try:
            with self._turns:
                return self._caller(method, path, body)
        except ConnectionFailed as error:
            return Answer(0, repr(error))

    def _wait(self, deadline: float, trouble: str) -> None:
        if time.monotonic() > deadline:
            raise StackError(trouble)
        if self._over.wait(PAUSE):
            raise StackError("The run was stopped.")


def record_answers(orders: Sequence[Order], answer: Answer) -> None:
    """Record the answer to each item of a batch; unanswered items are requested again."""
    items = answer.body["items"] if answer.status == OK else [{"status": 0}] * len(orders)
    for order, item in zip(orders, items, strict=True):
        if item["status"] in {OK, CREATED}:
            order.request.id = item["notifications"][0]["id"]
            order.request.response = Response.ACCEPTED
        elif item["status"] == CONFLICT:
            order.request.refusal = item["problem"]["type"].rpartition(":")[2]
            order.request.response = Response.REFUSED
        else:
            order.mark_unanswered()


def _in_parallel(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(work, items))
