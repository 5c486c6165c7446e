"""`make demo`: the whole system does its main job before the reader's eyes."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from infra.local.caller import Caller, curl
from infra.local.layout import StackError
from infra.local.scenes import Scene, Script
from infra.local.stack import LocalStack

PATIENCE = 60  # seconds for the last notification to end
POLL = 0.1  # seconds

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
        failures = Demo(access).play()
    finally:
        if not (keep or was_up):
            stack.down()
    _tell_the_way(access, stack.layout.stack, up=keep or was_up)
    if failures:
        raise StackError(f"\nNot as it should be: {'; '.join(failures)}")
    print("\nAll of this really happened.")


class Demo:
    """One performance."""

    def __init__(self, access: dict[str, Any]) -> None:
        self.access = access
        self.caller = Caller(access)
        self.inboxes = requests.Session()
        self.inboxes.trust_env = False
        self.targets = {each["id"]: each["name"] for each in self.caller.listed("/targets")}
        self.seen: dict[str, int] = {}
        self.began = time.monotonic()

    def play(self) -> list[str]:
        """Play every scene; returns what went wrong."""
        print(f"\nTargets: {', '.join(self.targets.values())}\n\nWhat happens, as it happens:")
        script = Script(self.caller)
        try:
            scenes = [script.at_once(), script.later(), script.failing(), script.opted_out()]
        except AssertionError as error:
            return [str(error)]
        ended = self._watch([each for scene in scenes for each in scene.notifications])
        return [failure for scene in scenes for failure in self._judge(scene, ended)]

    def _watch(self, notifications: list[Notification]) -> dict[str, Notification]:
        """Print each entry of each timeline once, until every notification has ended."""
        waiting = {each["id"] for each in notifications}
        ended: dict[str, Notification] = {}
        deadline = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < deadline:
            for notification_id in sorted(waiting):
                found = self.caller("GET", f"/notifications/{notification_id}").body
                self._print_news(found)
                ended[notification_id] = found
                if found["next_attempt"] is None and found["status"] != "SENDING":
                    waiting.remove(notification_id)
            time.sleep(POLL)
        return ended

    def _print_news(self, notification: Notification) -> None:
        told = self.seen.get(notification["id"], 0)
        for entry in notification["timeline"][told:]:
            clock = time.monotonic() - self.began
            who = f"{self.targets[notification['target']]:6}  {notification['title']:18}"
            print(f"  {clock:6.2f} s  {who}  {entry['event']}  {entry['detail']}".rstrip())
        self.seen[notification["id"]] = len(notification["timeline"])

    def _judge(self, scene: Scene, ended: dict[str, Notification]) -> list[str]:
        """Show what came of a scene; returns what is not as it should be."""
        print(f"\n{scene.title.capitalize()}: should be {scene.expected}")
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
        return [each for each in items if wanted in (None, each["provider_message_id"])]

    def _print_result(
        self, notification: Notification, inbox: list[dict[str, Any]], *, good: bool
    ) -> None:
        mark, target = "ok " if good else "BAD", self.targets[notification["target"]]
        print(f"  {mark} {target:6}  {notification['status']}{_lateness(notification)}")
        for message in inbox:
            words = " | ".join(part.strip() for part in (message["title"], message["body"]) if part)
            print(f"             in the inbox of {message['to']}: {words}")


def _lateness(notification: Notification) -> str:
    """How long after its time the first attempt began."""
    claims = [each["at"] for each in notification["timeline"] if each["event"] == "claimed"]
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
