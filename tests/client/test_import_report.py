"""The report of an import, and what it lets an undo remove."""

import json
from pathlib import Path
from typing import Any

import pytest

from notification_system.enums import ImportResult
from notification_system.imports.items import Item, Left
from notification_system.imports.report import Report, ReportError, read_undo
from notification_system.imports.results import ImportedItem
from notification_system.imports.rows import NOTIFICATION, OPT_OUT, RECORD, Row


def add(report: Report, model: str, kind: str, key: str) -> None:
    fields: dict[str, Any] = {"kind": kind, "user": "7"}
    report.add(Item(Row(model, key, {}), fields), ImportedItem(ImportResult.IMPORTED, "id"))


def test_the_lines_have_the_counts_and_the_first_invalid_rows() -> None:
    report = Report()
    add(report, RECORD, "record", "1")
    for number in range(12):
        report.add_left(Left(Row(RECORD, str(number), {}), "user", "is missing"))
    report.add_left(Left(Row(RECORD, "x", {}), "", "on purpose", is_invalid=False))

    first, *rows, last = report.lines()
    assert first == "targetuserrecord: 14 read = 1 imported, 0 unchanged, 12 invalid, 1 skipped"
    assert rows[0] == "targetuserrecord 0: user is missing"
    assert (len(rows), last) == (10, "and 2 more")


def test_an_undo_removes_notifications_before_records_and_opt_outs(tmp_path: Path) -> None:
    report = Report()
    for model, kind in ((OPT_OUT, "opt_out"), (RECORD, "record"), (NOTIFICATION, "notification")):
        add(report, model, kind, "1")
    report.write(tmp_path / "report.json")

    assert read_undo(tmp_path / "report.json") == [
        {"kind": "notification", "key": "1"},
        {"kind": "record", "key": "1"},
        {"kind": "opt_out", "key": "1", "user": "7"},
    ]


def test_a_later_import_that_is_interrupted_does_not_make_an_undo_forget(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    complete = Report()
    add(complete, OPT_OUT, "opt_out", "1")
    add(complete, NOTIFICATION, "notification", "2")
    complete.write(path)
    interrupted = Report()
    add(interrupted, OPT_OUT, "opt_out", "1")
    interrupted.write(path)

    assert [item["key"] for item in read_undo(path)] == ["2", "1"]
    assert list(json.loads(path.read_text())["counts"]) == [OPT_OUT]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"source": "other", "undo": []}', '{"undo": [{"kind": "x"}]}']
)
def test_another_file_is_no_report(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ReportError, match="is not the report of an import"):
        read_undo(path)
