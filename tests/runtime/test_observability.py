"""Metrics as the log lines that CloudWatch reads them from."""

import json
import subprocess
import sys
from typing import Any

import pytest

from notification_core.runtime.observability import MAX_VALUES, emit
from tests.architecture.templates import ROOT


def record(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one record that was written."""
    [found] = capsys.readouterr().out.splitlines()
    return dict(json.loads(found))


def directive(found: dict[str, Any]) -> dict[str, Any]:
    """What a record says of its metrics."""
    [only] = found["_aws"]["CloudWatchMetrics"]
    return dict(only)


def test_a_count_of_zero_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    emit("pigeon", {"Sent": 2, "Dropped": 0})

    found = record(capsys)
    assert [each["Name"] for each in directive(found)["Metrics"]] == ["Sent"]
    assert directive(found)["Dimensions"] == [["module", "service"]]
    assert (found["module"], found["service"]) == ("pigeon", "notifications")


def test_nothing_but_zeros_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    emit("pigeon", {"Sent": 0}, milliseconds={"Lateness": []})

    assert capsys.readouterr().out == ""


def test_an_age_is_shown_unless_it_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    emit("pigeon", {"Swept": 0}, seconds={"BacklogAge": 0.0})
    emit("pigeon", {"Swept": 0}, seconds={"BacklogAge": 1.5})

    found = record(capsys)
    assert found["BacklogAge"] == [1.5]
    assert directive(found)["Metrics"] == [{"Name": "BacklogAge", "Unit": "Seconds"}]


@pytest.mark.parametrize(("level", "lines"), [("INFO", 2), ("WARNING", 1), ("ERROR", 0)])
def test_the_functions_level_holds_whatever_level_lambda_has(level: str, lines: int) -> None:
    """Lambda's is never above INFO, or it would hold back metrics."""
    script = (
        "from notification_core.runtime.observability import logger as it;"
        " it.info(1); it.warning(2)"
    )
    environment = {"LOG_LEVEL": level, "AWS_LAMBDA_LOG_LEVEL": "INFO", "PYTHONPATH": "shared"}

    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, check=True
    )

    assert len(ran.stdout.splitlines()) == lines


def test_the_worst_of_many_values_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    emit("pigeon", {"Sent": 1000}, milliseconds={"Lateness": list(range(1000))})

    values = record(capsys)["Lateness"]
    assert max(values) == 999
    assert len(values) <= MAX_VALUES
