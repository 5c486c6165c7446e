"""What the shop's staff does in the console, through its forms."""

from collections.abc import Mapping
from typing import Any

import httpx

from tests.system.console_browser import Browser


class Staff:
    """The people who use the console, one for each role.

    Args:
        access: the content of the stack's stack.json.
    """

    def __init__(self, access: Mapping[str, Any]) -> None:
        self._access = access

    def _sign_in(self, role: str) -> Browser:
        """Sign in. A session ends after twelve hours of the local clock, so each use has one."""
        browser = Browser(self._access["console_url"])
        browser.sign_in(f"{role}@example.com", self._access["console_password"])
        return browser

    def show_contents(self, notification: str, reason: str) -> None:
        """See the address and the content of a notification."""
        self._submit("admin", f"/notifications/{notification}", "/unmask", reason=reason)

    def opt_out(self, user: str, reason: str, category: str = "") -> None:
        """Opt a user out of a category, or of everything."""
        fields = {"active": "true", "category": category, "reason": reason}
        self._submit("operator", f"/user?id={user}", "/opt-out", **fields)

    def cancel(self, notification: str, reason: str) -> None:
        """Cancel a notification."""
        self._submit("operator", f"/notifications/{notification}", "/cancel", reason=reason)

    def retry(self, notification: str) -> None:
        """Retry a notification."""
        self._submit("support", f"/notifications/{notification}", "/retry", reason="asked by phone")

    def pause(self, target: str, reason: str) -> None:
        """Pause a target."""
        self._submit("operator", "/targets", f"/{target}/pause", reason=reason)

    def erase(self, user: str) -> None:
        """Erase a user."""
        fields = {"confirmation": user, "reason": "a request under Article 17"}
        self._submit("admin", f"/user?id={user}", "/erase", **fields)

    def count_failures(self, dry_run: str) -> None:
        """Start the retry of the first group of failures, or only count it."""
        browser = self._sign_in("operator")
        page = browser.get("/failed?hours=24")
        fields = {"dry_run": dry_run} if dry_run else {}
        _check(
            browser.submit(
                page, "/failed/retry", follow=True, **fields, reason="repaired by the carrier"
            )
        )

    def _submit(self, role: str, page: str, action: str, **fields: str) -> None:
        browser = self._sign_in(role)
        _check(browser.submit(browser.get(page), action, follow=True, **fields))


def _check(answer: httpx.Response) -> None:
    """Require that the console did it."""
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{answer.url} answered {answer.status_code}: {answer.text}")
