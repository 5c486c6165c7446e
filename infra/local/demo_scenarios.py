"""The demo's scenarios: their requests, and the expected results."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from infra.local.caller import Answer, Caller, loopback_session

LATER = timedelta(seconds=8)
FAILURES = 2  # attempts that the simulator refuses


@dataclass
class DemoUsers:
    """The demo's users. Every run has new users, so that the demo can be repeated."""

    run: str = field(default_factory=lambda: uuid4().hex[:6])

    @property
    def number(self) -> str:
        """Seven digits that are derived from the run's id."""
        return f"{int(self.run, 16) % 10**7:07}"

    @property
    def addresses(self) -> dict[str, str]:
        """The three addresses of the first user."""
        return {
            "Email": f"eggs-{self.run}@example.com",
            "Twilio": f"+1555{self.number}",
            "Expo": f"ExponentPushToken[eggs-{self.run}]",
        }

    @property
    def fails_twice(self) -> str:
        """A phone number that the simulator rejects twice (docs/simulator.md)."""
        return f"+159702{self.number[-5:]}"


@dataclass(frozen=True)
class Scenario:
    """Some notifications, and the expected result of each."""

    title: str
    notifications: list[dict[str, Any]]
    expected: str
    check: Callable[[dict[str, Any], list[dict[str, Any]]], bool]


class DemoDriver:
    """Runs the scenarios through the signed API.

    Raises:
        AssertionError: the API answered a request with an unexpected status.
    """

    def __init__(self, caller: Caller, simulator_url: str) -> None:
        self.caller = caller
        self.simulator_url = simulator_url
        self.users = DemoUsers()

    def ask(self, status: int, method: str, path: str, body: Any = None) -> Any:
        """Send a request, and require this status of the answer."""
        answer: Answer = self.caller(method, path, body)
        if answer.status != status:
            raise AssertionError(f"{method} {path} answered {answer.status}: {answer.body}")
        return answer.body

    def register(self, user: str, target: str, address: str) -> None:
        """Register an address."""
        body = {"user": user, "target": target, "target_user_id": address}
        self.ask(201, "POST", "/target-user-records", body)

    def notify(self, user: str, title: str, body: str, **more: Any) -> list[dict[str, Any]]:
        """Create notifications."""
        payload = {"user": user, "title": title, "body": body, **more}
        items: list[dict[str, Any]] = self.ask(201, "POST", "/notifications", payload)["items"]
        return items

    def at_once(self) -> Scenario:
        """Run a scenario of one user, three addresses and one request."""
        user = f"eggs-{self.users.run}"
        for target, address in self.users.addresses.items():
            self.register(user, target, address)
        notifications = self.notify(user, "Good morning", "Your eggs are ready.")
        return Scenario(
            "three addresses, due at once", notifications, "delivered once", delivered_once
        )

    def later(self) -> Scenario:
        """Run a scenario of the same user with a later due time."""
        due = (datetime.now(UTC) + LATER).replace(microsecond=0)
        notifications = self.notify(
            f"eggs-{self.users.run}",
            "Good morning again",
            "Your eggs are cold.",
            targets=["Email"],
            scheduled_delivery=due.isoformat(),
        )
        return Scenario(
            f"due in {LATER.seconds} seconds", notifications, "delivered once", delivered_once
        )

    def failing(self) -> Scenario:
        """Run a scenario of a provider that rejects the first two attempts."""
        user = f"toast-{self.users.run}"
        self.register(user, "Twilio", self.users.fails_twice)
        notifications = self.notify(user, "Toast", "Third time lucky.", retry_time_interval=1)
        return Scenario(
            "fails twice and then succeeds",
            notifications,
            "delivered once, after 2 failures",
            lambda notification, inbox: (
                delivered_once(notification, inbox) and notification["retry_attempts"] == FAILURES
            ),
        )

    def stopped(self) -> Scenario:
        """Run a scenario of a person who replies STOP before the due time."""
        user, number = f"beans-{self.users.run}", f"+1556{self.users.number}"
        self.register(user, "Twilio", number)
        due = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
        notifications = self.notify(user, "Beans", "Back in stock.", scheduled_delivery=due)
        answer = self.provider("/twilio/replies", {"from": number, "body": "STOP"})
        if answer["status"] != HTTPStatus.OK:
            raise AssertionError(f"a reply of STOP was answered {answer}")
        return Scenario(
            "answered STOP in time", notifications, "opted out, nothing sent", never_sent
        )

    def provider(self, path: str, body: Any) -> Any:
        """Let the simulator act as a person who uses the provider."""
        with loopback_session() as session:
            answer = session.post(f"{self.simulator_url}{path}", json=body, timeout=30)
        return answer.json()

    def opted_out(self) -> Scenario:
        """Run a scenario of a user who opts out before the due time."""
        user = f"bacon-{self.users.run}"
        self.register(user, "Email", f"{user}@example.com")
        due = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
        notifications = self.notify(user, "Bacon", "Never mind.", scheduled_delivery=due)
        self.ask(200, "PUT", f"/opt-outs/{user}", {"active": True})
        self.ask(409, "POST", "/notifications", {"user": user, "title": "Bacon", "body": "Now?"})
        return Scenario("opted out in time", notifications, "opted out, nothing sent", never_sent)


def delivered_once(notification: dict[str, Any], inbox: list[dict[str, Any]]) -> bool:
    """Return whether it is DELIVERED and the inbox has one message with the provider's id."""
    message_ids = [
        message["provider_message_id"] for message in inbox if message["title"] or message["body"]
    ]
    wanted = notification["provider_message_id"]
    return notification["status"] == "DELIVERED" and message_ids.count(wanted) == 1


def never_sent(notification: dict[str, Any], inbox: list[dict[str, Any]]) -> bool:
    """Return whether the status is OPTED OUT and the inbox is empty."""
    return notification["status"] == "OPTED OUT" and not inbox
