"""The templates of a folder, and their checks, which need no deployment.

The content of templates is checked and rendered by the package `notification_content`, as in the
deployed functions.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notification_content.templates.checks import check
from notification_content.templates.document import TemplateDocument
from notification_content.templates.problems import TemplateRejected
from notification_system.cli.errors import CliError
from notification_system.cli.templates import files
from notification_system.cli.templates.file_problems import FileProblem, UnreadableFiles
from notification_system.cli.templates.files import TemplateFiles
from notification_system.cli.templates.locating import located

#: The categories that users cannot opt out of, as the system is shipped.
MANDATORY = frozenset({"security"})


@dataclass(frozen=True)
class Configuration:
    """What a template needs to know of its deployment."""

    mandatory: frozenset[str] = MANDATORY
    brand: Mapping[str, str] | None = None

    @classmethod
    def of(cls, file: Path | None) -> "Configuration":
        """Read a deployment's configuration.json. Raises CliError."""
        if file is None:
            return cls()
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
            categories, brand = fields.get("categories", {}), fields.get("brand", {})
            mandatory = {name for name, rules in categories.items() if rules.get("mandatory")}
        except OSError as error:
            raise CliError(f"{file} cannot be read: {error.strerror}.") from error
        except (ValueError, AttributeError) as error:
            raise CliError(f"{file} is not a deployment's configuration: {error}.") from error
        return cls(frozenset(mandatory), brand)

    @property
    def variables(self) -> dict[str, Any]:
        """The built-in variables that depend on the deployment."""
        brand = self.brand or {}
        return {"brand": {"name": brand.get("name", ""), "url": brand.get("url", "")}}


@dataclass(frozen=True)
class Checked:
    """A template and the result of its checks.

    `files` and `document` are None if the files do not make one.
    """

    name: str
    files: TemplateFiles | None
    document: TemplateDocument | None
    problems: tuple[FileProblem, ...]

    @property
    def errors(self) -> tuple[FileProblem, ...]:
        """The problems that prevent a publication."""
        return tuple(problem for problem in self.problems if not problem.warning)

    @property
    def warnings(self) -> tuple[FileProblem, ...]:
        """The other problems."""
        return tuple(problem for problem in self.problems if problem.warning)


@dataclass(frozen=True)
class Workspace:
    """A folder of templates."""

    root: Path
    configuration: Configuration

    def names(self) -> list[str]:
        """Return the names of the templates, in alphabetical order."""
        return files.names(self.root)

    def folder(self, name: str) -> Path:
        """Return the folder of a template that exists. Raises CliError."""
        if name in self.names():
            return self.root / name
        present = ", ".join(self.names()) or "none"
        raise CliError(
            f"There is no template {name} in {self.root.as_posix()}; there are: {present}.",
            f"To create it, run: notify templates new {name}",
        )

    def check(self, name: str) -> Checked:
        """Read and check a template that exists. Raises CliError."""
        folder = self.folder(name)
        try:
            read = files.read(folder)
        except UnreadableFiles as error:
            return Checked(name, None, None, error.problems)
        try:
            document = document_of(read)
        except TemplateRejected as error:
            return Checked(name, read, None, located(read, error.problems, ()))
        result = check(document, self.layouts(document), mandatory=self.is_mandatory(document))
        return Checked(name, read, document, located(read, result.errors, result.warnings))

    def document(self, name: str) -> TemplateDocument:
        """Return the document of a template that exists. Raises CliError."""
        checked = self.check(name)
        if checked.document is None:
            raise CliError(
                "\n".join(map(str, checked.errors)), f"Then run: notify templates check {name}"
            )
        return checked.document

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Return names with those of layouts first. Raises CliError."""
        return sorted(names, key=lambda name: not self._is_layout(name))

    def _is_layout(self, name: str) -> bool:
        document = self.check(name).document
        return document is not None and document.is_layout

    def is_mandatory(self, document: TemplateDocument) -> bool:
        """Whether users cannot opt out of the template's category."""
        return document.category in self.configuration.mandatory

    def layouts(self, document: TemplateDocument) -> dict[str, TemplateDocument]:
        """Return the layouts that a template uses, as far as the folder has them."""
        layouts = {}
        for name in document.layouts:
            try:
                layouts[name] = document_of(files.read(self.root / name))
            except (UnreadableFiles, TemplateRejected):
                continue  # the check names the layout
        return layouts


def document_of(read: TemplateFiles) -> TemplateDocument:
    """Return the document of a template's files. Raises TemplateRejected."""
    return TemplateDocument.of({key: value for key, value in read.fields.items() if key != "note"})
