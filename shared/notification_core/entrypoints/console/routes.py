"""The routes of the console, and the roles that may use each. What is not here does not exist."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notification_core.domain.console_sessions import Role, Session
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.pages import (
    audit,
    failed,
    find,
    home,
    jobs,
    message_body,
    notification,
    reschedule,
    targets,
    template_editor,
    template_preview,
    templates,
    user,
    user_addresses,
    user_export,
)
from notification_core.entrypoints.console.responses import Response

EVERYONE = frozenset(Role)
READERS = frozenset({Role.SUPPORT, Role.OPERATOR, Role.ADMIN})
OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
AUTHORS = frozenset({Role.AUTHOR, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its name for `may(...)` in a template, and who may use it."""

    name: str
    method: str
    path: str  #: a segment in braces is a parameter
    page: Callable[[Call], Response]
    roles: frozenset[Role]

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """Return the parameters of a path; None if this is not its route."""
        names, values = self.path.split("/"), path.split("/")
        if method != self.method or len(names) != len(values):
            return None
        parameters = {}
        for name, value in zip(names, values, strict=True):
            if name.startswith("{") and value:
                parameters[name.strip("{}")] = value
            elif name != value:
                return None
        return parameters


ROUTES = (
    Route("home", "GET", "/", home.show, EVERYONE),
    Route("find", "GET", "/find", find.show, READERS),
    Route("notification", "GET", "/notifications/{id}", notification.show, READERS),
    Route("unmask", "POST", "/notifications/{id}/unmask", notification.unmask, ADMINS),
    Route("body", "GET", "/notifications/{id}/body", message_body.show, ADMINS),
    Route("cancel", "POST", "/notifications/{id}/cancel", notification.cancel, OPERATORS),
    Route("reschedule", "POST", "/notifications/{id}/reschedule", reschedule.submit, OPERATORS),
    Route("retry", "POST", "/notifications/{id}/retry", notification.retry, READERS),
    Route("user", "GET", "/user", user.show, READERS),
    Route("unmask_user", "POST", "/user/unmask", user.unmask, ADMINS),
    Route("opt_out", "POST", "/user/opt-out", user.opt_out, OPERATORS),
    Route(
        "use_again", "POST", "/user/addresses/{id}/use-again", user_addresses.use_again, OPERATORS
    ),
    Route("export", "POST", "/user/export", user_export.download, ADMINS),
    Route("erase", "POST", "/user/erase", user.erase, ADMINS),
    Route("failed", "GET", "/failed", failed.show, READERS),
    Route("failed_group", "GET", "/failed/group", failed.group, READERS),
    Route("retry_many", "POST", "/failed/retry", failed.retry, OPERATORS),
    Route("targets", "GET", "/targets", targets.show, READERS),
    Route("pause", "POST", "/targets/{id}/pause", targets.pause, OPERATORS),
    Route("resume", "POST", "/targets/{id}/resume", targets.resume, OPERATORS),
    Route("jobs", "GET", "/jobs", jobs.show, READERS),
    Route("job", "GET", "/jobs/{id}", jobs.job, READERS),
    Route("templates", "GET", "/templates", templates.show, AUTHORS),
    Route("new_template", "GET", "/new-template", templates.new, AUTHORS),
    Route("template", "GET", "/templates/{id}", templates.template, AUTHORS),
    Route("publish", "POST", "/templates/{id}/publish", templates.publish, AUTHORS),
    Route("test_template", "POST", "/templates/{id}/test", templates.send_test, AUTHORS),
    Route("template_diff", "GET", "/templates/{id}/diff", templates.diff, AUTHORS),
    Route("template_preview", "GET", "/templates/{id}/preview", template_preview.show, AUTHORS),
    Route("template_message", "GET", "/templates/{id}/message", template_preview.message, AUTHORS),
    Route("edit_template", "GET", "/templates/{id}/edit", template_editor.show, AUTHORS),
    Route("save_template", "POST", "/templates/{id}/edit", template_editor.submit, AUTHORS),
    Route("draft_message", "POST", "/templates/{id}/message", template_editor.message, AUTHORS),
    Route("audit", "GET", "/audit", audit.show, OPERATORS),
)

BY_NAME = {route.name: route for route in ROUTES}


def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """Return the route of a request with the parameters of its path; None if there is none."""
    for route in ROUTES:
        parameters = route.match(method, path)
        if parameters is not None:
            return route, parameters
    return None


def may(session: Session, route: str) -> bool:
    """Whether a session may use the route with this name."""
    return not session.roles.isdisjoint(BY_NAME[route].roles)
