"""The checks before a template can be published."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import CONTENT, TemplateDocument
from notification_content.templates.problems import Problem, TemplateRejected


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
    Messages are rendered only if nothing else is wrong.
    """
    # A process that answers other requests does not need these, and its start takes long enough.
    from notification_content.templates import source_checks  # noqa: PLC0415
    from notification_content.templates.compiling import compile_template  # noqa: PLC0415

    errors = [
        *source_checks.schema_and_examples(document),
        *source_checks.locales(document),
        *source_checks.shape(document),
    ]
    warnings: list[Problem] = []
    if not any(problem.part == "schema" for problem in errors):
        source_errors, warnings = source_checks.variables(document, layouts)
        errors += source_errors
    compiled = None
    try:
        compiled = compile_template(document, layouts, versions)
    except TemplateRejected as error:
        errors += error.problems
    if compiled is not None and not errors:
        rendered_errors, rendered_warnings = _rendered(compiled, mandatory=mandatory)
        errors += rendered_errors
        warnings += rendered_warnings
    errors = list(dict.fromkeys(errors))
    return CheckResult(None if errors else compiled, tuple(errors), tuple(warnings))


def _rendered(
    compiled: CompiledTemplate, *, mandatory: bool
) -> tuple[list[Problem], list[Problem]]:
    """Return the errors and warnings about the messages of a template, or about a layout."""
    from notification_content.templates.rendered_checks import rendered_problems  # noqa: PLC0415 - see `check`

    if compiled.document.is_layout:
        return rendered_problems(_with_content(compiled), mandatory=True)
    return rendered_problems(compiled, mandatory=mandatory)


def _with_content(compiled: CompiledTemplate) -> CompiledTemplate:
    """Return a layout with an example of content, so that it can be rendered by itself."""
    content = {
        locale: {
            channel: {part: CONTENT.sub("content", text) for part, text in parts.items()}
            for channel, parts in channels.items()
        }
        for locale, channels in compiled.content.items()
    }
    return replace(compiled, content=content)
