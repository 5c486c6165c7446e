"""`make demo`: the whole system does its main job before the reader's eyes."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local import clock
from infra.local.caller import Caller, curl, loopback_session
from infra.local.demo_scenarios import Scene, Script
from infra.local.layout import StackError
from infra.local.stack import LocalStack

PATIENCE = 60  # seconds for the last notification to end
POLL = 0.1  # seconds
RECEIPTS = timedelta(minutes=16)  # Expo has receipts after 15

Notification = dict[str, Any]


def main(stack: LocalStack, *, keep: bool) -> None:
    """Bring the stack up, play the scenes, show what came of them.

    A stack that was up before is left up.

    Raises:
        StackError: something did not happen as it should.
    """
    was_up = stack.is_up()
    access = stack.up()
    try:
        failures = Demo(stack, access).play()
    finally:
        if not (keep or was_up):
            stack.down()
    _tell_the_way(access, stack.layout.stack, up=keep or was_up)
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

    def play(self) -> list[str]:
        """Play every scene; returns what went wrong."""
        print(f"\nTargets: {', '.join(self.targets.values())}\n\nWhat happens, as it happens:")
        script = Script(self.caller, self.access["simulator_url"])
        try:
            scenes = [
                script.at_once(),
                script.later(),
                script.failing(),
                script.opted_out(),
                script.stopped(),
            ]
        except AssertionError as error:
            return [str(error)]
        ended = self._watch(
            [notification for scene in scenes for notification in scene.notifications]
        )
        later = [
            notification
            for notification in ended.values()
            if self._has_its_receipt_later(notification)
        ]
        ended |= self._in_a_while(later)
        return [failure for scene in scenes for failure in self._judge(scene, ended)]

    def _watch(
        self,
        notifications: list[Notification],
        *,
        for_receipts: bool = False,
    ) -> dict[str, Notification]:
        """Print each entry of each timeline once, until every notification has come so far."""
        waiting = {notification["id"] for notification in notifications}
        ended: dict[str, Notification] = {}
        deadline = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < deadline:
            for notification_id in sorted(waiting):
                notification = self.caller("GET", f"/notifications/{notification_id}").body
                self._print_news(notification)
                ended[notification_id] = notification
                if _is_over(notification) or (
                    self._has_its_receipt_later(notification) and not for_receipts
                ):
                    waiting.remove(notification_id)
            time.sleep(POLL)
        return ended

    def _has_its_receipt_later(self, notification: Notification) -> bool:
        """Whether it was sent by Expo, which does not call: it is asked for receipts later."""
        awaited: bool = notification["confirmation"] == "awaited"
        return awaited and self.targets[notification["target"]] == "Expo"

    def _in_a_while(self, sent: list[Notification]) -> dict[str, Notification]:
        """Expo has its receipts a quarter of an hour later: move the clock and see."""
        if not sent:
            return {}
        before = self.stack.clock_offset()
        print(
            f"\nExpo has accepted and says later what came of it; so the clock moves"
            f" {RECEIPTS.seconds // 60} minutes:"
        )
        clock.move(self.stack, before + RECEIPTS)
        try:
            return self._watch(sent, for_receipts=True)
        finally:
            clock.move(self.stack, before)

    def _print_news(self, notification: Notification) -> None:
        printed = self.seen.get(notification["id"], 0)
        for entry in notification["timeline"][printed:]:
            clock = time.monotonic() - self.began
            who = f"{self.targets[notification['target']]:6}  {notification['title']:18}"
            print(f"  {clock:6.2f} s  {who}  {entry['event']}  {entry['detail']}".rstrip())
        self.seen[notification["id"]] = len(notification["timeline"])

    def _judge(self, scene: Scene, ended: dict[str, Notification]) -> list[str]:
        """Show what came of a scene; returns what is not as it should be."""
        print(f"\n{scene.title[0].upper()}{scene.title[1:]}: should be {scene.expected}")
        failures = []
        for asked in scene.notifications:
            notification = ended[asked["id"]]
            inbox = self._inbox(notification)
            good = scene.check(notification, inbox)
            self._print_result(notification, inbox, good=good)
            if not good:
                failures.append(f"{scene.title} ({notification['status']})")
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


def _tell_the_way(access: dict[str, Any], file: Path, *, up: bool) -> None:
    print("\nWhere to go on")
    if not up:
        print("  make demo KEEP=1, or make up, leaves the stack running; then:")
    print(f"  inbox   {access['simulator_url']}/  (a page; /inbox for JSON)")
    print(f"  API     {access['api_url']}\n  key     {file}")
    address = {"user": "you", "target": "Email", "target_user_id": "you@example.com"}
    print(f"\n  {curl(access, 'POST', '/target-user-records', address)}\n")
    message = {"user": "you", "title": "Hello", "body": "It works."}
    print(f"  {curl(access, 'POST', '/notifications', message)}")
