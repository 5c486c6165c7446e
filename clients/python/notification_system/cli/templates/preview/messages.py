"""What the preview shows: the messages of a template, in every locale and channel."""

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from textwrap import dedent
from typing import Any

from notification_content import sms_segments
from notification_content.html_text import text_of
from notification_content.locales import is_right_to_left
from notification_content.templates.compiling import compile_template
from notification_content.templates.data import data_errors
from notification_content.templates.document import CONTENT, TemplateDocument
from notification_content.templates.problems import Problem, TemplateRejected
from notification_content.templates.rendering import RenderedContent, TemplateFailed, render
from notification_content.templates.schemas import schema_problems
from notification_system.cli.templates.file_problems import FileProblem
from notification_system.cli.templates.locating import located
from notification_system.cli.templates.preview.emails import Emails
from notification_system.cli.templates.workspace import Checked, Workspace

#: The link in a preview; it leads nowhere.
UNSUBSCRIBE_URL = "https://notifications.example.com/unsubscribe/preview"

#: What a layout wraps in its own preview.
SAMPLES: Mapping[str, str] = {
    "mjml": "<mj-section><mj-column><mj-text>The content of an e-mail.</mj-text></mj-column>"
    "</mj-section>",
    "html": "<p>The content of an e-mail.</p>",
}

#: The lines before and after the line of a problem that the page shows.
AROUND = 2

#: The order of the channels on the page; custom ones follow.
CHANNELS = ("email", "sms", "push")

#: The characters of an e-mail's first text that an inbox may show.
PREHEADER = 160


def state_of(workspace: Workspace, name: str) -> dict[str, Any]:
    """Return what the page shows of a template, except its messages.

    Args:
        workspace: the folder of templates.
        name: a template; the first one is shown if there is none of this name.
    """
    checked = {name: workspace.check(name) for name in workspace.names()}
    shown = checked.get(name) or next(iter(checked.values()), None)
    document = shown.document if shown else None
    return {
        "template": shown.name if shown else "",
        "templates": [_summary(template) for template in checked.values()],
        "problems": [_with_excerpt(problem) for problem in shown.problems] if shown else [],
        **(_about(workspace, document) if document else _about_nothing()),
    }


def _summary(checked: Checked) -> dict[str, Any]:
    return {
        "name": checked.name,
        "layout": bool(checked.document and checked.document.is_layout),
        "errors": len(checked.errors),
        "warnings": len(checked.warnings),
    }


def _about(workspace: Workspace, document: TemplateDocument) -> dict[str, Any]:
    default = document.default_locale
    others = sorted(locale for locale in document.content if locale != default)
    return {
        "is_layout": document.is_layout,
        "category": document.category,
        "mandatory": workspace.is_mandatory(document),
        "default_locale": default,
        "locales": [_locale(document, locale) for locale in (default, *others)],
        "channels": list(document.channels),
        "examples": list(document.examples),
        "layouts": list(document.layouts),
        "max_segments": document.max_segments if "sms" in document.channels else None,
    }


def _about_nothing() -> dict[str, Any]:
    absent = dict.fromkeys(("is_layout", "category", "default_locale", "mandatory", "max_segments"))
    return {**absent, "locales": [], "channels": [], "examples": [], "layouts": []}


def _locale(document: TemplateDocument, locale: str) -> dict[str, Any]:
    return {
        "tag": locale,
        "direction": "rtl" if is_right_to_left(locale) else "ltr",
        "default": locale == document.default_locale,
        "partial": locale in document.partial,
    }


def _with_excerpt(problem: FileProblem) -> dict[str, Any]:
    return {**problem.as_json(), "excerpt": excerpt(problem)}


def excerpt(problem: FileProblem) -> list[dict[str, Any]]:
    """Return the lines around a problem; empty if the file cannot be read."""
    try:
        lines = problem.file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    first = max(problem.line - AROUND, 1)
    shown = dedent("\n".join(lines[first - 1 : problem.line + AROUND])).split("\n")
    return [
        {"line": number, "text": text, "marked": number == problem.line}
        for number, text in enumerate(shown, first)
    ]


class Messages:
    """Renders the messages of templates; keeps the pages of their e-mails."""

    def __init__(self, workspace: Workspace, emails: Emails) -> None:
        self._workspace = workspace
        self._emails = emails

    def render(self, name: str, data: Any) -> dict[str, Any]:
        """Return the errors of the data, and the message of each locale and channel.

        A message that cannot be rendered has the reason; the others are rendered nevertheless.
        """
        checked = self._workspace.check(name)
        document = checked.document
        if document is None:
            return {"data_errors": [], "cells": {}}
        if not isinstance(data, dict):
            errors = [{"path": "", "message": "The data must be an object, such as {}."}]
            return {"data_errors": errors, "cells": {}}
        cells = {
            locale: {
                channel: self._cell(checked, document, locale, channel, data)
                for channel in sorted(channels, key=_rank)
            }
            for locale, channels in document.content.items()
        }
        return {"data_errors": _errors_of(data, document), "cells": cells}

    def _cell(
        self,
        checked: Checked,
        document: TemplateDocument,
        locale: str,
        channel: str,
        data: Mapping[str, Any],
    ) -> dict[str, Any]:
        parts = document.content[locale][channel]
        own = replace(
            document, default_locale=locale, content={locale: {channel: _filled(document, parts)}}
        )
        variables = dict(self._workspace.configuration.variables)
        if channel == "email" and not self._workspace.is_mandatory(document):
            variables["unsubscribe_url"] = UNSUBSCRIBE_URL
        try:
            compiled = compile_template(own, self._workspace.layouts(document))
            content = render(compiled, locale, channel, data, variables)
        except TemplateRejected as error:
            return _failed(checked, error.problems[0])
        except TemplateFailed as error:
            failed = Problem(error.message, locale, channel, error.part, error.line)
            return _failed(checked, failed)
        if channel == "email":
            return self._email(content, variables["brand"]["name"])
        if channel == "sms":
            return _sms(content.body, document.max_segments)
        app = variables["brand"]["name"]
        return {
            "kind": "card",
            "title": content.title,
            "body": content.body,
            "extra": dict(content.extra),
            "app": app,
        }

    def _email(self, content: RenderedContent, brand: str) -> dict[str, Any]:
        derived = content.text is None
        return {
            "kind": "email",
            "subject": content.title,
            "from_name": content.extra.get("from_name") or brand,
            "reply_to": content.extra.get("reply_to", ""),
            "preheader": preheader(content.body),
            "text": text_of(content.body) if derived else content.text,
            "text_derived": derived,
            "html_bytes": len(content.body.encode()),
            "dark_styles": "prefers-color-scheme" in content.body,
            "frame": self._emails.keep(content.body),
        }


def _rank(channel: str) -> tuple[int, str]:
    """Return the place of a channel on the page."""
    return (CHANNELS.index(channel) if channel in CHANNELS else len(CHANNELS), channel)


def _errors_of(data: Mapping[str, Any], document: TemplateDocument) -> list[dict[str, str]]:
    """Return what is wrong with data; nothing while the schema itself is wrong."""
    if any(schema_problems(document.schema)):
        return []
    return [
        {"path": error.path, "message": error.message}
        for error in data_errors(document.schema, data)
    ]


def _filled(document: TemplateDocument, parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parts of a message; a layout gets a sample of what it wraps."""
    if not document.is_layout:
        return parts
    filled = {"subject": "The subject of an e-mail", **parts}
    for part, sample in SAMPLES.items():
        if part in filled:
            filled[part] = CONTENT.sub(sample, filled[part])
    return filled


def _failed(checked: Checked, problem: Problem) -> dict[str, Any]:
    """Return why a message cannot be rendered, in the words of the check if it says so too.

    The check knows the lines of the files, while a compiled e-mail has lines of its own.
    """
    if checked.files is None:
        raise AssertionError("a message without files cannot be rendered")
    [failure] = located(checked.files, [problem], [])
    same = [error for error in checked.errors if error.file == failure.file]
    return {"kind": "failed", **_with_excerpt(same[0] if same else failure)}


def _sms(body: str, max_segments: int) -> dict[str, Any]:
    counted = sms_segments.segments(body)
    return {
        "kind": "sms",
        "parts": list(sms_segments.split(body)),
        "encoding": counted.encoding,
        "units": counted.units,
        "max_segments": max_segments,
        "culprits": [
            {
                "character": culprit.character,
                "label": str(culprit),
                "replacement": culprit.replacement,
            }
            for culprit in counted.culprits
        ],
    }


def preheader(page: str) -> str:
    """Return the first text of an e-mail, which inboxes show beside the subject.

    Unlike the plain text, it has what the page hides.
    """
    body = re.sub(r"(?is)^.*?<body[^>]*>|<(style|script|title)\b.*?</\1>|<!--.*?-->", " ", page)
    text = html.unescape(re.sub(r"<[^>]*>", " ", body))
    return " ".join(text.split())[:PREHEADER]
