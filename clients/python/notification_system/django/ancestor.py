"""The tables of django-notification-system 1.x, read without that package.

The package does not run on every Django that this app supports. Its models are therefore declared
here again, in a registry of their own, so that they are in no migration.
"""

import json
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.contrib.auth import get_user_model
from django.db import connections, models

from notification_system.imports import rows
from notification_system.imports.rows import Row


class _Meta:
    apps = Apps()
    app_label = rows.APP
    managed = False


class _LenientJSON(models.JSONField):
    """JSON, or the text as it is stored if it is not valid JSON."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        try:
            return super().from_db_value(value, expression, connection)
        except json.JSONDecodeError:
            return value


class _LenientKey(models.TextField):
    """A UUID as text, as a dump has it, or the text as it is stored if it is not a UUID."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:  # noqa: ARG002
        try:
            return value if value is None else str(UUID(str(value)))
        except ValueError:
            return value


class _Dated(models.Model):
    id = _LenientKey(primary_key=True)
    created_date = models.DateTimeField()
    modified_date = models.DateTimeField()

    class Meta(_Meta):
        abstract = True


class OldTarget(_Dated):
    """A NotificationTarget."""

    name = models.TextField()
    notification_module_name = models.TextField()

    class Meta(_Meta):
        """The table of the package."""

        db_table = "notification_system_target"


class OldNotification(_Dated):
    """A Notification."""

    target_user_record = _LenientKey(db_column="target_user_record_id")
    title = models.TextField()
    body = models.TextField()
    extra = _LenientJSON(null=True)
    status = models.TextField()
    scheduled_delivery = models.DateTimeField()
    attempted_delivery = models.DateTimeField(null=True)
    retry_time_interval = models.IntegerField()
    retry_attempts = models.IntegerField()
    max_retries = models.IntegerField()

    class Meta(_Meta):
        """The table of the package."""

        db_table = "notification_system_notification"


def _models() -> dict[str, type[models.Model]]:
    """Return the models by their names in a dump; the type of a user's key is known only now."""
    key = get_user_model()._meta.pk  # noqa: SLF001 - documented
    kind = models.UUIDField if isinstance(key, models.UUIDField) else models.TextField
    registry = Apps()

    def of(name: str, table: str, **fields: models.Field) -> type[models.Model]:
        meta = type(
            "Meta",
            (),
            {"apps": registry, "app_label": rows.APP, "managed": False, "db_table": table},
        )
        return type(name, (_Dated,), {"__module__": __name__, "Meta": meta, **fields})

    return {
        rows.TARGET: OldTarget,
        rows.RECORD: of(
            "OldRecord",
            "notification_system_target_user_record",
            user=kind(db_column="user_id"),
            target=_LenientKey(db_column="target_id"),
            target_user_id=models.TextField(),
            description=models.TextField(),
            active=models.BooleanField(),
        ),
        rows.OPT_OUT: of(
            "OldOptOut",
            "notification_system_opt_out",
            user=kind(db_column="user_id"),
            active=models.BooleanField(),
        ),
        rows.NOTIFICATION: OldNotification,
    }


class OldDatabase:
    """The rows of a database with the tables of the package.

    Args:
        database: the alias of the database.
        without: names of models whose rows are left out.
    """

    def __init__(self, database: str, without: Collection[str] = ()) -> None:
        self._database = database
        self._models = {name: kind for name, kind in _models().items() if name not in without}

    def missing_tables(self) -> list[str]:
        """Return the tables that the database does not have."""
        existing = set(connections[self._database].introspection.table_names())
        tables = [kind._meta.db_table for kind in self._models.values()]  # noqa: SLF001
        return [table for table in tables if table not in existing]

    def count(self) -> int:
        """Return the number of rows."""
        return sum(self._objects(kind).count() for kind in self._models.values())

    def rows(self, model: str) -> Iterator[Row]:
        """Yield the rows of a model; none of one that is left out."""
        kind = self._models.get(model)
        if kind is None:
            return
        for obj in self._objects(kind).iterator(chunk_size=2000):
            values = {
                field.name: getattr(obj, field.attname)
                for field in kind._meta.concrete_fields  # noqa: SLF001 - documented
                if not field.primary_key
            }
            yield Row(model, str(obj.pk), {key: _plain(value) for key, value in values.items()})

    def _objects(self, kind: Any) -> Any:
        return kind._base_manager.using(self._database)  # noqa: SLF001 - documented


def _plain(value: Any) -> Any:
    """Return a UUID as text, as a dump has it."""
    return str(value) if isinstance(value, UUID) else value
