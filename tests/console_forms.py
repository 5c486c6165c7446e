"""A valid form for each route of the console that takes one."""

from dataclasses import dataclass

#: The routes that take a form and change nothing, so they have no entry in the audit log.
UNCHANGING = frozenset({"draft_message"})


@dataclass(frozen=True, kw_only=True)
class Subjects:
    """What the forms are about: ids, or the parameters that name a user or a group."""

    waiting: str  #: a notification that can be changed
    failed: str  #: a notification that has failed
    target: str  #: a target that is active
    paused: str  #: a target that is paused
    user: str
    inactive: str  #: an address of the user that is inactive
    code: str  #: that of the failed notification
    failed_target: str
    template: str  #: a template with version 1
    latest: str  #: the number of its latest version
    deliver_before: str  #: a time in UTC that the waiting notification may have
    email: str  #: the target of the template's test
    address: str  #: an address of the team


def valid_forms(subjects: Subjects) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the path and the fields of a valid form, without a token, by the route's name."""
    waiting = f"/notifications/{subjects.waiting}"
    template = f"/templates/{subjects.template}"
    reason = {"reason": "asked by the driver"}
    user = {"id": subjects.user, **reason}
    parts = {
        "default_locale": "en",
        "content.en.email.subject": "From the console",
        "content.en.email.html": "<p>From the console</p>",
    }
    return {
        "unmask": (f"{waiting}/unmask", reason),
        "reschedule": (
            f"{waiting}/reschedule",
            {"deliver_before": subjects.deliver_before, "time_zone": "UTC", **reason},
        ),
        "cancel": (f"{waiting}/cancel", reason),
        "retry": (f"/notifications/{subjects.failed}/retry", reason),
        "unmask_user": ("/user/unmask", user),
        "opt_out": ("/user/opt-out", {"active": "true", **user}),
        "use_again": (f"/user/addresses/{subjects.inactive}/use-again", user),
        "export": ("/user/export", user),
        "retry_many": (
            "/failed/retry",
            {
                "target": subjects.failed_target,
                "code": subjects.code,
                "since": "0",
                "until": "4000000000000",
                **reason,
            },
        ),
        "pause": (f"/targets/{subjects.target}/pause", reason),
        "resume": (f"/targets/{subjects.paused}/resume", reason),
        "publish": (f"{template}/publish", {"version": "1", **reason}),
        "test_template": (
            f"{template}/test",
            {"target": subjects.email, "address": subjects.address, "version": "1", **reason},
        ),
        "save_template": (
            f"{template}/edit",
            {"action": "save", "base": subjects.latest, "note": "asked by the driver", **parts},
        ),
        "draft_message": (f"{template}/message", {"shown": "en", **parts}),
        "erase": ("/user/erase", {"confirmation": subjects.user, **user}),
    }
