"""`manage.py sync_notification_addresses`."""

from argparse import ArgumentParser
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from notification_system.django.addresses import Result, Wanted, synchronise, wanted_of
from notification_system.django.conf import app_settings
from notification_system.django.connection import client
from notification_system.django.failures import explained
from notification_system.errors import NotificationSystemError


class Command(BaseCommand):
    """Makes the addresses of all users those of the user model."""

    help = (
        "Register the addresses of all users as NOTIFICATION_SYSTEM['ADDRESSES'] describes them. "
        "A repetition changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("users", nargs="*", help="primary keys; by default all users")
        parser.add_argument("--dry-run", action="store_true", help="only count what would change")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="the alias of the database"
        )
        parser.add_argument(
            "--workers", type=int, default=4, help="requests at the same time (default: 4)"
        )

    def handle(self, **options: Any) -> None:
        """Synchronise, and print the counts."""
        if not app_settings().addresses:
            raise CommandError("NOTIFICATION_SYSTEM has no ADDRESSES. Add: {'Email': 'email'}")
        manager = get_user_model()._base_manager.using(options["database"])  # noqa: SLF001
        users = manager.order_by("pk")
        if options["users"]:
            users = users.filter(pk__in=options["users"])
        total, done = users.count(), 0
        counts: Counter[str] = Counter()
        try:
            # Closed, because an open cursor outlives the connection after an error.
            with closing(users.iterator(chunk_size=500)) as rows:
                wanted = self._wanted(rows, counts)
                for result in self._results(wanted, options["workers"], dry_run=options["dry_run"]):
                    done += 1
                    self._count(counts, result)
                    if done % 100 == 0 or done == total:
                        self.stderr.write(f"{done:,} of {total:,} users")
        except NotificationSystemError as error:
            raise CommandError(
                f"Stopped after {_counted(done, 'user')}: {explained(error)} Repeat the command."
            ) from error
        verb = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{_counted(done, 'user')}: {_counted(counts['added'], 'address', 'es')} {verb}added, "
            f"{counts['switched_off']:,} {verb}switched off, {counts['switched_on']:,} {verb}"
            f"switched on again; settings of {_counted(counts['settings'], 'user')} "
            f"{verb}changed; {_counted(counts['problems'], 'problem')}."
        )
        if counts["problems"]:
            # So that a nightly run fails visibly.
            raise CommandError(
                f"{_counted(counts['problems'], 'problem')} (see above). Correct the users or the "
                "setting ADDRESSES, and repeat the command."
            )

    def _wanted(self, users: Iterable[Any], counts: Counter[str]) -> Iterator[Wanted]:
        for user in users:
            try:
                yield wanted_of(user)
            except ValueError as error:  # the user has no id in the system
                counts["problems"] += 1
                self.stderr.write(str(error))

    def _results(
        self, wanted: Iterable[Wanted], workers: int, *, dry_run: bool
    ) -> Iterator[Result]:
        """Yield the results in order, reading a few users ahead of the requests."""
        api = client()
        waiting: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            for user in wanted:
                waiting.append(pool.submit(synchronise, api, user, dry_run=dry_run))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _count(self, counts: Counter[str], result: Result) -> None:
        counts["added"] += len(result.added)
        counts["switched_off"] += len(result.switched_off)
        counts["switched_on"] += len(result.switched_on)
        counts["settings"] += result.settings_changed
        counts["problems"] += len(result.problems)
        for problem in result.problems:
            self.stderr.write(problem)


def _counted(count: int, noun: str, plural: str = "s") -> str:
    """Return a number with its noun, such as `1 problem` and `2,000 problems`."""
    return f"{count:,} {noun}{'' if count == 1 else plural}"
