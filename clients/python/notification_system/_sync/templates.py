"""Generated from `_async` by `make client`; edit that instead."""

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

from notification_system._sync.calls import Calls, listing
from notification_system.decoding import decode, decode_summary
from notification_system.errors import NotFound
from notification_system.requests import NewTemplateVersion, new_key, path_of, present
from notification_system.results import NotificationSummary, Page
from notification_system.template_results import (
    StoredTemplateVersion,
    Template,
    TemplateDiff,
    TemplatePreview,
    TemplateVersion,
    TemplateVersionSummary,
)


class Templates(Calls):
    """The methods for templates."""

    def list_templates(self, *, limit: int = 100, next: str | None = None) -> Page[Template]:
        """Return a page of the templates by name."""
        return self._page(Template, listing("/templates", limit=limit, after=next))

    def templates(self) -> Iterator[Template]:
        """Iterate over every template by name."""
        return self._pages(lambda after: self.list_templates(next=after))

    def get_template(self, name: str) -> Template:
        """Return a template. Raises NotFound."""
        return decode(Template, self.request("GET", path_of("/templates/{}", name)))

    def put_template(
        self, name: str, **version: Unpack[NewTemplateVersion]
    ) -> StoredTemplateVersion:
        """Store the next version of a template, unless the latest one has the same content.

        The result has its `errors` and `warnings`. A version with errors is stored as a draft,
        which can be neither published nor used.

        Raises:
            InvalidInput: a field has another form.
        """
        path = path_of("/templates/{}", name)
        return decode(StoredTemplateVersion, self.request("PUT", path, present(version)))

    def publish_template(
        self, name: str, *, version: int | None = None, note: str | None = None
    ) -> Template:
        """Publish a version, by default the latest; an older one is a rollback.

        Raises:
            NotFound: no template has this name.
            InvalidInput: the version does not exist, or its checks found errors; see `errors`.
        """
        body = present({"version": version, "note": note})
        path = path_of("/templates/{}/publish", name)
        return decode(Template, self.request("POST", path, body))

    def remove_template(self, name: str) -> None:
        """Remove a template. Raises NotFound, or TemplateInUse while it is needed."""
        try:
            self.request("DELETE", path_of("/templates/{}", name))
        except NotFound as error:
            if not error.possibly_repeated:
                raise

    def list_template_versions(
        self, name: str, *, limit: int = 100, next: str | None = None
    ) -> Page[TemplateVersionSummary]:
        """Return a page of a template's versions, newest first. Raises NotFound."""
        path = listing(path_of("/templates/{}/versions", name), limit=limit, after=next)
        return self._page(TemplateVersionSummary, path)

    def template_versions(self, name: str) -> Iterator[TemplateVersionSummary]:
        """Iterate over every version of a template, newest first."""
        return self._pages(lambda after: self.list_template_versions(name, next=after))

    def get_template_version(self, name: str, version: int) -> TemplateVersion:
        """Return a version with its content. Raises NotFound."""
        path = path_of("/templates/{}/versions/{}", name, str(version))
        return decode(TemplateVersion, self.request("GET", path))

    def diff_template(
        self, name: str, *, before: int | None = None, after: int | None = None
    ) -> TemplateDiff:
        """Compare two versions, by default the published one and the latest. Raises NotFound."""
        query = {"from": before, "to": after}
        path = path_of("/templates/{}/diff", name, **query)
        return decode(TemplateDiff, self.request("GET", path))

    def preview_template(
        self,
        name: str,
        *,
        data: Mapping[str, Any] | None = None,
        locale: str | None = None,
        channel: str | None = None,
        version: int | None = None,
    ) -> TemplatePreview:
        """Render a version, by default the latest, with `data`, by default its first example.

        Without `locale` and `channel`, every message is rendered. Nothing is stored.

        Raises:
            NotFound: no template has this name.
            InvalidInput: the data does not fit the schema, or a part cannot be rendered.
        """
        body = {"data": data, "locale": locale, "channel": channel, "version": version}
        path = path_of("/templates/{}/preview", name)
        return decode(TemplatePreview, self.request("POST", path, present(body)))

    def send_template_test(
        self,
        name: str,
        *,
        target: str,
        address: str,
        data: Mapping[str, Any] | None = None,
        locale: str | None = None,
        version: int | None = None,
    ) -> NotificationSummary:
        """Send a message whose title begins with `[Test]`, and return its notification.

        By default it has the latest version, also before its publication, and its first example.

        Raises:
            NotFound: no template has this name.
            InvalidInput: the address is not on the deployment's list of addresses for tests; the
                version has errors; or the data does not fit the schema.
        """
        recipient = {"target": target, "address": address}
        body = {"to": recipient, "data": data, "locale": locale, "version": version}
        path, headers = path_of("/templates/{}/test", name), {"Idempotency-Key": new_key()}
        response = self.request("POST", path, present(body), headers=headers)
        return decode_summary(response["items"][0])
