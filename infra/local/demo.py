"""`make demo`: the whole system does its main job before the reader's eyes."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local import clock
from infra.local.caller import Caller, curl, loopback_session
from infra.local.demo_scenarios import DemoDriver, Scenario
from infra.local.layout import StackError
from infra.local.stack import LocalStack

TIMEOUT = 60  # seconds for the last notification to end
POLL = 0.1  # seconds
RECEIPT_DELAY = timedelta(minutes=16)  # Expo has receipts after 15

Notification = dict[str, Any]


def main(stack: LocalStack, *, keep: bool) -> None:
    """Bring the stack up, run the scenarios, show what came of them.

    A stack that was up before is left up.

    Raises:
        StackError: something did not happen as it should.
    """
    was_up = stack.is_up()
    access = stack.up()
    try:
        failures = Demo(stack, access).run()
    finally:
        if not (keep or was_up):
            stack.down()
    _print_next_steps(access, stack.layout.stack, up=keep or was_up)
    if failures:
        raise StackError(f"\nNot as it should be: {'; '.join(failures)}")
    print("\nAll of this really happened.")


class Demo:
    """One performance."""

    def __init__(self, stack: LocalStack, access: dict[str, Any]) -> None:
        self.stack = stack
        self.access = access
        self.caller = Caller(access)
        self.inboxes = loopback_session()
        self.targets = {target["id"]: target["name"] for target in self.caller.listed("/targets")}
        self.seen: dict[str, int] = {}
        self.began = time.monotonic()

    def run(self) -> list[str]:
        """Play every scenario; returns what went wrong."""
        print(f"\nTargets: {', '.join(self.targets.values())}\n\nWhat happens, as it happens:")
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
        """Print each entry of each timeline once, until every notification has come so far."""
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
        """Whether it was sent by Expo, which does not call: it is asked for receipts later."""
        awaited: bool = notification["confirmation"] == "awaited"
        return awaited and self.targets[notification["target"]] == "Expo"

    def _watch_for_receipts(self, sent: list[Notification]) -> dict[str, Notification]:
        """Expo has its receipts a quarter of an hour later: move the clock and see."""
        if not sent:
            return {}
        before = self.stack.clock_offset()
        print(
            f"\nExpo has accepted and says later what came of it; so the clock moves"
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
        """Show what came of a scenario; returns what is not as it should be."""
        print(f"\n{scenario.title[0].upper()}{scenario.title[1:]}: should be {scenario.expected}")
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
    """How long after its time the first attempt began."""
    claims = [event["at"] for event in notification["timeline"] if event["event"] == "claimed"]
    if not claims:
        return ""
    asked = datetime.fromisoformat(notification["scheduled_delivery"])
    late = (datetime.fromisoformat(claims[0]) - asked).total_seconds() * 1000
    return f", {late:.0f} ms after the asked moment"


def _print_next_steps(access: dict[str, Any], file: Path, *, up: bool) -> None:
    print("\nWhere to go on")
    if not up:
        print("  make demo KEEP=1, or make up, leaves the stack running; then:")
    print(f"  inbox   {access['simulator_url']}/  (a page; /inbox for JSON)")
    print(f"  API     {access['api_url']}\n  key     {file}")
    address = {"user": "you", "target": "Email", "target_user_id": "you@example.com"}
    print(f"\n  {curl(access, 'POST', '/target-user-records', address)}\n")
    message = {"user": "you", "title": "Hello", "body": "It works."}
    print(f"  {curl(access, 'POST', '/notifications', message)}")
