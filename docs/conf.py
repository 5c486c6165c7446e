"""Sphinx configuration: `make docs` builds README.md, docs/ and the pages beside them as a site.

The source directory is the root of the repository, so that links between pages are the same here
and on the site. The table of documentation in README.md is the navigation.

The site also has llms.txt and the source of each page, because that file refers to them.
"""

import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from docutils.nodes import Node
from mermaidx import render  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.directives.code import CodeBlock

ROOT = Path(__file__).resolve().parent.parent

project = "Serverless notification system"
author = "the contributors"
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "clients/python/README.md"]
# Directories that are not searched for pages; some hold tens of thousands of files.
PAGES_IN = {"docs", "clients"}
exclude_patterns = [
    path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in PAGES_IN
]

extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_fence_as_directive = {"mermaid"}

html_theme = "furo"
html_title = project
html_show_copyright = False
html_extra_path = ["../llms.txt"]

#: A row of README.md's table of documentation, and a page that it links to.
ROW = re.compile(r"^\| ([^|]+) \| (\[.+) \|$", re.MULTILINE)
PAGE = re.compile(r"\]\(([\w./-]+)\.md\)")


#: The page of the API reference. DOCUMENT stands for the OpenAPI document, which is a part of it
#: because a browser does not load a document from a file.
REFERENCE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference</title>
</head>
<body style="margin: 0">
<div id="reference"></div>
<script src="redoc.standalone.js"></script>
<script>Redoc.init(DOCUMENT, {disableSearch: false}, document.getElementById("reference"))</script>
</body>
</html>
"""


class Mermaid(CodeBlock):
    """A Mermaid diagram, drawn while the site is built: the reader's browser needs no script."""

    required_arguments = 0

    def run(self) -> list[Node]:
        """Return the diagram as inline SVG, whose ids are unique on the page."""
        svg = render("\n".join(self.content)).svg().replace("my-svg", f"diagram-{self.lineno}")
        html = f'<div style="background: #fff; padding: 1rem; overflow-x: auto">{svg}</div>'
        return [nodes.raw("", html, format="html")]


def add_navigation(_: Sphinx, page: str, source: list[str]) -> None:
    """Append the table of contents to README.md, and the list of decisions to its page."""
    if page == root_doc:
        for caption, cell in ROW.findall(source[0]):
            source[0] += _toctree(PAGE.findall(cell), f":caption: {caption}\n:hidden:\n")
    if page == "docs/decisions/README":
        source[0] += _toctree(["[0-9]*"], ":glob:\n:titlesonly:\n")


def add_index(app: Sphinx, _: Exception | None) -> None:
    """Let the site's address lead to its first page."""
    redirect = f'<meta http-equiv="refresh" content="0; url={root_doc}.html">\n'
    (Path(app.outdir) / "index.html").write_text(redirect)


def add_sources(app: Sphinx, _: Exception | None) -> None:
    """Put the source of each page next to it, and the OpenAPI document, for language models."""
    pages = [
        path.relative_to(ROOT) for path in map(Path, map(app.env.doc2path, app.env.found_docs))
    ]
    for page in [*pages, Path("docs/openapi.json")]:
        (Path(app.outdir) / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / page, Path(app.outdir) / page)


def add_api_reference(app: Sphinx, _: Exception | None) -> None:
    """Render the OpenAPI document with Redoc, on a page that needs no network."""
    package = find_spec("drf_spectacular_sidecar")
    folder = Path(str(package.origin if package else "")).parent
    redoc = folder / "static/drf_spectacular_sidecar/redoc/bundles"
    shutil.copyfile(redoc / "redoc.standalone.js", Path(app.outdir) / "redoc.standalone.js")
    document = json.dumps(json.loads((ROOT / "docs/openapi.json").read_text()))
    page = REFERENCE.replace("DOCUMENT", document.replace("</", "<\\/"))
    (Path(app.outdir) / "reference.html").write_text(page)


def _toctree(pages: list[str], options: str) -> str:
    return "\n```{toctree}\n" + options + "\n" + "\n".join(pages) + "\n```\n"


def setup(app: Sphinx) -> None:
    """Register the directive and the hooks."""
    app.add_directive("mermaid", Mermaid)
    app.connect("source-read", add_navigation)
    app.connect("build-finished", add_index)
    app.connect("build-finished", add_sources)
    app.connect("build-finished", add_api_reference)
