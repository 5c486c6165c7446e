"""The pages of the admin for opt-outs."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse

from notification_system.django.admin_pages import RemotePages
from notification_system.django.admin_users import name_of, users_like
from notification_system.django.connection import client
from notification_system.errors import NotFound, NotificationSystemError
from notification_system.results import Job, OptOut


class OptOutPages(RemotePages):
    """The opt-outs of a user."""

    def changelist_view(
        self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """Search a user."""
        self._require_view(request)
        query = request.GET.get("q", "").strip()
        users = users_like(query) if query else []
        if len(users) == 1:
            return self._redirect(users[0]["id"])
        return self._page(
            request,
            "opt_outs.html",
            title="Opt-outs",
            search_for="User, address or user id",
            query=query,
            users=users,
            **(extra_context or {}),
        )

    def _show(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any]
    ) -> HttpResponse:
        opt_out: OptOut | None = None
        is_known = True
        try:
            opt_out = client().get_opt_out(object_id)
        except NotFound:
            pass  # there never was one
        except NotificationSystemError as error:
            self._report(request, error)
            is_known = False
        name = name_of(object_id)
        return self._page(
            request,
            "opt_out.html",
            title=f"Opt-outs of {name}",
            user_id=object_id,
            user_name=name,
            opt_out=opt_out,
            scopes=_scopes(opt_out) if opt_out else "",
            is_known=is_known,
            **extra_context,
        )

    def _act(self, request: HttpRequest, object_id: str) -> None:
        active = "opt_out" in request.POST
        if not active and "opt_in" not in request.POST:
            return
        category = request.POST.get("category", "").strip()
        categories = [category] if category else None
        scope = f"the category {category}" if category else "everything"
        try:
            stored = client().set_opt_out(object_id, active=active, categories=categories)
        except NotificationSystemError as error:
            self._report(request, error)
            return
        message = f"User {name_of(object_id)} is opted {'out of' if active else 'in to'} {scope}."
        if active and category:
            message += _mandatory(category)
        if isinstance(stored, Job):
            message += " Notifications that wait are ended in the background."
        self._done(request, self.model(pk=object_id), message, "success")


def _scopes(opt_out: OptOut) -> str:
    """Return what a user has opted out of, such as `the category news, the category offers`."""
    targets = [f"the target {name}" for name in opt_out.targets]
    return ", ".join(targets + [f"the category {name}" for name in opt_out.categories])


def _mandatory(category: str) -> str:
    """Return a sentence about a category that is sent in spite of an opt-out; else nothing."""
    with suppress(NotificationSystemError):  # the opt-out is stored
        names = [t.name for t in client().targets() if category in t.mandatory_categories]
        if names:
            return f" The category is mandatory and is still sent in: {', '.join(names)}."
    return ""
