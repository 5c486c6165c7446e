"""Metrics as the log lines that CloudWatch reads them from."""

import json
from typing import Any

import pytest

from notifications.edge.observability import MAX_VALUES, emit


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


def test_an_age_of_zero_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    emit("pigeon", {"Swept": 0}, seconds={"BacklogAge": 0.0})

    found = record(capsys)
    assert found["BacklogAge"] == [0.0]
    assert directive(found)["Metrics"] == [{"Name": "BacklogAge", "Unit": "Seconds"}]


def test_what_is_of_the_whole_system_has_no_module(capsys: pytest.CaptureFixture[str]) -> None:
    emit(None, {"Ticks": 1})

    assert directive(record(capsys))["Dimensions"] == [["service"]]


def test_of_many_values_the_worst_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    emit("pigeon", {"Sent": 1000}, milliseconds={"Lateness": list(range(1000))})

    values = record(capsys)["Lateness"]
    assert max(values) == 999
    assert len(values) <= MAX_VALUES
