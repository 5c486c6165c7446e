"""Renders the templates. Every value is escaped; a missing value is an error."""

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from minijinja import Environment, safe

from notification_core.domain.counters import BOUNDS
from notification_core.domain.status import Status
from notification_core.entrypoints.console.assets import hash_of
from notification_core.entrypoints.console.csrf import masked
from notification_core.entrypoints.console.notices import NOTICES

#: A time in a sentence of an explanation.
_ISO = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)

#: The id of a notification or of a job.
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")

#: Stands for a missing value.
NOTHING = "\u2013"

#: The units of an age, each from twice its length, in seconds.
UNITS = (("days", 86_400), ("h", 3_600), ("min", 60))

FOLDER = Path(__file__).with_name("templates")

#: What people call the channels.
CHANNELS: Mapping[str, str] = {"email": "E-mail", "sms": "SMS", "push": "Push notification"}

#: The entry of the navigation to which a page belongs that is not one itself, by its route.
SECTIONS: Mapping[str, str] = {
    "notification": "find",
    "user": "find",
    "failed_group": "failed",
    "job": "jobs",
    "new_template": "templates",
    "template": "templates",
    "template_diff": "templates",
    "template_preview": "templates",
    "edit_template": "templates",
    "save_template": "templates",
}

#: The tone of each status, which the style sheet colours; the text says it too.
TONES: Mapping[str, str] = {
    Status.SCHEDULED: "waiting",
    Status.RETRY: "waiting",
    Status.SENDING: "waiting",
    Status.SENT: "sent",
    Status.DELIVERED: "good",
    Status.DELIVERY_FAILURE: "bad",
    Status.INACTIVE_DEVICE: "bad",
    Status.UNKNOWN: "doubt",
    Status.OPTED_OUT: "ended",
    Status.CANCELLED: "ended",
    Status.EXPIRED: "ended",
}


def render(template: str, *, url: Callable[..., str], **values: Any) -> str:
    """Return a template with these values, as HTML.

    Args:
        template: the name of a file in `templates/`.
        url: returns the address of a page, without characters that HTML reserves except `&`.
        values: the variables of the template.
    """

    def escaped_url(path: str, **query: Any) -> Any:
        return safe(html.escape(url(path, **query)))

    return _environment().render_template(template, url=escaped_url, **values)


@cache
def _environment() -> Environment:
    return Environment(
        templates={path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.html")},
        filters={
            "masked": masked,
            "time": time_element,
            "prose": prose,
            "sentence": sentence,
            "tone": tone,
            "count": count,
            "iso": iso,
            "utc_input": utc_input,
            "caller": caller,
            "short_ids": short_ids,
            "channel": channel,
            "lateness": lateness,
            "site": site,
        },
        globals={"asset_hash": hash_of, "notices": NOTICES, "sections": SECTIONS},
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
    )


def time_element(moment: datetime | None, *, in_text: bool = False) -> Any:
    """Return a time in UTC, which `console.js` shows in the viewer's zone."""
    if moment is None:
        return NOTHING
    utc = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    mark = " data-in-text" if in_text else ""
    return safe(f'<time datetime="{iso(moment)}" title="{utc}"{mark}>{utc}</time>')


def iso(moment: datetime) -> str:
    """Return a time in UTC for a script."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_input(moment: datetime) -> str:
    """Return the value of an input of the type `datetime-local`, in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def prose(text: str) -> Any:
    """Return a sentence, in which `console.js` shows each time in the viewer's zone."""

    def element(match: re.Match[str]) -> str:
        try:
            return str(time_element(datetime.fromisoformat(match[0]), in_text=True))
        except ValueError:  # digits in a provider's text that are no time
            return match[0]

    return safe(_ISO.sub(element, html.escape(text)))


def sentence(text: str) -> str:
    """Return a text that begins with a capital letter and ends with a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def tone(status: str) -> str:
    """Return the tone of a status; `ended` for one that another version knows."""
    return TONES.get(status, "ended")


def lateness(milliseconds: int | None) -> str:
    """Return a lateness, which is one of `counters.BOUNDS`, one more than the last, or None."""
    if milliseconds is None:
        return NOTHING
    if milliseconds > BOUNDS[-1]:
        return "more than 1 h"
    if milliseconds < 1000:  # noqa: PLR2004
        return f"{milliseconds} ms"
    minutes, seconds = divmod(milliseconds / 1000, 60)
    parts = [f"{minutes:g} min"] if minutes else []
    return " ".join([*parts, f"{seconds:g} s"] if seconds else parts)


def count(number: int) -> str:
    """Return a number with separators between thousands."""
    return f"{number:,}"


def quantity(number: int, singular: str, plural: str) -> str:
    """Return a number with the form of the noun that it needs."""
    return f"{count(number)} {singular if number == 1 else plural}"


def age(duration: timedelta) -> str:
    """Return a duration with one unit, such as `12 s`, `3 min`, `5 h` or `2 days`."""
    seconds = max(int(duration.total_seconds()), 0)
    unit, size = next((row for row in UNITS if seconds >= 2 * row[1]), ("s", 1))
    return f"{count(seconds // size)} {unit}"


def caller(principal: str) -> str:
    """Return the name at the end of an IAM principal; other texts stay as they are."""
    return principal.rpartition("/")[2] if principal.startswith("arn:") else principal


def short_ids(text: str) -> str:
    """Return a text with the first eight characters of each UUID in it."""
    return _UUID.sub(lambda match: match[0][:8], text)


def channel(name: str) -> str:
    """Return what people call a channel of a template."""
    return CHANNELS.get(name, name)


def site(address: str) -> str:
    """Return the host of an address of another site, without `www.`, for people."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:  # not a URL
        host = ""
    return host.removeprefix("www.") or "another site"
