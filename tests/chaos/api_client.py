"""The run's requests to the API, which are repeated until they are answered.

Requests fail during the faults, so each is sent again until it is acknowledged, as an application
would. With an idempotency key that is safe; without one, it is a different request.
"""

import time
from collections.abc import Callable, Mapping, Sequence
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
from tests.chaos.edits import Edit, Message, PlannedEdit, message_of
from tests.chaos.load import TEMPLATE, TEMPLATE_DOCUMENT, Order, Recipient
from tests.chaos.verifier import Notification, Response

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
            for order in batch:
                order.request.due_at = now + order.delay
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

    def edit(self, order: Order, planned: PlannedEdit) -> Edit:
        """Change the time, the content or both, and return the change with its answer."""
        request, now = order.request, datetime.now(UTC)
        edit = Edit(
            version=len(request.edits) + 1,
            changes_content=planned.changes_content,
            requested_at=now,
            due_at=None if planned.ahead is None else now + timedelta(seconds=planned.ahead),
        )
        request.edits += (edit,)
        changes = order.content(edit.version) if edit.changes_content else {}
        if edit.due_at is not None:
            changes["scheduled_delivery"] = edit.due_at.isoformat(timespec="milliseconds")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._ask_once("PATCH", f"/notifications/{request.id}", changes)
            if answer.status == OK:
                edit.result, edit.answered_at = answer.body["result"], datetime.now(UTC)
                return edit
            problem = f"A change was answered {answer.status}: {answer.body}"
            if answer.status in {CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
                raise StackError(problem)
            edit.lost += 1
            self._wait(deadline, problem)

    def publish_template(self) -> None:
        """Store and publish the template of the run. Raises StackError."""
        self.ask("PUT", f"/templates/{TEMPLATE}", TEMPLATE_DOCUMENT, {OK, CREATED})
        self.ask("POST", f"/templates/{TEMPLATE}/publish", {}, {OK})

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
        """Return all notifications from the API, by the title that was requested."""

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
            by_title.setdefault(_token_of(notification), []).append(notification)
        return by_title

    def targets(self) -> list[dict[str, Any]]:
        """List the targets."""
        items: list[dict[str, Any]] = self.ask("GET", "/targets", None, {OK}).body["items"]
        return items

    def received(self) -> dict[str, list[Message]]:
        """Return the messages that were received, by title. Raises StackError."""
        with loopback_session() as session:
            inbox = session.get(f"{self._access['simulator_url']}/inbox", timeout=60).json()
        if inbox["problems"]:
            raise StackError(f"The inbox cannot be read: {inbox['problems']}")
        messages: dict[str, list[Message]] = {}
        for item in inbox["items"]:
            messages.setdefault(_token_of(item), []).append(message_of(item))
        return messages

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


def _token_of(item: Mapping[str, Any]) -> str:
    """Return the first word of a title, or of the text of an SMS, which has no title."""
    words = (item["title"] or item["body"] or "").split()
    return words[0] if words else ""


def _in_parallel(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(work, items))
