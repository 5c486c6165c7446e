"""The routes of the HTTP API: a file for each subject, with its requests and responses."""

from notification_core.entrypoints.http_api.routes import (
    backlog,
    creation,
    imports,
    jobs,
    notifications,
    opt_outs,
    records,
    redrive,
    search,
    targets,
    templates,
    user_settings,
    users,
)

#: The routes of every subject.
SUBJECTS = (
    targets.routes,
    backlog.routes,
    records.routes,
    opt_outs.routes,
    notifications.routes,
    creation.routes,
    redrive.routes,
    search.routes,
    templates.routes,
    users.routes,
    user_settings.routes,
    imports.routes,
    jobs.routes,
)
