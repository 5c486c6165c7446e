"""The report of an import: what happened to each row, and what an undo would remove."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notification_system.enums import ImportResult
from notification_system.imports.items import SOURCE, Item, Left
from notification_system.imports.results import ImportedItem

#: The results in the order in which they are shown. They add up to the rows that were read.
RESULTS = (
    ImportResult.IMPORTED,
    ImportResult.UNCHANGED,
    ImportResult.INVALID,
    ImportResult.SKIPPED,
)

#: Invalid rows that are shown; the report has all of them.
SHOWN = 10


@dataclass
class Report:
    """The results of the rows that have one.

    Args:
        counts: the number of rows for each model and result.
        problems: `{model, key, result, field, reason}` of each row that was not imported.
        notes: `{model, key, note}` of each value that was changed to fit.
        undo: `{kind, key, user}` of each item that an undo may remove.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    undo: list[dict[str, Any]] = field(default_factory=list)

    def add_left(self, left: Left) -> None:
        """Add a row that was not sent."""
        result = ImportResult.INVALID if left.is_invalid else ImportResult.SKIPPED
        self._add_problem(left.row.model, left.row.key, result, left.field, left.reason)

    def add(self, item: Item, imported: ImportedItem) -> None:
        """Add the result of an item."""
        model, key = item.row.model, item.row.key
        if imported.error is not None:
            fields = imported.error.errors
            name = fields[0].field if fields else ""
            reason = fields[0].message if fields else imported.error.detail
            self._add_problem(model, key, imported.result, name, reason)
            return
        self.counts[model, imported.result] += 1
        self.notes += [{"model": model, "key": key, "note": note} for note in item.notes]
        # What was imported by an interrupted run is unchanged in this one.
        user = {"user": item.fields["user"]} if item.fields["kind"] == "opt_out" else {}
        self.undo.append({"kind": item.fields["kind"], "key": key} | user)

    def count(self, model: str, result: str) -> None:
        """Add a row that has neither a problem nor an item to undo."""
        self.counts[model, result] += 1

    def _add_problem(self, model: str, key: str, result: str, name: str, reason: str) -> None:
        self.counts[model, result] += 1
        self.problems.append(
            {"model": model, "key": key, "result": result, "field": name, "reason": reason}
        )

    def read(self, model: str) -> int:
        """Return the number of rows of a model that have a result."""
        return sum(self.counts[model, result] for result in RESULTS)

    def summary(self, *, dry_run: bool) -> dict[str, Any]:
        """Return the counts of each model, which add up to `read`, the problems and the notes."""
        models = dict.fromkeys(model for model, _ in self.counts)
        return {
            "source": SOURCE,
            "dry_run": dry_run,
            "counts": {
                model: {"read": self.read(model)}
                | {result.value: self.counts[model, result] for result in RESULTS}
                for model in models
            },
            "problems": self.problems,
            "notes": self.notes,
        }

    def lines(self) -> Iterator[str]:
        """Yield the counts of each model, and then the first invalid rows."""
        for model in dict.fromkeys(model for model, _ in self.counts):
            counts = ", ".join(f"{self.counts[model, result]:,} {result}" for result in RESULTS)
            yield f"{model}: {self.read(model):,} read = {counts}"
        invalid = [row for row in self.problems if row["result"] == ImportResult.INVALID]
        for row in invalid[:SHOWN]:
            yield f"{row['model']} {row['key']}: {row['field']} {row['reason']}"
        if len(invalid) > SHOWN:
            yield f"and {len(invalid) - SHOWN:,} more"

    def write(self, path: Path) -> None:
        """Write the report with the items of an undo. Raises OSError.

        The items of a report that is there stay: an interrupted or smaller import after a complete
        one must not make an undo forget the others.
        """
        undo = {(item["kind"], item["key"]): item for item in self.undo}
        with suppress(ReportError):
            undo = {(item["kind"], item["key"]): item for item in read_undo(path)} | undo
        content = self.summary(dry_run=False) | {"undo": list(undo.values())}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


class ReportError(Exception):
    """A file is not the report of an import."""


def read_undo(path: Path) -> list[dict[str, Any]]:
    """Return the items of a written report, those that others depend on last.

    Raises:
        ReportError: the file cannot be read, or is not a report.
    """
    order = {"notification": 0, "record": 1, "opt_out": 2}
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        items: list[dict[str, Any]] = list(report["undo"])
        items.sort(key=lambda item: (order[item["kind"]], str(item["key"])))
        if report["source"] == SOURCE:
            return items
    except (OSError, ValueError, LookupError, TypeError):
        pass
    raise ReportError(f"{path} is not the report of an import.")
