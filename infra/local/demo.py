"""`make demo`: sends notifications through the whole system and shows the results."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local import clock
from infra.local.caller import Caller, curl, loopback_session
from infra.local.console_users import describe_console
from infra.local.demo_scenarios import DemoDriver, Scenario
from infra.local.layout import StackError
from infra.local.stack import LocalStack

TIMEOUT = 60  # seconds until the last notification is final
POLL = 0.1  # seconds
RECEIPT_DELAY = timedelta(minutes=16)  # Expo provides receipts after 15 minutes

Notification = dict[str, Any]


def main(stack: LocalStack, *, keep: bool) -> None:
    """Start the stack, run the scenarios and print their results.

    A stack that was already running keeps running.

    Raises:
        StackError: a scenario did not end as expected.
    """
    was_up = stack.is_up()
    try:
        access = stack.up()
        failures = Demo(stack, access).run()
    finally:
        if not (keep or was_up):
            stack.down()
    _print_next_steps(access, stack.layout.stack, up=keep or was_up)
    if failures:
        raise StackError(f"\nUnexpected results: {'; '.join(failures)}")
    print("\nEvery scenario ended as expected.")


class Demo:
    """One run of the demo."""

    def __init__(self, stack: LocalStack, access: dict[str, Any]) -> None:
        self.stack = stack
        self.access = access
        self.caller = Caller(access)
        self.inboxes = loopback_session()
        self.targets = {target["id"]: target["name"] for target in self.caller.listed("/targets")}
        self.seen: dict[str, int] = {}
        self.began = time.monotonic()

    def run(self) -> list[str]:
        """Run every scenario; return the failures."""
        print(f"\nTargets: {', '.join(self.targets.values())}\n\nTimelines, as they are written:")
        driver = DemoDriver(self.caller, self.access["simulator_url"])
        try:
            scenarios = [
                driver.at_once(),
                driver.later(),
                driver.failing(),
                driver.opted_out(),
                driver.stopped(),
            ]
        except AssertionError as error:
            return [str(error)]
        ended = self._watch(
            [notification for scenario in scenarios for notification in scenario.notifications]
        )
        later = [
            notification for notification in ended.values() if self._awaits_receipt(notification)
        ]
        ended |= self._watch_for_receipts(later)
        return [failure for scenario in scenarios for failure in self._check(scenario, ended)]

    def _watch(
        self,
        notifications: list[Notification],
        *,
        for_receipts: bool = False,
    ) -> dict[str, Notification]:
        """Print each new timeline event until every notification is final."""
        waiting = {notification["id"] for notification in notifications}
        ended: dict[str, Notification] = {}
        deadline = time.monotonic() + TIMEOUT
        while waiting and time.monotonic() < deadline:
            for notification_id in sorted(waiting):
                notification = self.caller("GET", f"/notifications/{notification_id}").body
                self._print_new_events(notification)
                ended[notification_id] = notification
                if _is_over(notification) or (
                    self._awaits_receipt(notification) and not for_receipts
                ):
                    waiting.remove(notification_id)
            time.sleep(POLL)
        return ended

    def _awaits_receipt(self, notification: Notification) -> bool:
        """Return whether Expo has sent it, which does not call back but is polled for receipts."""
        awaited: bool = notification["confirmation"] == "awaited"
        return awaited and self.targets[notification["target"]] == "Expo"

    def _watch_for_receipts(self, sent: list[Notification]) -> dict[str, Notification]:
        """Move the clock to the time of Expo's receipts, and watch again."""
        if not sent:
            return {}
        before = self.stack.clock_offset()
        print(
            f"\nExpo has accepted the messages and provides receipts later, so the clock moves"
            f" {RECEIPT_DELAY.seconds // 60} minutes:"
        )
        clock.move(self.stack, before + RECEIPT_DELAY)
        try:
            return self._watch(sent, for_receipts=True)
        finally:
            clock.move(self.stack, before)

    def _print_new_events(self, notification: Notification) -> None:
        printed = self.seen.get(notification["id"], 0)
        for entry in notification["timeline"][printed:]:
            clock = time.monotonic() - self.began
            who = f"{self.targets[notification['target']]:6}  {notification['title']:18}"
            print(f"  {clock:6.2f} s  {who}  {entry['event']}  {entry['detail']}".rstrip())
        self.seen[notification["id"]] = len(notification["timeline"])

    def _check(self, scenario: Scenario, ended: dict[str, Notification]) -> list[str]:
        """Print the result of a scenario; return its failures."""
        print(f"\n{scenario.title[0].upper()}{scenario.title[1:]}: expected {scenario.expected}")
        failures = []
        for asked in scenario.notifications:
            notification = ended[asked["id"]]
            inbox = self._inbox(notification)
            good = scenario.check(notification, inbox)
            self._print_result(notification, inbox, good=good)
            if not good:
                failures.append(f"{scenario.title} ({notification['status']})")
        return failures

    def _inbox(self, notification: Notification) -> list[dict[str, Any]]:
        path = f"/target-user-records/{notification['target_user_record']}"
        address = self.caller("GET", path).body["target_user_id"]
        url = f"{self.access['simulator_url']}/inbox"
        answer = self.inboxes.get(url, params={"to": address}, timeout=10)
        wanted = notification["provider_message_id"]
        items: list[dict[str, Any]] = answer.json()["items"]
        return [message for message in items if wanted in (None, message["provider_message_id"])]

    def _print_result(
        self, notification: Notification, inbox: list[dict[str, Any]], *, good: bool
    ) -> None:
        mark, target = "ok " if good else "BAD", self.targets[notification["target"]]
        print(f"  {mark} {target:6}  {notification['status']}{_lateness(notification)}")
        for message in inbox:
            words = " | ".join(part.strip() for part in (message["title"], message["body"]) if part)
            print(f"             in the inbox of {message['to']}: {words}")


def _is_over(notification: Notification) -> bool:
    return notification["status"] not in {"SCHEDULED", "SENDING", "RETRY", "SENT"}


def _lateness(notification: Notification) -> str:
    """Return how long after its scheduled time the first attempt began."""
    claims = [event["at"] for event in notification["timeline"] if event["event"] == "claimed"]
    if not claims:
        return ""
    asked = datetime.fromisoformat(notification["scheduled_delivery"])
    late = (datetime.fromisoformat(claims[0]) - asked).total_seconds() * 1000
    return f", {late:.0f} ms after the scheduled time"


def _print_next_steps(access: dict[str, Any], file: Path, *, up: bool) -> None:
    print("\nNext steps")
    if not up:
        print("  make demo KEEP=1, or make up, keeps the stack running; then:")
    print(f"  inbox   {access['simulator_url']}/  (a page; /inbox for JSON)")
    print(f"  API     {access['api_url']}\n  key     {file}")
    print("\n".join(f"  {line}" for line in describe_console(access)))
    address = {"user": "you", "target": "Email", "target_user_id": "you@example.com"}
    print(f"\n  {curl(access, 'POST', '/target-user-records', address)}\n")
    message = {"user": "you", "title": "Hello", "body": "It works."}
    print(f"  {curl(access, 'POST', '/notifications', message)}")
