"""Each alarm has its section in the runbook, says so, and is held to what the rules repair."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain import timing
from notification_core.domain.alarms import Alarm, AlarmState
from tests.architecture.templates import ROOT, read, resources
from tests.builders import NOON

TEXT = (ROOT / "docs/runbook.md").read_text()

KIND = "AWS::CloudWatch::Alarm"
MONITORING = "infra/templates/monitoring.yaml"
SYSTEM, TARGET = resources(KIND, MONITORING), resources(KIND, "infra/templates/target.yaml")
ALARMS = SYSTEM | TARGET
LONGEST_DESCRIPTION = 1024  #: PutMetricAlarm, AlarmDescription


def name_of(alarm: dict[str, Any]) -> str:
    """What an alarm's name ends in: behind the stack's name, and `system` or the target's."""
    found = re.fullmatch(r"!Sub \$\{System\}-(?:system|\$\{Target\})-(.+)", alarm["AlarmName"])
    assert found is not None
    return found[1]


def sections(heading: str) -> list[str]:
    """The sections below a heading of the runbook."""
    part = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^### (.+)$", part, re.MULTILINE)


def test_each_alarm_has_its_section_and_each_section_its_alarm() -> None:
    assert sections("Alarms of the whole system") == [name_of(each) for each in SYSTEM.values()]
    assert sections("Alarms of a target") == [name_of(each) for each in TARGET.values()]


@pytest.mark.parametrize("name", sorted(map(name_of, ALARMS.values())))
def test_a_runbook_section_has_the_meaning_the_signs_and_the_commands(name: str) -> None:
    section = TEXT.partition(f"### {name}\n")[2].partition("\n### ")[0].partition("\n## ")[0]

    for word in ("**Means:**", "**See:**", "**Type:**"):
        assert word in section


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_an_alarm_says_what_is_wrong_and_what_the_runbook_says_to_do_first(
    alarm: dict[str, Any],
) -> None:
    text = alarm["AlarmDescription"].removeprefix("!Sub ").replace("${Target}", "email")
    described = Alarm(name="", state=AlarmState.ALARM, since=NOON, description=text)
    wrong, _, advice = described.advice.partition(". ")

    assert described.runbook.endswith(f"#{name_of(alarm)}")
    assert wrong
    assert re.fullmatch(r"[A-Z].{20,200}\.", advice)
    assert f"### {name_of(alarm)}\n\n**First:** {advice}\n" in TEXT
    assert len(text) + 200 < LONGEST_DESCRIPTION, "the address of the runbook has a place too"


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_an_alarm_points_to_its_section_and_goes_to_the_topic(alarm: dict[str, Any]) -> None:
    assert alarm["AlarmDescription"].endswith(f"${{RunbookUrl}}#{name_of(alarm)}")
    assert alarm["AlarmActions"] == alarm["OKActions"] == ["!Ref AlarmTopic"]
    assert alarm["TreatMissingData"]


def test_every_link_of_the_runbook_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_a_lost_message_is_repaired_before_its_backlog_rings() -> None:
    alarm = TARGET["BacklogAgeAlarm"]
    limit = read("infra/templates/target.yaml")["Parameters"]["BacklogAgeLimit"]["Default"]
    lasting = timedelta(seconds=int(alarm["Period"]) * (int(alarm["EvaluationPeriods"]) - 1))

    repaired = timing.SWEEP_GRACE + 2 * timing.TICK + timing.TICK

    assert timedelta(seconds=int(limit)) + lasting > repaired


def test_a_tick_is_missed_when_there_is_no_log_line_at_all() -> None:
    alarm = SYSTEM["MissedTicksAlarm"]

    assert alarm["TreatMissingData"] == "breaching"
    # On AWS it is computed, of two metrics; the emulator knows one metric alone.
    [computed, *metrics] = alarm["Metrics"][1]
    assert computed["Expression"] == "invocations - FILL(errors, 0)"
    periods = {alarm["Period"][2], *(metric["MetricStat"]["Period"] for metric in metrics)}
    assert {timedelta(seconds=int(period)) for period in periods} == {timing.TICK}


def test_the_dashboard_names_no_target_so_that_it_shows_each() -> None:
    [dashboard] = resources("AWS::CloudWatch::Dashboard", MONITORING).values()
    widgets = json.loads(dashboard["DashboardBody"].removeprefix("!Sub "))["widgets"]
    [alarms, *graphs] = widgets

    shown = {alarm.rpartition("}-system-")[2] for alarm in alarms["properties"]["alarms"]}
    assert shown == {name_of(each) for each in SYSTEM.values()}
    for graph in graphs:
        for [metric] in graph["properties"]["metrics"]:
            assert metric["expression"].startswith("SEARCH("), graph["properties"]["title"]
            assert not re.search(r"email|twilio|expo", metric["expression"])
