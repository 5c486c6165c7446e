"""A template as a folder of files, which git keeps and editors understand.

    templates/receipt/template.json      category, default locale, partial locales
    templates/receipt/schema.json        the JSON Schema of the data, with examples
    templates/receipt/de/email.mjml      the e-mail, with its subject in front matter; or email.html
    templates/receipt/de/email.txt       its plain text, if it is not derived from the HTML
    templates/receipt/de/sms.txt
    templates/receipt/de/push.json       title, body, extra; further channels: <channel>.json

`read` returns the body of `PUT /templates/{name}`; `file_contents` is its inverse.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notification_system.cli.templates import front_matter
from notification_system.cli.templates.file_problems import FileProblem, UnreadableFiles

HEAD = "template.json"
SCHEMA = "schema.json"

#: The files of an e-mail's HTML, and the part that each is.
HTML_PARTS: Mapping[str, str] = {"email.html": "html", "email.mjml": "mjml"}

#: The files of plain text, with the channel and the part that each is.
TEXT_PARTS: Mapping[str, tuple[str, str]] = {
    "email.txt": ("email", "text"),
    "sms.txt": ("sms", "body"),
}

#: The channels that have files of their own kind, so that `<channel>.json` is a mistake.
TEXT_CHANNELS = frozenset({"email", "sms"})


@dataclass(frozen=True)
class Place:
    """A file, and the line at which the value of a field begins."""

    file: Path
    line: int = 1
    whole_lines: bool = False  #: whether the value's own lines are lines of the file


@dataclass
class TemplateFiles:
    """A template that was read from files.

    Attributes:
        fields: the body of `PUT /templates/{name}`.
        places: where the value of each field is, such as `content.de.email.subject`.
    """

    name: str
    folder: Path
    fields: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


def names(root: Path) -> list[str]:
    """Return the names of the templates in a folder, in alphabetical order."""
    return sorted(file.parent.name for file in root.glob(f"*/{HEAD}"))


def read(folder: Path) -> TemplateFiles:
    """Read a template's folder.

    Raises:
        UnreadableFiles: files are missing or cannot be parsed; the error has every problem.
    """
    reader = _Reader(TemplateFiles(folder.name, folder))
    reader.read()
    if reader.problems:
        raise UnreadableFiles(sorted(reader.problems))
    return reader.template


def is_ignored(path: Path) -> bool:
    """Whether a file belongs to an editor, a system or a reader, and is no content."""
    return path.name.startswith((".", "~")) or path.name.endswith((".md", ".bak", "~"))


class _Reader:
    """Reads one template; collects the problems of all files."""

    def __init__(self, template: TemplateFiles) -> None:
        self.template = template
        self.problems: list[FileProblem] = []

    def read(self) -> None:
        folder, fields, places = self.template.folder, self.template.fields, self.template.places
        head = self._object(folder / HEAD, '{"default_locale": "en"}')
        fields |= head
        places[""] = Place(folder / HEAD)
        places |= {key: self._place(folder / HEAD, key) for key in head}
        fields["schema"] = self._object(folder / SCHEMA, '{"type": "object", "properties": {}}')
        places["schema"] = Place(folder / SCHEMA)
        if "examples" in fields["schema"] and "examples" not in fields:
            places["examples"] = self._place(folder / SCHEMA, "examples")
        fields["content"] = {}
        for locale in _visible(folder):
            if locale.is_dir():
                self._read_locale(locale)

    def _read_locale(self, folder: Path) -> None:
        channels: dict[str, Any] = {}
        self.template.fields["content"][folder.name] = channels
        for file in _visible(folder):
            if file.name in HTML_PARTS:
                self._read_html(file, channels.setdefault("email", {}))
            elif file.name in TEXT_PARTS:
                channel, part = TEXT_PARTS[file.name]
                channels.setdefault(channel, {})[part] = self._text(file)
                self._note(file, channel, part, Place(file, whole_lines=True))
            elif file.suffix == ".json" and file.stem not in TEXT_CHANNELS:
                channels[file.stem] = parts = self._object(file, '{"title": "…", "body": "…"}')
                for part in parts:
                    self._note(file, file.stem, part, self._place(file, part))
            else:
                message = (
                    "this is no file of a template; a locale has `email.mjml` or `email.html`,"
                    " `email.txt`, `sms.txt`, `push.json` and `<channel>.json`"
                )
                self.problems.append(FileProblem(file, 1, message))

    def _read_html(self, file: Path, email: dict[str, Any]) -> None:
        try:
            parsed = front_matter.split(self._text(file))
        except front_matter.InvalidFrontMatter as error:
            self.problems.append(FileProblem(file, error.line, error.message))
            return
        if "html" in email:  # email.html is read before email.mjml
            message = "the locale has `email.html` too; keep one of the two files"
            self.problems.append(FileProblem(file, 1, message))
        part = HTML_PARTS[file.name]
        email |= {**parsed.values, part: parsed.body}
        for key, line in parsed.lines.items():
            self._note(file, "email", key, Place(file, line))
        self._note(file, "email", part, Place(file, parsed.body_line, whole_lines=True))

    def _note(self, file: Path, channel: str, part: str, place: Place) -> None:
        prefix = f"content.{file.parent.name}.{channel}"
        self.template.places.setdefault(prefix, Place(file))
        self.template.places[f"{prefix}.{part}"] = place

    def _text(self, file: Path) -> str:
        """Return a file's text without the end of its last line, which editors add."""
        try:
            text = file.read_bytes().decode()
        except UnicodeDecodeError as error:
            message = f"the file is not UTF-8 (byte {error.start}); save it as UTF-8"
            self.problems.append(FileProblem(file, 1, message))
            return ""
        return text.removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n")

    def _object(self, file: Path, example: str) -> dict[str, Any]:
        value, problem = {}, None
        try:
            value = json.loads(self._text(file))
        except FileNotFoundError:
            problem = FileProblem(file, 1, f"the file is missing; the shortest is `{example}`")
        except json.JSONDecodeError as error:
            problem = FileProblem(file, error.lineno, f"the file is not JSON: {error.msg}")
        except (ValueError, RecursionError) as error:  # a very long number, or deep nesting
            problem = FileProblem(file, 1, f"the file cannot be read: {error}")
        if problem is None and not isinstance(value, dict):
            problem = FileProblem(file, 1, f"the file must be an object, such as `{example}`")
        if problem is not None:
            self.problems.append(problem)
            return {}
        return value

    def _place(self, file: Path, key: str) -> Place:
        return Place(file, line_of_key(self._text(file), key))


def line_of_key(text: str, key: str) -> int:
    """Return the line of the first `"key":` in a JSON text, from 1; 1 if there is none."""
    match = re.search(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:", text)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _visible(folder: Path) -> list[Path]:
    children = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in children if not is_ignored(path))
