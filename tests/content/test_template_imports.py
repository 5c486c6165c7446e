"""Heavy libraries are imported when a template needs them, and those of publishing never."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: The folder of the code that is tested.
SHARED = Path(__file__).parents[2] / "shared"

RENDER = """
import sys
from notification_content.templates.document import TemplateDocument
from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.rendering import render
content = {"en": {"sms": {"body": BODY}}}
document = TemplateDocument.of({"default_locale": "en", "content": content})
render(CompiledTemplate(document, document.content, {}), "en", "sms", {"n": 1}, {})
"""
HEAVY = {
    "babel",
    "jsonschema",
    "mjml",
    "tinycss2",
    "cssselect2",
    "zoneinfo",
    "decimal",
}


def imported(code: str, *names: str) -> set[str]:
    """The modules that a new interpreter imports for some code, of the given ones."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        env=os.environ | {"PYTHONPATH": str(SHARED)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(names) & set(done.stdout.split())


def rendering(body: str) -> str:
    return RENDER.replace("BODY", repr(body))


def test_rendering_imports_the_engine_only() -> None:
    found = imported(rendering("{{ n }} {{ 'a' | upper }}"), "minijinja", *HEAVY)
    assert found == {"minijinja"}


def test_a_filter_of_a_locale_imports_babel() -> None:
    assert "babel" in imported(rendering("{{ n | number }}"), *HEAVY)


@pytest.mark.parametrize("module", ["checks", "compiled", "document", "rendering", "problems"])
def test_modules_of_templates_import_no_library(module: str) -> None:
    code = f"import notification_content.templates.{module}"
    assert imported(code, "minijinja", "notification_core", *HEAVY) == set()
