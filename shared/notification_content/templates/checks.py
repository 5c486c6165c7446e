"""The checks before a template can be published."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.compiling import compile_template
from notification_content.templates.data import data_errors
from notification_content.templates.document import TemplateDocument
from notification_content.templates.problems import Problem, TemplateRejected
from notification_content.templates.rendering import TemplateFailed, render

#: The size from which Gmail cuts an e-mail off, in bytes of HTML.
LARGE_EMAIL = 102_400


@dataclass(frozen=True)
class CheckResult:
    """The outcome of the checks; `compiled` is None if there are errors."""

    compiled: CompiledTemplate | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check(
    document: TemplateDocument,
    layouts: Mapping[str, TemplateDocument],
    *,
    mandatory: bool,
    versions: Mapping[str, int] | None = None,
) -> CheckResult:
    """Compile and check a document.

    `layouts` holds the published layouts of `document.layouts` by name and `versions` their
    versions; `mandatory` says whether users cannot unsubscribe from the template's category.
    """
    try:
        compiled = compile_template(document, layouts, versions)
    except TemplateRejected as error:
        return CheckResult(None, error.problems, ())
    errors = [*_example_problems(document), *_locale_problems(document)]
    if not errors:
        errors += _render_problems(compiled, mandatory=mandatory)
    return CheckResult(None if errors else compiled, tuple(errors), ())


def _example_problems(document: TemplateDocument) -> Iterator[Problem]:
    if not document.examples and document.schema.get("properties"):
        yield Problem(
            "are missing; add at least one, with which the template is checked", part="examples"
        )
    for number, example in enumerate(document.examples):
        for error in data_errors(document.schema, example):
            yield Problem(
                f"{error.path or 'the data'} of example {number} {error.message}", part="examples"
            )


def _locale_problems(document: TemplateDocument) -> Iterator[Problem]:
    wanted = document.content[document.default_locale]
    for locale, channels in document.content.items():
        if locale not in document.partial:
            for channel in wanted.keys() - channels.keys():
                message = f"is missing; write it, or name {locale} in `partial`"
                yield Problem(message, locale, channel)


def _render_problems(compiled: CompiledTemplate, *, mandatory: bool) -> Iterator[Problem]:
    url = None if mandatory else "https://example.com/unsubscribe"
    for locale, channels in compiled.content.items():
        for channel in channels:
            for example in compiled.document.examples or ({},):
                try:
                    rendered = render(compiled, locale, channel, example, {"unsubscribe_url": url})
                except TemplateFailed as error:
                    yield Problem(error.message, locale, channel, error.part, error.line)
                else:
                    if not rendered.body.strip():
                        yield Problem("is empty", locale, channel)
