"""The pages of the admin for notifications, and what all pages have in common."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from notification_system.django.admin_users import name_of, users_like
from notification_system.django.connection import client
from notification_system.enums import CancelResult, Status
from notification_system.errors import (
    ApiError,
    ConnectionFailed,
    NotFound,
    NotificationSystemError,
)
from notification_system.results import Notification

#: Notifications of a page.
PAGE = 25

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

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what is stored under an id, or act on it as the form says."""
        self._require_view(request)
        object_id = unquote(object_id)
        if request.method == "POST":
            self._require_change(request)
            self._act(request, object_id)
            return self._redirect(object_id)
        return self._show(request, object_id, extra_context or {})

    def _show(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any]
    ) -> HttpResponse:
        """Return the page of an id."""
        raise NotImplementedError

    def _act(self, request: HttpRequest, object_id: str) -> None:
        """Do what the form says, and tell the user the result."""
        raise NotImplementedError

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
        message = str(error)
        if isinstance(error, ApiError):
            message = f"The notification system answered: {error}"
        elif isinstance(error, ConnectionFailed):
            message = f"The notification system could not be reached: {error}"
        self.message_user(request, message, "error")

    def _done(self, request: HttpRequest, obj: Model, message: str, level: str = "info") -> None:
        """Show what was done, and write it to the admin's log."""
        self.log_change(request, obj, message)
        self.message_user(request, message, level)


class NotificationPages(RemotePages):
    """A user's notifications, and one with its timeline and explanation."""

    def changelist_view(
        self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """Show the notifications of a user, who is searched by name, address or id.

        The search for the id of a notification leads to its page.
        """
        self._require_view(request)
        user, query = request.GET.get("user", ""), request.GET.get("q", "").strip()
        users = users_like(query) if query and not user else []
        if len(users) == 1:
            user = users[0]["id"]
        page, is_known = None, True
        try:
            if not user and not users and _is_notification(query):
                return self._redirect(query)
            page = self._notifications(user, query, users, request.GET.get("next"))
        except NotificationSystemError as error:
            self._report(request, error)
            is_known = False
        name = name_of(user) if user else ""
        following = ""
        if page is not None and page.next:
            following = urlencode({"user": user, "q": query, "next": page.next})
        return self._page(
            request,
            "notifications.html",
            title=f"Notifications of {name}" if user else "Notifications",
            search_for="User, address, user id or notification id",
            user_id=user,
            user_name=name,
            query=query,
            users=users if not user else (),
            page=page,
            is_known=is_known,
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

    def _show(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any]
    ) -> HttpResponse:
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
            user_name=name_of(notification.user) if notification else "",
            explanation=explanation,
            may_cancel=notification is not None and notification.status in WAITS,
            may_retry=notification is not None and notification.status in RETRIED,
            is_uncertain=notification is not None and notification.status == Status.UNKNOWN,
            **extra_context,
        )

    def _act(self, request: HttpRequest, object_id: str) -> None:
        obj = self.model(pk=object_id)
        try:
            if "cancel" in request.POST:
                self._cancel(request, obj)
            elif "retry" in request.POST:
                self._retry(request, obj)
        except NotificationSystemError as error:
            self._report(request, error)

    def _cancel(self, request: HttpRequest, obj: Model) -> None:
        result = client().cancel_notification(obj.pk).result
        if result == CancelResult.CANCELLED:
            self._done(request, obj, "The notification was cancelled.", "success")
        else:
            self.message_user(request, CANCELLATIONS.get(result, str(result)), "warning")

    def _retry(self, request: HttpRequest, obj: Model) -> None:
        notification = client().get_notification(obj.pk)
        if obstacle := _obstacle(notification):
            self.message_user(request, obstacle, "warning")
            return
        uncertain = notification.status == Status.UNKNOWN
        client().redrive_notifications(ids=[obj.pk], include_uncertain=uncertain)
        message = "The notification is sent again in a moment, if nothing prevents it."
        self._done(request, obj, message, "success")


#: Why a notification was not cancelled.
CANCELLATIONS: Mapping[str, str] = {
    CancelResult.TOO_LATE: "Too late: the notification is being sent.",
    CancelResult.ALREADY_FINAL: "The notification had ended before.",
}


def _is_notification(query: str) -> bool:
    """Whether a search is the id of a notification."""
    try:
        UUID(query)
        client().get_notification(query)
    except (NotFound, ValueError):
        return False
    return True


def _obstacle(notification: Notification) -> str:
    """Return why a notification cannot be sent again; an empty text if its address is active."""
    try:
        record = client().get_record(notification.target_user_record)
    except NotFound:
        return "Not sent: the address was deleted."
    if record.active:
        return ""
    return (
        "Not sent: the address is switched off. To switch it on, call "
        f'client().change_record("{record.id}", active=True).'
    )
