"""Finds the file and the line of a problem."""

import re
from collections.abc import Iterable
from pathlib import Path

from notification_content.templates.problems import Problem
from notification_system.cli.templates.file_problems import FileProblem
from notification_system.cli.templates.files import Place, TemplateFiles, line_of_key

#: A message that begins with one of these words continues the name of its field: `body` is empty.
PREDICATE = re.compile(r"(?:is|are|must|has|have|names|prints|uses|contains|needs|takes)\b")


def located(
    template: TemplateFiles, errors: Iterable[Problem], warnings: Iterable[Problem]
) -> tuple[FileProblem, ...]:
    """Return problems with their files and lines, in the order of the files."""
    problems = [_located(template, problem, warning=False) for problem in errors]
    problems += [_located(template, problem, warning=True) for problem in warnings]
    return tuple(sorted(set(problems)))


def located_field(template: TemplateFiles, field: str, message: str) -> FileProblem:
    """Return an error of the API with its file and line.

    Args:
        template: the files of the request.
        field: such as `content.de.email.html`.
        message: begins with the line of the part, if it is known: `line 3: ...`.
    """
    match = re.match(r"line (\d+): (.*)", message, re.DOTALL)
    line, text = (int(match[1]), match[2]) if match else (None, message)
    place = _place(template, field)
    if place.whole_lines and line:
        return FileProblem(place.file, place.line + line - 1, text)
    return FileProblem(place.file, place.line, _sentence(field, text))


def _place(template: TemplateFiles, field: str) -> Place:
    """Return the place of a field, or of the nearest field around it that has one."""
    if field.endswith(".html") and field not in template.places:
        field = f"{field.removesuffix('html')}mjml"  # compiled MJML is HTML
    if file := _missing_file(template, field):
        return Place(file)
    while field not in template.places and field:
        field = field.rpartition(".")[0]
    return template.places[field]


def _missing_file(template: TemplateFiles, field: str) -> Path | None:
    """Return the file that would hold a channel's content, if a locale does not have it."""
    match = re.fullmatch(r"content\.([^.]+)\.([^.]+)", field)
    if match is None or field in template.places or match[1] not in template.fields["content"]:
        return None
    names = {"email": "email.mjml", "sms": "sms.txt"}
    return template.folder / match[1] / names.get(match[2], f"{match[2]}.json")


def _sentence(field: str, message: str) -> str:
    if PREDICATE.match(message):
        return f"`{field.rpartition('.')[2]}` {message}"
    return message


def place_of(template: TemplateFiles, problem: Problem) -> tuple[Place, int]:
    """Return the place of a problem's field, and the line in the file."""
    place = _place(template, problem.field)
    if place.whole_lines and problem.line:
        return place, place.line + problem.line - 1
    if problem.part in {"schema", "examples"} and problem.variable:
        key = problem.variable.rpartition(".")[2]
        line = line_of_key(place.file.read_text(encoding="utf-8", errors="replace"), key)
        return place, max(line, place.line)
    return place, place.line


def _located(template: TemplateFiles, problem: Problem, *, warning: bool) -> FileProblem:
    place, line = place_of(template, problem)
    return FileProblem(place.file, line, _sentence(problem.field, problem.message), warning)
