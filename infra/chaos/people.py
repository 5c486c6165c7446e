"""What the driver asks of the API, and goes on asking until it is answered.

The API's own calls fail too: a request is sent again until it is acknowledged, as an application
does; the idempotency keys make that safe.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Event, Semaphore
from typing import Any

import requests

from infra.chaos.judge import Told
from infra.chaos.load import Order, Recipient
from infra.local.caller import Answer, Caller, loopback_session
from infra.local.layout import StackError

#: Items of one batch request, and seconds to go on asking.
BATCH = 25
PATIENCE = 240
PAUSE = 1
#: Requests at once: for each of them the emulator unpacks and starts a worker of the API.
PARALLEL = 3

OK, CREATED, CONFLICT, NOT_FOUND = (
    HTTPStatus.OK,
    HTTPStatus.CREATED,
    HTTPStatus.CONFLICT,
    HTTPStatus.NOT_FOUND,
)


class People:
    """The application, and the people it writes to.

    Args:
        access: what the stack says of itself.
    """

    def __init__(self, access: dict[str, Any]) -> None:
        self._access = access
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

        _side_by_side(one, recipients)

    def order(self, orders: Sequence[Order]) -> None:
        """Ask for all of these; each is known by its id then. Raises StackError."""
        now = datetime.now(UTC)

        def some(batch: Sequence[Order]) -> None:
            waiting, deadline = list(batch), time.monotonic() + PATIENCE
            while waiting:
                items = [each.request(now) for each in waiting]
                answer = self.ask("POST", "/notifications/batch", {"items": items}, {OK})
                for order, item in zip(waiting, answer.body["items"], strict=True):
                    if item["status"] in {OK, CREATED}:
                        order.asked.id = item["notifications"][0]["id"]
                    # Its user said no before it was taken.
                    order.is_refused = item["status"] == CONFLICT
                waiting = [each for each in waiting if not (each.asked.id or each.is_refused)]
                if waiting and time.monotonic() > deadline:
                    raise StackError(f"The API never took {len(waiting)} items: {answer.body}")

        _side_by_side(some, [orders[at : at + BATCH] for at in range(0, len(orders), BATCH)])

    def cancel(self, order: Order) -> bool:
        """Take one back; whether that was in time."""
        answer = self.ask("POST", f"/notifications/{order.asked.id}/cancel", None, {OK})
        # Asked again because an answer was lost, it was cancelled by the first time.
        if answer.body["notification"]["status"] != "CANCELLED":
            return False
        order.asked.said_no_at = datetime.now(UTC)
        return True

    def opt_out(self, recipient: Recipient, orders: Iterable[Order]) -> None:
        """Say no to everything; when it is acknowledged, nothing more may come."""
        self.ask("PUT", f"/opt-outs/{recipient.user}", {"active": True}, {OK})
        now = datetime.now(UTC)
        for order in orders:
            if order.recipient is recipient:
                order.asked.said_no_at = now

    def told(self, orders: Sequence[Order]) -> dict[str, Told | None]:
        """Read every notification as the API tells it."""

        def one(order: Order) -> tuple[str, Told | None]:
            answer = self.ask("GET", f"/notifications/{order.asked.id}", None, {OK, NOT_FOUND})
            return order.asked.id, answer.body if answer.status == OK else None

        return dict(_side_by_side(one, orders))

    def targets(self) -> list[dict[str, Any]]:
        """List the targets."""
        items: list[dict[str, Any]] = self.ask("GET", "/targets", None, {OK}).body["items"]
        return items

    def received(self) -> dict[str, list[datetime]]:
        """Tell from the inboxes when each title was received. Raises StackError."""
        with loopback_session() as session:
            said = session.get(f"{self._access['simulator_url']}/inbox", timeout=60).json()
        if said["problems"]:
            raise StackError(f"The inbox cannot be read: {said['problems']}")
        found: dict[str, list[datetime]] = {}
        for item in said["items"]:
            # An SMS has no title of its own: it is the first word of what it says.
            token = (item["title"] or item["body"]).split()[0]
            found.setdefault(token, []).append(datetime.fromisoformat(item["at"]))
        return found

    def give_up(self) -> None:
        """Ask no more: whatever still waits for an answer raises StackError."""
        self._over.set()

    def ask(self, method: str, path: str, body: Any, wanted: set[HTTPStatus]) -> Answer:
        """Ask until the answer is one of these. Raises StackError after a while."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self._turns:
                    answer = Caller(self._access)(method, path, body)
            except (requests.RequestException, ValueError) as error:
                answer = Answer(0, repr(error))
            if answer.status in wanted:
                return answer
            if time.monotonic() > deadline:
                raise StackError(f"{method} {path} was answered {answer.status}: {answer.body}")
            if self._over.wait(PAUSE):
                raise StackError("The run was given up.")


def _side_by_side(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(work, items))
