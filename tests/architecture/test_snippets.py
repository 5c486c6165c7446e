"""The examples of the documentation are read as tests/snippets/pages.py describes it."""

import json
import re
from pathlib import Path

import pytest

from tests.architecture.templates import ROOT
from tests.snippets.pages import DJANGO_PAGES, PAGES, Block, Delivery, InvalidPage, read_page
from tests.snippets.script import script_of

SNIPPETS = ROOT / "tests/snippets"


def blocks_of(text: str) -> list[Block]:
    return [step for step in read_page(text) if isinstance(step, Block)]


@pytest.mark.parametrize("page", [*PAGES, *DJANGO_PAGES])
def test_every_block_of_a_page_is_run_or_has_a_reason(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text()
    blocks = blocks_of(text)

    assert len(blocks) * 2 == len(re.findall(r"^\s*```", text, re.MULTILINE))
    assert any(not block.reason for block in blocks)
    assert all(len(block.reason) > 10 for block in blocks if block.reason)
    script_of(blocks, tmp_path)


@pytest.mark.parametrize("page", [*PAGES, *DJANGO_PAGES])
def test_every_page_expects_a_message(page: str) -> None:
    steps = read_page((ROOT / page).read_text())

    assert any(isinstance(step, Delivery) and step.count == 1 for step in steps)


def test_every_page_with_an_integration_is_run() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("integrations/*")}

    assert pages <= {*PAGES, *DJANGO_PAGES}


def test_a_block_has_its_marks() -> None:
    text = """
<!-- snippet: not run: it does not end -->
```sh
tail -f log
```

<!-- snippet: background http://127.0.0.1:1/ -->
```sh
serve
```

```python
# shop/app.py (append)
x = 1
```
<!-- snippet: delivered ann@example.com: Your order: it -->
<!-- snippet: not delivered +15551: Sale -->
"""
    assert read_page(text) == [
        Block(3, "sh", "tail -f log\n", reason="it does not end"),
        Block(8, "sh", "serve\n", ready_url="http://127.0.0.1:1/"),
        Block(12, "python", "# shop/app.py (append)\nx = 1\n"),
        Delivery(16, "ann@example.com", "Your order: it", 1),
        Delivery(17, "+15551", "Sale", 0),
    ]


@pytest.mark.parametrize(
    ("text", "file", "appends"),
    [
        ("# app.py\nx\n", "app.py", False),
        ("# shop/models.py (append)\nx\n", "shop/models.py", True),
        ("// send.mjs\nx\n", "send.mjs", False),
        ("# Registers an address.\nx\n", "", False),
        ("x  # app.py\n", "", False),
    ],
)
def test_the_first_comment_of_a_block_names_its_file(
    text: str, file: str, *, appends: bool
) -> None:
    block = Block(1, "python", text)

    assert (block.file, block.appends) == (file, appends)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```json\n{}\n```\n", "'json' cannot be run"),
        ("```\nx\n```\n", "'' cannot be run"),
        ("```sh\nx\n", "has no end"),
        ("<!-- snippet: not run: slow -->\ntext\n```sh\nx\n```\n", "has to follow"),
        ("<!-- snippet: not run: slow -->\n", "no block follows"),
        ("<!-- snippet: skipped -->\n```sh\nx\n```\n", "'skipped' is not known"),
        ("<!-- snippet: not run: -->\n```sh\nx\n```\n", "is not known"),
    ],
)
def test_a_page_that_would_skip_a_block_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidPage, match=message):
        read_page(text)


def test_the_script_has_each_block_as_it_is_written(tmp_path: Path) -> None:
    text = "```python\na = 1\n```\n```sh\nexport B=2\n```\n```python\nprint(a)\n```\n"
    script = script_of(blocks_of(text), tmp_path)

    assert script.index("line-4.sh") < script.index("program.py")
    assert (tmp_path / "line-4.sh").read_text() == "export B=2\n"
    program = (tmp_path / "program.py").read_text()
    assert program.index("a = 1\n") < program.index("print(a)\n")


def test_javascript_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidPage, match="name the file"):
        script_of(blocks_of("```js\nx\n```\n"), tmp_path)


def test_the_packages_of_javascript_are_pinned_with_hashes_and_name_no_registry() -> None:
    lock = (SNIPPETS / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    wanted = json.loads((SNIPPETS / "package.json").read_text())["dependencies"]

    assert packages[""]["dependencies"] == wanted
    assert all(package["integrity"] for name, package in packages.items() if name)
    assert "://" not in lock
