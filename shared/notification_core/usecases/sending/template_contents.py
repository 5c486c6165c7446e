"""The content of a draft with a template, for each target that it reaches."""

from collections.abc import Collection, Iterator, Mapping

from notification_content.templates.rendering import RenderedContent, TemplateFailed
from notification_core.domain.channel_content import HAS_TITLE
from notification_core.domain.content import Content, check_body, check_extra_size, check_title
from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.modules import Module
from notification_core.domain.rendering import render_content, sample_variables
from notification_core.domain.suitability import length_error, segments_error, segments_for
from notification_core.domain.template_use import (
    LocaleChoice,
    TemplateUse,
    check_data_size,
    choose,
    data_field_errors,
)
from notification_core.domain.templates import TemplateVersion
from notification_core.domain.user_settings import UserSettings
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.draft_contents import PlacedContent

FIELD = "template"


class TemplateContents:
    """The contents of a draft with a template.

    Each content is rendered once, so that no notification is accepted that cannot be sent.

    Args:
        draft: it has a `template`.
        version: the compiled version that is pinned.
        settings: the settings of the users whom the draft may reach.

    Raises:
        InvalidInput: the data does not fit the template's schema, or the category is another one.
    """

    #: The channels that the draft names, as `DraftContents` has them.
    channels: frozenset[str] = frozenset()

    def __init__(
        self, draft: Draft, version: TemplateVersion, settings: Mapping[str, UserSettings]
    ) -> None:
        if version.compiled is None:
            raise ValueError(f"{version.ref} is not compiled")
        self._draft, self._version, self._compiled = draft, version, version.compiled
        self._settings = settings
        self._data = draft.data or {}
        self._contents: dict[tuple[str, LocaleChoice, str], PlacedContent] = {}
        errors = [*self._category_errors(), *self._data_errors()]
        if errors:
            raise InvalidInput.listing(errors)

    @property
    def category(self) -> str | None:
        """The category of the notifications: the template's, else the draft's."""
        return self._version.document.category or self._draft.category

    def _category_errors(self) -> Iterator[FieldError]:
        own, given = self._version.document.category, self._draft.category
        if own is not None and given not in {None, own}:
            message = f"is {own} in the template {self._version.name}; leave category out"
            yield FieldError("category", message)

    def _data_errors(self) -> Iterator[FieldError]:
        try:
            check_data_size(self._data)
            check_extra_size(self._draft.extra)
        except InvalidInput as error:
            yield from error.fields
            return
        yield from data_field_errors(self._version.document.schema, self._data)

    def check_channels(self, deployed: Collection[str]) -> None:
        """Accept every deployment: a template may have content for channels without a target."""

    def content_for(self, module: Module, target: str, user: str) -> PlacedContent:
        """Return the content for a user and a module; `target` is the name for errors.

        Raises:
            InvalidInput: the template has no content for the channel, or what it renders cannot be
                sent by the module.
        """
        settings = self._settings.get(user) or UserSettings(user=user)
        choice = choose(self._compiled, module.channel, self._draft.locale, settings.locale)
        if choice is None:
            raise InvalidInput.of(FIELD, self._no_content(module.channel, target))
        key = (module.name, choice, settings.time_zone or "UTC")
        if key not in self._contents:
            self._contents[key] = self.content_in(module, target, choice, key[2])
        return self._contents[key]

    def _no_content(self, channel: str, target: str) -> str:
        return (
            f"{self._version.ref} has no content for the channel {channel} of the target {target}"
            f" in its default locale {self._version.document.default_locale}; add it and publish"
            " the template, or name the targets to reach in targets"
        )

    def content_in(
        self, module: Module, target: str, choice: LocaleChoice, time_zone: str
    ) -> PlacedContent:
        """Return the content in a chosen locale and time zone, as `content_for`."""
        use = TemplateUse(
            ref=self._version.ref,
            choice=choice,
            data=self._data,
            time_zone=time_zone,
            test=self._draft.test,
        )
        content = Content(title="", body="", extra=self._draft.extra, template=use)
        variables = sample_variables(module, self.category)
        place = f"{use.ref} in {use.locale} for the target {target}"
        try:
            rendered = render_content(content, self._compiled, module, variables)
        except TemplateFailed as error:
            message = f"{place}: {error.part or 'the content'} {error.message}"
            raise InvalidInput.of(FIELD, message) from error
        errors = list(self._errors(module, target, rendered))
        if errors:
            raise InvalidInput.listing(FieldError(FIELD, f"{place}: {text}") for text in errors)
        return PlacedContent(
            content=content,
            category=self.category,
            extra=rendered.extra,
            sms=segments_for(module, rendered.body),
        )

    def _errors(self, module: Module, target: str, rendered: RenderedContent) -> Iterator[str]:
        """Yield what the target cannot send of the rendered texts."""
        texts = Content(title=rendered.title, body=rendered.body, extra=rendered.extra)
        try:
            if HAS_TITLE.get(module.channel, bool(texts.title)):
                check_title(texts.title)
            check_body(texts.body)
            check_extra_size(texts.extra)
        except InvalidInput as error:
            yield from map(_as_phrase, error.fields)
            return
        limit = self._version.document.max_segments
        wrong = length_error(module, target, texts) or segments_error(module, target, texts, limit)
        if wrong is not None:
            yield f"the body {wrong}"


def _as_phrase(field: FieldError) -> str:
    return f"the {field.field} {field.message}"
