"""A day of the shop on the local stack: its clock goes ahead, and every hour something is sent.

Everything goes through the public client, the command line, the console's forms and the providers'
simulator, as in a deployment.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

from infra.local import clock
from infra.local.caller import loopback_session
from infra.local.stack import LocalStack
from notification_system import Client
from notification_system.requests import NewNotification, NewRecord
from tests.screenshots.shop import (
    LEAVER,
    OMAR,
    Message,
    customers,
    hard_to_show,
    messages,
)
from tests.screenshots.staff import Staff
from tests.screenshots.texts import Texts

#: The day ends at this hour in UTC.
END = 14
HOURS = 24
#: Seconds until all attempts of an hour have been made.
PATIENCE = 20
#: How long the notifications of the paused target wait at the end of the day.
WAIT = timedelta(minutes=6)
UNDER_WAY = frozenset({"SCHEDULED", "SENDING", "RETRY"})


class Day:
    """Plays the day.

    Args:
        stack: a new local stack that is up.
    """

    def __init__(self, stack: LocalStack) -> None:
        self.stack, self.access = stack, stack.access()
        self.client = Client.local(stack.layout.stack)
        self.staff = Staff(self.access)
        self.sent: dict[str, str] = {}  #: the id of the latest notification by its user

    def play(self) -> datetime:
        """Play the day; return the time at its end."""
        end = (datetime.now(UTC) + timedelta(hours=HOURS + 1)).replace(minute=20, second=0)
        end += timedelta(hours=(END - end.hour) % 24)
        with Texts(self.stack.layout.stack) as texts:
            self._go_to(end - timedelta(hours=HOURS))
            texts.publish()
            self._register()
            happenings = {
                4: texts.change,
                7: self._reply_stop,
                11: self._unsubscribe,
                15: self._help,
                19: lambda: self.staff.erase(LEAVER),
                21: self._retry,
            }
            for hour in range(HOURS + 1):
                moment = end - timedelta(hours=HOURS - hour)
                self._go_to(moment)
                self._send(messages(moment.hour))
                happenings.get(hour, lambda: None)()
        self._send(hard_to_show())
        self._plan(end)
        self._pause()
        self._create(messages(END))
        end += WAIT
        self._go_to(end)
        return end

    def _go_to(self, moment: datetime) -> None:
        clock.move(self.stack, moment - datetime.now(UTC))

    def _register(self) -> None:
        """Register the customers and their settings."""
        records: list[NewRecord] = [
            {"user": customer.user, "target": target, "target_user_id": address}
            for customer in customers()
            for target, address in customer.addresses
        ]
        self.client.add_records(records)
        for customer in customers():
            self.client.set_user_settings(
                customer.user, locale=customer.locale, time_zone=customer.time_zone
            )

    def _send(self, wanted: list[Message]) -> None:
        """Send, and wait until all attempts have been made, so that none is late."""
        waiting = self._create(wanted)
        deadline = monotonic() + PATIENCE
        while waiting and monotonic() < deadline:
            waiting = {one for one in waiting if self._is_under_way(one)}
            sleep(0.2)

    def _create(self, wanted: list[Message]) -> set[str]:
        """Create notifications; return their ids."""
        items: list[NewNotification] = [
            {
                "user": message.user,
                "targets": message.targets,
                "category": message.category,
                "reference": message.reference,
                "retry_time_interval": 1,  # seconds, so that all attempts are made at once
                **message.content,  # type: ignore[typeddict-item]
            }
            for message in wanted
        ]
        created = set()
        for message, result in zip(wanted, self.client.send_many(items), strict=True):
            for summary in result.notifications:
                self.sent[message.user] = summary.id
                created.add(summary.id)
        return created

    def _is_under_way(self, notification: str) -> bool:
        return self.client.get_notification(notification).status in UNDER_WAY

    def _reply_stop(self) -> None:
        """Let a customer reply STOP, and START an hour later; and let another one reply STOP."""
        for number in ("+15555550006", "+15555550011"):
            self._simulate("POST", "/twilio/replies", {"from": number, "body": "STOP"})
        self._simulate("POST", "/twilio/replies", {"from": "+15555550006", "body": "START"})

    def _unsubscribe(self) -> None:
        """Let a customer use the link in an e-mail."""
        [sent] = self.client.send(
            user=OMAR,
            targets=["Email"],
            category="newsletter",
            title="New in the shop",
            body="<p>Six new teas.</p>",
        )
        self.client.wait(sent.id)
        address = dict(next(one for one in customers() if one.user == OMAR).addresses)["Email"]
        [mail, *_] = self._simulate("GET", f"/inbox?to={address}")["items"]
        link = mail["extra"]["headers"]["List-Unsubscribe"].strip("<>")
        with loopback_session() as session:
            session.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=30)

    def _help(self) -> None:
        """Let the staff help customers who call."""
        self.staff.show_contents(self.sent[OMAR], "The customer says that the text was cut off")
        self.staff.opt_out("customer-1010", "Called us: no more advertising", "newsletter")
        self.staff.opt_out("customer-1012", "Wrote to us on paper")
        self.client.set_opt_out("customer-1015", active=True, targets=["Twilio"])

    def _retry(self) -> None:
        self.staff.count_failures("yes")
        self.staff.count_failures("")

    def _pause(self) -> None:
        [expo] = [target for target in self.client.targets() if target.name == "Expo"]
        self.staff.pause(expo.id, "The push certificate is being renewed")

    def _plan(self, end: datetime) -> None:
        """Schedule reminders for later, and cancel one of them."""
        for place, customer in enumerate(customers()[:4]):
            [sent] = self.client.send(
                user=customer.user,
                targets=["Email"],
                category="delivery",
                reference=f"order A-{1900 + place}",
                title="Your parcel arrives today",
                body="<p>Your parcel arrives between 18:00 and 20:00.</p>",
                scheduled_delivery=end + timedelta(hours=3 + place),
            )
        self.staff.cancel(sent.id, "The parcel was sent back")

    def _simulate(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the providers' simulator."""
        with loopback_session() as session:
            url = f"{self.access['simulator_url']}{path}"
            return session.request(method, url, json=body, timeout=30).json()
