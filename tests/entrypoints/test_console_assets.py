"""The files beside the pages: small, cached by their content, and htmx as npm has it."""

import gzip
import hashlib

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.assets import FOLDER, TYPES, hash_of
from tests.console_world import ConsoleWorld

#: `dist/htmx.min.js` of the npm package htmx.org 2.0.11.
HTMX = (
    "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"  # pragma: allowlist secret
)

#: Bytes of a first visit, compressed (the issue's target).
FIRST_LOAD = 100 * 1024


def test_htmx_is_unchanged_and_comes_with_its_licence() -> None:
    content = (FOLDER / "htmx.min.js").read_bytes()

    assert hashlib.sha256(content).hexdigest() == HTMX
    assert b'version:"2.0.11"' in content
    assert "Zero-Clause BSD" in (FOLDER / "htmx.LICENSE").read_text()


def test_every_file_of_the_folder_is_served() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(TYPES)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_file_is_kept_for_ever_under_the_address_with_its_hash(
    site: ConsoleWorld, name: str
) -> None:
    page = site.stranger().get(f"/assets/{name}", v=hash_of(name))

    assert page.status == 200
    assert page.headers["Content-Type"] == TYPES[name]
    assert page.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = site.stranger().get(f"/assets/{name}", {"If-None-Match": page.headers["ETag"]})
    assert (again.status, again.body) == (304, "")


@pytest.mark.parametrize("query", [{}, {"v": "0123456789abcdef"}])
def test_a_file_under_another_address_is_asked_for_again(
    site: ConsoleWorld, query: dict[str, str]
) -> None:
    page = site.stranger().get("/assets/console.css", **query)

    assert page.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["", "x", "../app.py", "..%2fapp.py", "/etc/passwd", "templates"])
def test_nothing_else_is_served(site: ConsoleWorld, name: str) -> None:
    assert site.stranger().get(f"/assets/{name}").status == 404


def test_a_page_loads_its_files_by_their_hashes(site: ConsoleWorld) -> None:
    body = site.person(Role.SUPPORT).get().body

    for name in ("console.css", "console.js", "htmx.min.js"):
        assert f"/v1/console/assets/{name}?v={hash_of(name)}" in body


def test_a_first_visit_is_small_also_without_compression(site: ConsoleWorld) -> None:
    page = site.person(*Role).get().body.encode()
    files = [(FOLDER / name).read_bytes() for name in TYPES if name != "htmx.LICENSE"]

    assert sum(map(len, [page, *files])) < FIRST_LOAD
    assert sum(len(gzip.compress(content)) for content in [page, *files]) < FIRST_LOAD / 3


def test_the_style_sheet_loads_nothing() -> None:
    text = (FOLDER / "console.css").read_text()

    assert "url(" not in text
    assert "@import" not in text


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours."""
    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


def themes() -> list[dict[str, str]]:
    """The colours of the light and of the dark theme, by their names."""
    light, dark = (FOLDER / "console.css").read_text().split(":root {")[1:3]
    pairs = [
        [line.strip().rstrip(";").split(": ") for line in part.split("}")[0].splitlines()]
        for part in (light, dark)
    ]
    return [
        {pair[0]: pair[1] for pair in lines if len(pair) == 2 and pair[1].startswith("#")}
        for lines in pairs
    ]


TEXTS = [("ink", "ground"), ("ink", "paper"), ("soft", "ground"), ("soft", "paper")]
TEXTS += [("accent", "ground"), ("accent", "paper"), ("accent-ink", "accent"), ("bad", "paper")]
TEXTS += [(tone, f"{tone}-ground") for tone in ("good", "bad", "doubt", "waiting", "ended")]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_every_text_has_the_contrast_of_wcag_aa(theme: int, text: str, ground: str) -> None:
    colours = themes()[theme]

    assert contrast(colours[f"--{text}"], colours[f"--{ground}"]) >= 4.5
