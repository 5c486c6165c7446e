"""`manage.py import_django_notification_system`."""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from notification_system.django.ancestor import OldDatabase
from notification_system.django.conf import app_settings, user_id
from notification_system.django.connection import operator_client
from notification_system.django.failures import sentence
from notification_system.enums import UndoResult
from notification_system.errors import NotificationSystemError
from notification_system.imports.items import SOURCE, Conversion, Past
from notification_system.imports.report import Report, ReportError, read_undo
from notification_system.imports.rows import NOTIFICATION
from notification_system.imports.run import Importer, target_names


class Command(BaseCommand):
    """Imports the tables of django-notification-system 1.x."""

    help = (
        "Import targets, addresses, opt-outs and notifications from the tables of "
        "django-notification-system 1.x in this database. A repetition changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="the alias of the database"
        )
        parser.add_argument(
            "--profile",
            help="the AWS profile of an operator, who may import (default: this process)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only show counts and problems")
        parser.add_argument(
            "--history", action="store_true", help="also import notifications that have ended"
        )
        parser.add_argument(
            "--without-notifications",
            action="store_true",
            help="import only targets, addresses and opt-outs, while process_notifications goes on",
        )
        parser.add_argument(
            "--past",
            choices=[past.value for past in Past],
            default=Past.SKIP.value,
            help="waiting notifications whose time has passed (default: skip)",
        )
        parser.add_argument(
            "--target",
            action="append",
            default=[],
            metavar="OLD=NEW",
            help="the target of the notification system, by its name in the tables",
        )
        parser.add_argument(
            "--report", type=Path, default=Path("import-report.json"), help="the file of the report"
        )
        parser.add_argument(
            "--undo", type=Path, metavar="REPORT", help="undo the import of a report"
        )

    def handle(self, **options: Any) -> None:
        """Import, or undo an import."""
        try:
            if options["undo"]:
                self._undo(options["undo"], options["profile"])
            else:
                self._import(options)
        except ReportError as error:
            raise CommandError(str(error)) from error
        except NotificationSystemError as error:
            raise CommandError(
                f"{sentence(error)} Run the same command again: what is done stays, and the rest "
                "follows."
            ) from error

    def _import(self, options: dict[str, Any]) -> None:
        try:
            names = target_names(options["target"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        without = [NOTIFICATION] if options["without_notifications"] else []
        source = OldDatabase(options["database"], without)
        if missing := source.missing_tables():
            raise CommandError(
                f"The database {options['database']} has no table {', '.join(missing)}. "
                "Name another with --database, or import a dump: notify import django dump.json"
            )
        conversion = Conversion(
            user_of=_user_of(options["database"]),
            targets={},
            now=datetime.now(UTC),
            past=Past(options["past"]),
            history=options["history"],
            zone=timezone.get_default_timezone(),
        )
        report, total, done = Report(), source.count(), dict[str, int]()

        def progress(model: str, rows: int) -> None:
            done[model] = rows
            self.stderr.write(f"{sum(done.values()):,} of {total:,} rows")

        importer = Importer(
            client=operator_client(options["profile"]),
            read=source.rows,
            conversion=conversion,
            names=names,
            progress=progress,
            dry_run=options["dry_run"],
        )
        try:
            importer.run(report)
        finally:
            if not options["dry_run"]:
                self._write(report, options["report"])
        self._show(report, options)

    def _write(self, report: Report, path: Path) -> None:
        try:
            report.write(path)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error}. Pass --report.") from error

    def _show(self, report: Report, options: dict[str, Any]) -> None:
        for line in report.lines():
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write("Nothing was imported: this was a dry run.")
        else:
            self.stdout.write(f"Report: {options['report']}")

    def _undo(self, path: Path, profile: str | None) -> None:
        results = operator_client(profile).undo_import(SOURCE, read_undo(path))
        counts = [f"{results.count(result):,} {result.replace('_', ' ')}" for result in UndoResult]
        self.stdout.write(f"Undone: {', '.join(counts)}.")


def _user_of(database: str) -> Callable[[str], str | None]:
    """Return the function from the primary key of a user to the user's id in the system."""
    if app_settings().user_id == "pk":
        return lambda key: key
    users = get_user_model()._base_manager.using(database)  # noqa: SLF001 - documented

    @cache
    def user_of(key: str) -> str | None:
        user = users.filter(pk=key).first()
        return None if user is None else user_id(user)

    return user_of
