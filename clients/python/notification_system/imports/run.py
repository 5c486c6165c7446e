"""The import of an installation of django-notification-system, from any source of its rows."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from notification_system._sync.client import Client
from notification_system.enums import ImportResult
from notification_system.errors import SendInterrupted, UnknownModule
from notification_system.imports.items import SOURCE, WAITING, Conversion, Item, Left
from notification_system.imports.report import Report
from notification_system.imports.results import ImportedItem
from notification_system.imports.rows import NOTIFICATION, OPT_OUT, RECORD, TARGET, Row
from notification_system.results import Target

#: Items of one request.
BATCH = 100


#: Takes a model and the number of its rows that have a result.
Progress = Callable[[str, int], None]


def target_names(pairs: Iterable[str]) -> dict[str, str]:
    """Return the names of targets from texts `OLD=NEW`. Raises ValueError."""
    names: dict[str, str] = {}
    for pair in pairs:
        old, _, new = pair.partition("=")
        if not (old and new):
            raise ValueError(f"--target {pair} must be OLD=NEW.")
        names[old] = new
    return names


@dataclass(frozen=True, kw_only=True)
class Importer:
    """Imports rows in the order in which they depend on each other.

    Opt-outs come first, so that a user who has opted out is refused from the first moment on.

    Args:
        client: of the system.
        read: returns the rows of a model.
        conversion: turns rows into items; its targets and records are filled in.
        names: the system's target by the ancestor's name of the target.
        progress: is told after each request.
        dry_run: whether nothing is stored.
    """

    client: Client
    read: Callable[[str], Iterator[Row]]
    conversion: Conversion
    names: Mapping[str, str]
    progress: Progress
    dry_run: bool = False

    def run(self, report: Report) -> None:
        """Import everything, and add each row to the report.

        Raises:
            NotificationSystemError: the API could not be reached, or rejects the caller. The report
                has the rows so far, and the import can be repeated.
        """
        conversion = replace(self.conversion, targets=self._targets(report))
        opted_out = self._import(report, conversion.item, OPT_OUT)
        records = self._import(report, conversion.item, RECORD)
        held_back = self._held_back(conversion, set(opted_out.values())) if self.dry_run else {}
        conversion = replace(conversion, records=records)
        self._import(report, partial(_item, conversion, held_back), NOTIFICATION)

    def _held_back(self, conversion: Conversion, opted_out: Collection[str]) -> dict[str, str]:
        """Return why the waiting notifications of records would be skipped, by the record's key.

        A dry run stores neither records nor opt-outs, so the API cannot tell.
        """
        reasons: dict[str, str] = {}
        for row in self.read(RECORD):
            item = conversion.item(row)
            if isinstance(item, Item) and item.fields["user"] in opted_out:
                reasons[row.key] = "is of a user who has opted out"
            elif isinstance(item, Item) and not item.fields["active"]:
                reasons[row.key] = "is not active"
        return reasons

    def _targets(self, report: Report) -> dict[str, str]:
        """Return the system's target by the ancestor's key, and add the missing targets."""
        stored = list(self.client.targets())
        targets: dict[str, str] = {}
        for row in self.read(TARGET):
            name = str(row.fields.get("name"))
            module = str(row.fields.get("notification_module_name"))
            found = self._find(stored, name, module)
            result = ImportResult.UNCHANGED
            if found is None and name in self.names:
                reason = f"there is no target {self.names[name]!r}, which --target names"
                report.add_left(Left(row, "name", reason))
                continue
            if found is None and not self.dry_run:
                try:
                    found = self.client.add_target(name=name, notification_module_name=module).id
                except UnknownModule:
                    found = None
                else:
                    result = ImportResult.IMPORTED
            if found is None:
                reason = f"no handler named {module!r} is deployed; deploy it, or pass --target"
                report.add_left(Left(row, "notification_module_name", f"{reason} {name}=NAME"))
                continue
            targets[row.key] = found
            report.count(row.model, result)
        return targets

    def _find(self, stored: Iterable[Target], name: str, module: str) -> str | None:
        """Return the id of the target with a given or the same name, or else the same module."""
        wanted = self.names.get(name, name)
        for target in stored:
            if target.name == wanted:
                return target.id
        same = [target.id for target in stored if target.notification_module_name == module]
        return same[0] if same and name not in self.names else None

    def _import(
        self, report: Report, convert: Callable[[Row], Item | Left], model: str
    ) -> dict[str, str]:
        """Import the rows of a model; return the system's id by the ancestor's key."""
        ids: dict[str, str] = {}
        converted = map(convert, self.read(model))
        while chunk := list(islice(converted, BATCH)):
            items = [item for item in chunk if isinstance(item, Item)]
            for left in chunk:
                if isinstance(left, Left):
                    report.add_left(left)
            for item, imported in zip(items, self._send(items), strict=True):
                report.add(item, imported)
                if imported.id is not None:
                    ids[item.row.key] = imported.id
            self.progress(model, report.read(model))
        return ids

    def _send(self, items: list[Item]) -> list[ImportedItem]:
        if not items:
            return []
        try:
            return self.client.import_batch(
                SOURCE, [item.fields for item in items], dry_run=self.dry_run
            )
        except SendInterrupted as error:
            # A repetition imports the items of this request that have been imported again.
            raise error.__cause__ or error from None


def _item(conversion: Conversion, held_back: Mapping[str, str], row: Row) -> Item | Left:
    """Return the item of a notification, unless its record holds it back."""
    item = conversion.item(row)
    reason = held_back.get(str(row.fields.get("target_user_record")))
    if reason and isinstance(item, Item) and item.fields["status"] in WAITING:
        return Left(row, "target_user_record", reason, is_invalid=False)
    return item
