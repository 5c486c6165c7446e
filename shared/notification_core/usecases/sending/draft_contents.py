"""The content of a draft for each target that it reaches."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from notification_content.sms_segments import SmsSegments
from notification_core.domain.channel_content import checked_content, path_of
from notification_core.domain.content import Content
from notification_core.domain.errors import FieldError, InvalidInput, check_all
from notification_core.domain.modules import Module
from notification_core.domain.suitability import check_content, content_for, segments_for
from notification_core.usecases.sending.draft import Draft


@dataclass(frozen=True, slots=True)
class PlacedContent:
    """A content, and the place of its fields in the request."""

    content: Content
    path: str = ""  #: as `content.sms`; empty for the fields at the top
    category: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)  #: as the target's handler gets it
    sms: SmsSegments | None = None  #: None in other channels

    @property
    def explanation(self) -> str:
        """What the timeline says about the content when it is scheduled; often nothing."""
        use, parts = self.content.template, list[str]()
        if use is not None:
            parts.append(use.explanation)
        if self.sms is not None and (self.sms.segments > 1 or self.sms.culprits):
            parts.append(str(self.sms))
        return "; ".join(parts)


class DraftContents:
    """The contents of a draft: its `content` by channel, and `title` and `body` for all others.

    Raises:
        InvalidInput: a text is too long or malformed, whichever targets the draft reaches.
    """

    def __init__(self, draft: Draft) -> None:
        self.category = draft.category
        self._html_to_text = draft.html_to_text
        self._by_channel: dict[str, PlacedContent] = {}
        self._others: PlacedContent | None = None
        by_channel = (draft.content or {}).items()
        check_all(
            [
                *(partial(self._add, channel, fields) for channel, fields in by_channel),
                partial(self._add_others, draft),
            ]
        )

    def _add(self, channel: str, fields: dict[str, object]) -> None:
        content = checked_content(channel, fields)
        self._by_channel[channel] = PlacedContent(content, path_of(channel))

    def _add_others(self, draft: Draft) -> None:
        if draft.title is not None and draft.body is not None:
            content = Content.checked(draft.title, draft.body, draft.extra)
            self._others = PlacedContent(content)
        elif draft.content is None:
            raise InvalidInput.of("content", "is required, or title and body")

    @property
    def channels(self) -> frozenset[str]:
        """The channels that the draft names."""
        return frozenset(self._by_channel)

    def check_channels(self, deployed: Collection[str]) -> None:
        """Check that each channel that the draft names is deployed.

        Raises:
            InvalidInput: it names the channels.
        """
        unknown = [channel for channel in self._by_channel if channel not in deployed]
        if unknown:
            message = f"no target has this channel; there are: {', '.join(sorted(deployed))}"
            raise InvalidInput.listing(FieldError(path_of(channel), message) for channel in unknown)

    def content_for(self, module: Module, target: str, user: str) -> PlacedContent:
        """Return the content for a module, as it will be sent; `target` is the name for errors.

        It is the same for every user.

        Raises:
            InvalidInput: the draft has nothing for the module's channel, or what it has cannot be
                sent by the module.
        """
        del user
        placed = self._by_channel.get(module.channel, self._others)
        if placed is None:
            raise InvalidInput.of(
                "content",
                f"has nothing for the channel {module.channel} of the target {target}; add"
                f" {path_of(module.channel)}, or title and body for all other channels, or name the"
                " targets to reach in targets",
            )
        error = check_content(module, target, placed.content, html_to_text=self._html_to_text)
        if error is not None:
            raise InvalidInput.of(error.field, error.message).under(placed.path)
        content = content_for(module, placed.content, html_to_text=self._html_to_text)
        return replace(
            placed,
            content=content,
            category=self.category,
            extra=content.extra,
            sms=segments_for(module, content.body),
        )
