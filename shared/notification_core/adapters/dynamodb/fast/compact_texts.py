"""Compact texts in the items of notifications, which keep an item under 1 KB.

A newer version may add values to the end of a text; they are ignored.
"""

import json

from notification_content.sms_segments import Encoding, SmsSegments
from notification_core.adapters import former_names
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.failures import LastError
from notification_core.domain.template_use import LocaleChoice, LocaleSource, TemplateUse
from notification_core.domain.templates import TemplateRef
from notification_core.domain.timeline import EventKind, TimelineEvent

#: The events that this version knows, by their stored names.
_EVENTS = {event.value: event for event in EventKind}

#: Separates the code from who did it. Neither contains it, because their `%` are quoted.
BY = "%by:"


def use_text(use: TemplateUse) -> str:
    """Serialise the use of a template compactly, without its data."""
    choice, mark = use.choice, "test" if use.test else ""
    wanted = choice.wanted or ""
    return f"{use.ref}|{choice.locale}|{choice.source}|{wanted}|{use.time_zone}|{mark}"


def use_of(text: str, data: str | None) -> TemplateUse:
    """Parse the use of a template, and its data."""
    ref, locale, source, wanted, time_zone, mark = text.split("|")[:6]
    return TemplateUse(
        ref=TemplateRef.of(ref),
        choice=LocaleChoice(locale, LocaleSource(source), wanted or None),
        data=json.loads(data) if data else {},
        time_zone=time_zone,
        test=bool(mark),
    )


def sms_text(sms: SmsSegments) -> str:
    """Serialise the segments of a text message."""
    return f"{sms.encoding}|{sms.characters}|{sms.units}|{sms.segments}"


def sms_of(text: str) -> SmsSegments:
    """Parse the segments of a text message."""
    encoding, *numbers = text.split("|")
    characters, units, segments = map(int, numbers[:3])
    return SmsSegments(
        encoding=Encoding(encoding), characters=characters, units=units, segments=segments
    )


def event_text(event: TimelineEvent) -> str:
    """Serialise one timeline event compactly.

    Who did it is a part of the code's field, so that an earlier release can read the event.
    """
    code = _quoted(event.code) + (f"{BY}{_quoted(event.by)}" if event.by else "")
    return f"{to_epoch_ms(event.at)}|{event.event}|{code}|{event.detail}"


def event_of(text: str) -> TimelineEvent | None:
    """Parse a stored event; None for a kind that only a newer version knows."""
    at, event, code, detail = text.split("|", 3)
    code, _, by = code.partition(BY)
    kind = former_names.EVENTS.get(event) or _EVENTS.get(event)
    if kind is None:
        return None
    return TimelineEvent(from_epoch_ms(int(at)), kind, detail, _unquoted(code), _unquoted(by))


def _quoted(text: str) -> str:
    return text.replace("%", "%25").replace("|", "%7C")


def _unquoted(text: str) -> str:
    return text.replace("%7C", "|").replace("%25", "%")


def error_text(error: LastError) -> str:
    """Serialise the last error."""
    return json.dumps([error.error_class, error.code, error.message])
