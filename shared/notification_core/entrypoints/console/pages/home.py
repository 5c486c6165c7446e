"""The home page: what waits, what is paused, what runs."""

from notification_core.domain.explanation_texts import RESUMPTION, WHO_PAUSED
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.queries.backlog import backlogs


def show(call: Call) -> Response:
    """Show the state of each target."""
    return call.page(
        "home.html",
        "Overview",
        backlogs=backlogs(call.ports),
        who_paused=WHO_PAUSED,
        resumption=RESUMPTION,
        running=len(call.ports.jobs.running()),
    )
