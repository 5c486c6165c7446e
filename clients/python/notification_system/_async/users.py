"""Opt-outs, settings, export and erasure of users, and background jobs."""

from collections.abc import AsyncIterator, Sequence
from time import monotonic

from notification_system._async.calls import AsyncCalls, listing
from notification_system.decoding import decode
from notification_system.enums import JobState
from notification_system.io_async import sleep
from notification_system.requests import path_of, present
from notification_system.results import ExportPage, Job, Notification, OptOut, Page, UserSettings


class AsyncUsers(AsyncCalls):
    """The methods for users and jobs."""

    async def get_opt_out(self, user: str) -> OptOut:
        """Return a user's opt-outs with their evidence. Raises NotFound if there never were any."""
        return decode(OptOut, await self.request("GET", path_of("/opt-outs/{}", user)))

    async def set_opt_out(
        self,
        user: str,
        *,
        active: bool,
        targets: Sequence[str] | None = None,
        categories: Sequence[str] | None = None,
    ) -> OptOut | Job:
        """Opt a user out (`active`) or in: of everything, or of targets and categories.

        After an opt-out returns an `OptOut`, no further messages are sent. For a user with many
        notifications it returns a `Job` instead: wait for it with `wait_for_job`.

        Raises:
            StillSending: the opt-out is stored, but a provider is slow to respond; repeat the call.
        """
        body = {"active": active, **present({"targets": targets, "categories": categories})}
        stored = await self.request("PUT", path_of("/opt-outs/{}", user), body)
        return decode(Job, stored) if "state" in stored else decode(OptOut, stored)

    async def get_user_settings(self, user: str) -> UserSettings:
        """Return a user's settings. A setting that was never set is None."""
        return decode(UserSettings, await self.request("GET", path_of("/users/{}/settings", user)))

    async def set_user_settings(
        self, user: str, *, locale: str | None, time_zone: str | None
    ) -> UserSettings:
        """Replace a user's settings, and return them; None removes a setting.

        Args:
            user: the user's id.
            locale: a language tag, such as `de-AT`.
            time_zone: a name of the IANA database, such as `Europe/Vienna`.

        Raises:
            BeingErased: the user is being erased.
        """
        body = {"locale": locale, "time_zone": time_zone}
        path = path_of("/users/{}/settings", user)
        return decode(UserSettings, await self.request("PUT", path, body))

    async def export_user(
        self, user: str, *, limit: int = 50, next: str | None = None
    ) -> ExportPage:
        """Return a page of everything that is stored about a user."""
        path = listing(path_of("/users/{}/export", user), limit=limit, after=next)
        return decode(ExportPage, await self.request("GET", path))

    def exported_notifications(self, user: str) -> AsyncIterator[Notification]:
        """Iterate over every notification of a user in full, newest first."""
        return self._pages(lambda after: self._exported_page(user, after))

    async def _exported_page(self, user: str, after: str | None) -> Page[Notification]:
        page = await self.export_user(user, next=after)
        return Page(page.notifications, page.next)

    async def erase_user(self, user: str) -> Job:
        """Erase a user in the background; only counts and keyed hashes remain."""
        return decode(Job, await self.request("DELETE", path_of("/users/{}", user)))

    async def get_job(self, job_id: str) -> Job:
        """Return a background job. Raises NotFound."""
        return decode(Job, await self.request("GET", path_of("/jobs/{}", job_id)))

    async def wait_for_job(
        self,
        job_id: str,
        *,
        timeout: float = 300.0,
        interval: float = 1.0,
    ) -> Job:
        """Wait until a job is done or has failed, and return it. Raises TimeoutError."""
        deadline = monotonic() + timeout
        while True:
            job = await self.get_job(job_id)
            if job.state != JobState.RUNNING:
                return job
            if monotonic() + interval > deadline:
                raise TimeoutError(f"the job {job_id} is still running")
            await sleep(interval)
