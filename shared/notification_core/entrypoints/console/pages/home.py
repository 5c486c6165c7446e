"""The home page: is everything well? Alarms, pauses, what waits, what runs."""

from datetime import timedelta

from notification_core.domain.alarms import AlarmState
from notification_core.domain.explanation_texts import RESUMPTION, cause_of
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.pages import activity
from notification_core.entrypoints.console.rendering import age, quantity
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.console.overview import LATE, Overview, overview


def show(call: Call) -> Response:
    """Show the state of the system and of each target."""
    state = overview(call.ports, call.console.alarms)
    tone, summary = summarise(state)
    return call.page(
        "home.html",
        "Overview",
        state=state,
        tone=tone,
        summary=summary,
        late={
            backlog.name: age(state.at - backlog.oldest_due)
            for backlog in state.backlogs
            if backlog.oldest_due and state.is_late(backlog)
        },
        cause=cause_of,
        resumption=RESUMPTION,
        running=len(call.ports.jobs.running()),
        **activity.values(call),
    )


def summarise(state: Overview) -> tuple[str, str]:
    """Return whether everything is well: a tone of the style sheet, and a sentence."""
    problems = _problems(state)
    unread = ["the alarms could not be read"] if state.alarms is None else []
    if problems:
        return "bad" if state.raised else "doubt", _sentence([*problems, *unread])
    if unread:
        return "doubt", _sentence(["no target is paused", "nothing is late", *unread])
    return (
        "good",
        f"Everything is well: {_quiet_alarms(state)}no target is paused, nothing is late.",
    )


def _quiet_alarms(state: Overview) -> str:
    alarms = state.alarms or ()
    if all(alarm.state is AlarmState.OK for alarm in alarms):
        return f"all {len(alarms)} alarms are OK, " if alarms else ""
    return "no alarm is raised, "  # some are new


def _problems(state: Overview) -> list[str]:
    problems = []
    if state.raised:
        problems.append(quantity(len(state.raised), "alarm is raised", "alarms are raised"))
    if state.unevaluated:
        has = quantity(len(state.unevaluated), "alarm cannot", "alarms cannot")
        problems.append(f"{has} be evaluated")
    paused = sum(max(len(backlog.targets), 1) for backlog in state.paused)
    if paused:
        problems.append(quantity(paused, "target is paused", "targets are paused"))
    if state.undeployed:
        missing = quantity(len(state.undeployed), "handler is", "handlers are")
        problems.append(f"{missing} not deployed")
    oldest = state.oldest_age or timedelta(0)
    if oldest > LATE:
        problems.append(f"the oldest notification has been due for {age(oldest)}")
    return problems


def _sentence(parts: list[str]) -> str:
    *others, last = parts
    text = f"{', '.join(others)} and {last}" if others else last
    return f"{text[0].upper()}{text[1:]}."
