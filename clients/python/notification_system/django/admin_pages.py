"""The pages of the admin for what the notification system stores."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from notification_system.django.conf import user_id
from notification_system.django.connection import client
from notification_system.enums import CancelResult, Status
from notification_system.errors import NotFound, NotificationSystemError
from notification_system.results import Job, OptOut

#: Notifications of a page, and users that a search shows.
PAGE, MOST_USERS = 25, 20

#: Statuses from which a notification can be sent again.
RETRIED = frozenset({Status.DELIVERY_FAILURE, Status.INACTIVE_DEVICE, Status.UNKNOWN})
WAITS = frozenset({Status.SCHEDULED, Status.RETRY})


class RemotePages(admin.ModelAdmin):
    """Pages for a model without a table: a search for a user, and what is stored about one."""

    def get_urls(self) -> list[URLPattern]:
        """Return the pages; those for additions, deletions and the history do not exist."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name=f"{name}_changelist"),
            path("<path:object_id>/change/", view(self.change_view), name=f"{name}_change"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Nothing is added here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nothing is deleted here."""
        return False

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _require_change(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        """Return a page of the admin."""
        request.current_app = self.admin_site.name  # of which the links are, as Django's pages do
        common = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "may_change": self.has_change_permission(request),
        }
        name = f"admin/notification_system_django/{template}"
        return TemplateResponse(request, name, common | context)

    def _redirect(self, object_id: str) -> HttpResponse:
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        site = self.admin_site.name
        return HttpResponseRedirect(
            reverse(f"admin:{name}", args=[quote(object_id)], current_app=site)
        )

    def _report(self, request: HttpRequest, error: NotificationSystemError) -> None:
        self.message_user(request, f"The notification system answered: {error}", "error")

    def _done(self, request: HttpRequest, obj: Model, message: str, level: str = "info") -> None:
        """Show what was done, and write it to the admin's log."""
        self.log_change(request, obj, message)
        self.message_user(request, message, level)


class NotificationPages(RemotePages):
    """A user's notifications, and one with its timeline and explanation."""

    def changelist_view(
        self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """Show the notifications of a user, who is searched by name, address or id."""
        self._require_view(request)
        user, query = request.GET.get("user", ""), request.GET.get("q", "").strip()
        users = users_like(query) if query and not user else []
        if len(users) == 1:
            user = users[0]["id"]
        page = None
        try:
            page = self._notifications(user, query, users, request.GET.get("next"))
        except NotificationSystemError as error:
            self._report(request, error)
        following = ""
        if page is not None and page.next:
            following = urlencode({"user": user, "q": query, "next": page.next})
        return self._page(
            request,
            "notifications.html",
            title=f"Notifications of {user}" if user else "Notifications",
            user_id=user,
            query=query,
            users=users if not user else (),
            page=page,
            following=following,
            **(extra_context or {}),
        )

    def _notifications(self, user: str, query: str, users: Any, following: str | None) -> Any:
        """Return a page of a user's notifications, or of those to the address of the search."""
        if user:
            return client().list_notifications(user=user, limit=PAGE, next=following)
        if query and not users:
            return client().search_notifications(address=query, limit=PAGE, next=following)
        return None

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a notification, or cancel it or send it again."""
        self._require_view(request)
        object_id = unquote(object_id)
        if request.method == "POST":
            self._require_change(request)
            self._act(request, object_id)
            return self._redirect(object_id)
        notification = explanation = None
        try:
            notification = client().get_notification(object_id)
            explanation = client().explain_notification(object_id)
        except NotFound as error:
            raise Http404(str(error)) from error
        except NotificationSystemError as error:
            self._report(request, error)
        return self._page(
            request,
            "notification.html",
            title=(notification and notification.title) or f"Notification {object_id}",
            notification=notification,
            explanation=explanation,
            may_cancel=notification is not None and notification.status in WAITS,
            may_retry=notification is not None and notification.status in RETRIED,
            is_uncertain=notification is not None and notification.status == Status.UNKNOWN,
            **(extra_context or {}),
        )

    def _act(self, request: HttpRequest, object_id: str) -> None:
        obj = self.model(pk=object_id)
        try:
            if "cancel" in request.POST:
                result = client().cancel_notification(object_id).result
                level = "success" if result == CancelResult.CANCELLED else "warning"
                self._done(request, obj, CANCELLATIONS.get(result, str(result)), level)
            elif "retry" in request.POST:
                uncertain = client().get_notification(object_id).status == Status.UNKNOWN
                client().redrive_notifications(ids=[object_id], include_uncertain=uncertain)
                message = "The notification is sent again in a moment, if nothing prevents it."
                self._done(request, obj, message, "success")
        except NotificationSystemError as error:
            self._report(request, error)


CANCELLATIONS: Mapping[str, str] = {
    CancelResult.CANCELLED: "The notification was cancelled.",
    CancelResult.TOO_LATE: "Too late: the notification is being sent.",
    CancelResult.ALREADY_FINAL: "The notification had ended before.",
}


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
            query=query,
            users=users,
            **(extra_context or {}),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the opt-outs of a user with their evidence, or opt the user out or in."""
        self._require_view(request)
        object_id = unquote(object_id)
        if request.method == "POST":
            self._require_change(request)
            self._act(request, object_id)
            return self._redirect(object_id)
        opt_out: OptOut | None = None
        try:
            opt_out = client().get_opt_out(object_id)
        except NotFound:
            pass  # there never was one
        except NotificationSystemError as error:
            self._report(request, error)
        return self._page(
            request,
            "opt_out.html",
            title=f"Opt-outs of {object_id}",
            user_id=object_id,
            opt_out=opt_out,
            **(extra_context or {}),
        )

    def _act(self, request: HttpRequest, user: str) -> None:
        active = "opt_out" in request.POST
        if not active and "opt_in" not in request.POST:
            return
        category = request.POST.get("category", "").strip()
        categories = [category] if category else None
        scope = f"the category {category}" if category else "everything"
        try:
            stored = client().set_opt_out(user, active=active, categories=categories)
        except NotificationSystemError as error:
            self._report(request, error)
            return
        message = f"User {user} is opted {'out of' if active else 'in to'} {scope}."
        if isinstance(stored, Job):
            message += " Notifications that wait are ended in the background."
        self._done(request, self.model(pk=user), message, "success")


def users_like(query: str) -> list[dict[str, str]]:
    """Return the users of this project that a search finds, as `{id, name}` of the system."""
    user_model: Any = get_user_model()
    names = {user_model.USERNAME_FIELD, user_model.get_email_field_name()}
    existing = names & {field.name for field in user_model._meta.get_fields()}  # noqa: SLF001
    condition = Q()
    for name in existing:
        condition |= Q(**{f"{name}__icontains": query})
    with suppress(ValueError, TypeError, ValidationError):  # if it is not a primary key
        condition |= Q(pk=user_model._meta.pk.to_python(query))  # noqa: SLF001 - documented
    users = user_model._base_manager.filter(condition).order_by("pk")[:MOST_USERS]  # noqa: SLF001
    found = []
    for user in users:
        with suppress(ValueError):  # a user without an id has no notifications
            found.append({"id": user_id(user), "name": str(user)})
    return found
