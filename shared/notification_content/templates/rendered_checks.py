"""The checks of rendered messages: that they render, that nothing is empty, and that they fit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import CONTENT, LARGE_EMAIL
from notification_content.templates.language.engine import Engine, RenderingFailed
from notification_content.templates.problems import Problem
from notification_content.templates.rendering import (
    RenderedContent,
    TemplateFailed,
    context_of,
    render,
    source_name,
)
from notification_content.templates.samples import Sample, samples_of

#: The longest subject, in characters.
LONGEST_SUBJECT = 256

#: What the checks put in the place of the link.
UNSUBSCRIBE = "https://example.com/unsubscribe/0123456789"
_BRAND = {"name": "Example", "url": "https://example.com"}


@dataclass(frozen=True, slots=True)
class _Case:
    """One message that is rendered."""

    locale: str
    channel: str
    sample: Sample
    unsubscribe_url: str | None

    def problem(self, message: str, part: str | None, line: int | None = None) -> Problem:
        """Return a problem of this message."""
        return Problem(f"{message} ({self.name})", self.locale, self.channel, part, line)

    @property
    def name(self) -> str:
        """What the message is rendered with."""
        if self.channel == "email" and self.unsubscribe_url is None:
            return f"{self.sample.name}, without an unsubscribe link"
        return self.sample.name


def rendered_problems(
    compiled: CompiledTemplate, *, mandatory: bool
) -> tuple[list[Problem], list[Problem]]:
    """Return the errors and warnings about the messages of a template."""
    errors: dict[tuple[Any, ...], Problem] = {}
    warnings: dict[tuple[Any, ...], Problem] = {}
    for case in _cases(compiled):
        try:
            variables = {"unsubscribe_url": case.unsubscribe_url, "brand": _BRAND}
            message = render(compiled, case.locale, case.channel, case.sample.data, variables)
        except TemplateFailed as error:
            problems = [case.problem(*_in_source(compiled, case, error))]
        else:
            problems = list(_errors(compiled, case, message, mandatory=mandatory))
            for problem in _warnings(case, message):
                warnings.setdefault((problem.field, problem.message.split(" (")[0]), problem)
        for problem in problems:
            # The first of several samples with the same problem is enough.
            errors.setdefault(
                (problem.field, problem.line, problem.message.split(" (")[0]), problem
            )
    return list(errors.values()), list(warnings.values())


def _cases(compiled: CompiledTemplate) -> Iterator[_Case]:
    samples = samples_of(compiled.document)
    for locale, channels in compiled.content.items():
        for channel in channels:
            for sample in samples:
                if channel == "email":
                    yield _Case(locale, channel, sample, UNSUBSCRIBE)
                yield _Case(locale, channel, sample, None)


def _in_source(
    compiled: CompiledTemplate, case: _Case, error: TemplateFailed
) -> tuple[str, str | None, int | None]:
    """Return the message, the part and the line of an error, in the author's text.

    A compiled page has other lines than its source, so the source is rendered to find the line.
    """
    source = compiled.document.content[case.locale][case.channel]
    if case.channel != "email" or error.part != "html":
        return error.message, error.part, error.line
    part = "mjml" if "mjml" in source else "html"
    name = source_name(case.locale, case.channel, part)
    variables = {"unsubscribe_url": case.unsubscribe_url, "brand": _BRAND}
    context = context_of(case.locale, case.channel, case.sample.data, variables)
    try:
        text = CONTENT.sub("content", source[part])
        Engine({name: text}).render(name, context, case.locale, "UTC")
    except RenderingFailed as failure:
        return failure.message, part, failure.line
    return error.message, "layout" if "layout" in source else part, None


def _errors(
    compiled: CompiledTemplate, case: _Case, message: RenderedContent, *, mandatory: bool
) -> Iterator[Problem]:
    parts = compiled.parts_of(case.locale, case.channel)
    html = "mjml" if "mjml" in compiled.document.content[case.locale][case.channel] else "html"
    names = {"title": "subject", "body": html} if case.channel == "email" else {}
    shown = {"body": message.body, "title": message.title, "text": message.text}
    for field, text in shown.items():
        part = names.get(field, field)
        if field == "title" and not {"title", "subject"} & parts.keys():
            continue
        if text is not None and _is_empty(text, is_page=part in {"html", "mjml"}):
            yield case.problem("is empty", part)
        elif text is not None and (mark := next((m for m in ("{{", "{%") if m in text), None)):
            yield case.problem(f"contains {mark} after rendering", part)
    if len(message.title) > LONGEST_SUBJECT:
        yield case.problem(
            f"has more than {LONGEST_SUBJECT} characters", names.get("title", "title")
        )
    if case.channel == "email" and not mandatory and case.unsubscribe_url:
        yield from _without_link(case, message, html)
    if case.channel == "sms":
        yield from _too_many_segments(case, message.body, compiled.document.max_segments)


def _is_empty(text: str, *, is_page: bool) -> bool:
    from notification_content.html_text import text_of  # noqa: PLC0415 - most processes do not need it

    if is_page:
        return not text_of(text).strip() and "<img" not in text.lower()
    return not text.strip()


def _without_link(case: _Case, message: RenderedContent, html: str) -> Iterator[Problem]:
    advice = 'write <a href="{{ unsubscribe_url }}">…</a>'
    if escape(UNSUBSCRIBE) not in message.body:
        yield case.problem(
            f"has no unsubscribe link, and its category is not mandatory; {advice}", html
        )
    if message.text is not None and UNSUBSCRIBE not in message.text:
        advice = "write {{ unsubscribe_url }}"
        yield case.problem(
            f"has no unsubscribe link, and its category is not mandatory; {advice}", "text"
        )


def _too_many_segments(case: _Case, body: str, most: int) -> Iterator[Problem]:
    from notification_content.sms_segments import normalise, segments  # noqa: PLC0415 - for SMS only

    size = segments(normalise(body))
    if size.segments > most:
        culprit = next(iter(size.culprits), None)
        place = f"; {culprit} is at position {culprit.position}" if culprit else ""
        yield case.problem(f"has {size}, but `max_segments` is {most}{place}", "body")


def _warnings(case: _Case, message: RenderedContent) -> Iterator[Problem]:
    if case.channel == "email" and len(message.body.encode()) > LARGE_EMAIL:
        text = f"has more than {LARGE_EMAIL:,} bytes of HTML, after which Gmail cuts e-mails off"
        yield case.problem(text, "html")
    if case.channel == "email" and re.search(r"""href=(?:""|'')""", message.body):
        text = "has a link without an address; write {% if unsubscribe_url %}…{% endif %} around it"
        yield case.problem(text, "html")
